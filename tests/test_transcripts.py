"""Whole lines and exit codes of the real program, one scenario at least for every finding id.

What an admin reads when woken; so every word counts, and a change of wording shows here.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from check_tls_cert.model.findings import ALL_FINDINGS
from tests import pki, scenarios_fleet, scenarios_reach, servers
from tests.pki import EPOCH, Entity, authority, days, end_entity
from tests.program import AS_OF, AT, run, without_time
from tests.scenarios import (
    GOOD,
    NAME,
    NAMED,
    REACHED,
    SCENARIOS,
    UNREACHED,
    VALID,
    Place,
    Scenario,
    any_file,
    broken_chain,
    chain_file,
    nothing,
    scenario,
)

#: The scenarios of ways to reach an endpoint register themselves.
assert scenarios_reach.__doc__
assert scenarios_fleet.__doc__


@scenario("expiry.expired")
def expired(place: Place) -> Iterator[Scenario]:
    site = end_entity(place.issuing, not_before=EPOCH - days(92), not_after=EPOCH - days(2))
    yield chain_file(
        place,
        site,
        place.issuing,
        code=2,
        line=f'CRITICAL - {AS_OF} {{}}: the end-entity certificate "www.example.org" expired 2 d ago '
        "(2026-01-13T12:00:00Z); renew it now | expiry=-2d;22.5:;9: lifetime_used=102.23%;75;90;0 "
        f"chain_valid=1;;1:;0;1 chain_expiry=2000d;22.5:;9: {NAMED}",
    )


@scenario("expiry.soon")
def expires_soon(place: Place) -> Iterator[Scenario]:
    site = end_entity(place.issuing, not_before=EPOCH - days(70), not_after=EPOCH + days(20))
    metrics = (
        f"expiry=20d;22.5:;9: lifetime_used=77.78%;75;90;0 chain_valid=1;;1:;0;1 chain_expiry=2000d;22.5:;9: {NAMED}"
    )
    problem = 'the end-entity certificate "www.example.org" expires in 20 d (2026-02-04T12:00:00Z)'
    yield chain_file(
        place,
        site,
        place.issuing,
        code=1,
        line=f"WARNING - {AS_OF} {{}}: {problem}, less than the required 22.5 d; renew it | {metrics}",
    )
    yield chain_file(
        place,
        site,
        place.issuing,
        code=2,
        line=f"CRITICAL - {AS_OF} {{}}: {problem}, less than the required 21 d; renew it | "
        f"{metrics.replace('22.5:;9:', '22.5:;21:').replace('75;90', '75;76.6667')}",
        extra=(*NAME, "-c", "21"),
    )


@scenario("expiry.undetermined", "chain.malformed")
def impossible_date(place: Place) -> Iterator[Scenario]:
    site = end_entity(place.issuing, not_after=EPOCH + days(44))
    forged = pki.forge(site, place.issuing, lambda tbs: tbs.replace(b"260228120000Z", b"260230120000Z"))
    path = place.data(pki.pem(forged) + place.issuing.pem)
    yield Scenario(
        ("--file", path, *place.trust, *NAME),
        3,
        f'UNKNOWN - {AS_OF} {{}}: the validity period of the end-entity certificate "www.example.org" cannot be read: '
        'notAfter cannot be read: "260230120000Z" is not a time that exists; replace it'
        f" | chain_valid=1;;1:;0;1 chain_expiry=2000d;30:;15: {NAMED}",
        path,
    )
    forged = pki.forge(site, place.issuing, lambda tbs: tbs.replace(b"251216120000Z", b"251316120000Z"))
    path = place.data(pki.pem(forged) + place.issuing.pem)
    yield Scenario(
        ("--file", path, *place.trust, *NAME),
        2,
        f'CRITICAL - {AS_OF} {{}}: the end-entity certificate "www.example.org": notBefore cannot be read: '
        '"251316120000Z" is not a time that exists; replace it'
        f" | expiry=44d;30:;15: chain_valid=0;;1:;0;1 {NAMED}",
        path,
    )


@scenario("expiry.no-certificate", "connect.refused")
def refused(place: Place) -> Iterator[Scenario]:
    with nothing() as port:
        reason = "cannot connect to 127.0.0.1: nothing listens on this port (connection refused)"
        yield Scenario(
            ("-H", f"127.0.0.1:{port}"),
            2,
            f"CRITICAL - {AS_OF} {{}}: {reason}; check that the service is running and listening on this port | {UNREACHED}",
            f"127.0.0.1:{port}",
        )
        yield Scenario(
            ("-H", f"127.0.0.1:{port}", "--reachable-critical", "0:"),
            3,
            f"UNKNOWN - {AS_OF} {{}}: no certificate to judge: {reason} | reachable=0%;;0:;0;100",
            f"127.0.0.1:{port}",
        )
        yield Scenario(
            ("-H", f"127.0.0.1:{port}", "--accept", "connect.refused"),
            3,
            f"UNKNOWN - {AS_OF} {{}}: no certificate to judge: {reason} | reachable=100%;;100:;0;100",
            f"127.0.0.1:{port}",
        )


@scenario("lifetime.used")
def lifetime_used(place: Place) -> Iterator[Scenario]:
    yield chain_file(
        place,
        end_entity(place.issuing),
        place.issuing,
        code=1,
        line=f"WARNING - {AS_OF} {{}}: 33.34% of the validity period of the end-entity certificate "
        '"www.example.org" is used up, more than the allowed 33 %; renew it | '
        f"{VALID.replace('75;90', '33;90')} {NAMED}",
        extra=(*NAME, "--lifetime-used-warning", "33"),
    )


@scenario("chain.incomplete")
def incomplete(place: Place) -> Iterator[Scenario]:
    yield broken_chain(
        place,
        end_entity(place.issuing),
        problem='chain incomplete: the file does not contain "Example Issuing CA 3" (issuer of the end-entity certificate); '
        "configure the full chain",
    )


@scenario("chain.unknown-anchor")
def unknown_anchor(place: Place) -> Iterator[Scenario]:
    other = authority("Example Root X2")
    issuing = authority("Example Issuing CA 9", other)
    yield broken_chain(
        place,
        end_entity(issuing),
        issuing,
        problem='the intermediate CA certificate "Example Issuing CA 9" was issued by "Example Root X2", which is not trusted here; the file does not contain "Example Root X2"; add it with --ca-file if you trust it, or '
        "put into the file the missing certificate, or a cross-certificate of a trusted CA",
    )
    yield broken_chain(
        place,
        end_entity(issuing),
        issuing,
        other,
        problem='the chain leads to "Example Root X2", which is not trusted here; if it is your CA, add it with '
        "--ca-file; if not, use a certificate of a trusted CA",
    )


@scenario("chain.self-signed")
def self_signed(place: Place) -> Iterator[Scenario]:
    yield broken_chain(
        place,
        end_entity(None),
        problem='the end-entity certificate "www.example.org" is self-signed and not trusted; use a CA-issued certificate, or trust this one with --ca-file',
    )


@scenario("chain.expired")
def expired_intermediate(place: Place) -> Iterator[Scenario]:
    issuing = authority("Example Issuing CA 4", place.root, not_after=EPOCH - days(1))
    yield broken_chain(
        place,
        end_entity(issuing),
        issuing,
        problem='the intermediate CA certificate "Example Issuing CA 4" expired 2026-01-14T12:00:00Z; put its successor into the file, or nothing in its place if the chain is valid without it',
    )


@scenario("chain.not-yet-valid")
def not_yet_valid(place: Place) -> Iterator[Scenario]:
    site = end_entity(place.issuing, not_before=EPOCH + days(1), not_after=EPOCH + days(91))
    yield broken_chain(
        place,
        site,
        place.issuing,
        problem='the end-entity certificate "www.example.org" is not valid before 2026-01-16T12:00:00Z; check the '
        "clocks, or use the previous certificate until then",
        metrics="expiry=91d;22.5:;9: lifetime_used=0%;75;90;0",
    )


@scenario("chain.expires-soon")
def chain_expires_soon(place: Place) -> Iterator[Scenario]:
    issuing = authority("Example Issuing CA 4", place.root, not_after=EPOCH + days(8))
    yield chain_file(
        place,
        end_entity(issuing),
        issuing,
        code=2,
        line=f"CRITICAL - {AS_OF} {{}}: the certification path ends in 8 d, when the CA certificate "
        f'"Example Issuing CA 4" expires (2026-01-23T12:00:00Z), less than the required 9 d; put the full chain with its successor into the file | {GOOD} chain_valid=1;;1:;0;1 chain_expiry=8d;22.5:;9: {NAMED}',
    )


@scenario("chain.bad-signature")
def bad_signature(place: Place) -> Iterator[Scenario]:
    site = end_entity(place.issuing)
    changed = bytearray(site.der)
    changed[-1] ^= 1
    path = place.data(pki.pem(bytes(changed)) + place.issuing.pem)
    yield Scenario(
        ("--file", path, *place.trust, *NAME),
        2,
        f'CRITICAL - {AS_OF} {{}}: the end-entity certificate "www.example.org": its signature does not verify with '
        f"its issuer's key; reissue it | {GOOD} chain_valid=0;;1:;0;1 {NAMED}",
        path,
    )


@scenario("chain.name-constraints")
def name_constraints(place: Place) -> Iterator[Scenario]:
    constraint = x509.NameConstraints([x509.DNSName("example.net")], None)
    issuing = authority("Example Issuing CA 5", place.root, extensions=[(constraint, True)])
    yield broken_chain(
        place,
        end_entity(issuing),
        issuing,
        problem='the end-entity certificate "www.example.org" is for DNS www.example.org, but "Example Issuing CA 5" '
        "may issue for DNS example.net only; get it from a CA that may issue it",
    )


@scenario("chain.critical-extension")
def critical_extension(place: Place) -> Iterator[Scenario]:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.32473.1"), b"\x05\x00")
    yield broken_chain(
        place,
        end_entity(place.issuing, extensions=[(unknown, True)]),
        place.issuing,
        problem='the end-entity certificate "www.example.org": it has a critical extension nobody knows; reissue it',
    )


@scenario("chain.too-complex")
def too_complex(place: Place) -> Iterator[Scenario]:
    shared = pki.ec_key()
    same = [authority("Example Maze CA", key=shared) for _ in range(8)]
    site = end_entity(same[0])
    yield broken_chain(
        place,
        site,
        *same,
        problem='the chain leads to "Example Maze CA", which is not trusted here; if it is your CA, add it with '
        "--ca-file; if not, use a certificate of a trusted CA. The presented chain of 9 certificates allows more or "
        "longer paths than are tried (64 of 100 certificates), or costs too much to judge; present only the certificates of one path",
    )


@scenario("chain.refused")
def refused_by_openssl(place: Place) -> Iterator[Scenario]:
    """A proxy certificate (RFC 3820), which no TLS client takes for a server's."""
    policy = pki.tlv(0x30, pki.tlv(0x30, bytes.fromhex("06082b06010505071501")))
    proxy = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.14"), policy)
    yield chain_file(
        place,
        end_entity(place.issuing, names=(), extensions=[(proxy, True)]),
        place.issuing,
        code=2,
        line=f'CRITICAL - {AS_OF} {{}}: the end-entity certificate "www.example.org": OpenSSL says: proxy certificates '
        f"not allowed, please set the appropriate flag (code 40); reissue it | {GOOD} chain_valid=0;;1:;0;1",
        extra=(),
    )


@scenario("chain.not-a-ca", "chain.key-usage")
def not_a_ca(place: Place) -> Iterator[Scenario]:
    impostor = authority("Example Impostor", place.root, is_ca=False, usage=pki.key_usage("digital_signature"))
    yield broken_chain(
        place,
        end_entity(impostor),
        impostor,
        problem='the intermediate CA certificate "Example Impostor" signed another certificate, but is not a CA certificate (basicConstraints: CA:FALSE); use a CA-issued certificate. The intermediate CA certificate '
        '"Example Impostor" may not sign certificates (keyUsage without keyCertSign); reissue the CA certificate',
    )


@scenario("chain.path-length")
def path_length(place: Place) -> Iterator[Scenario]:
    upper = authority("Example Policy CA", place.root, path_length=0)
    issuing = authority("Example Issuing CA 6", upper)
    yield broken_chain(
        place,
        end_entity(issuing),
        issuing,
        upper,
        problem='the intermediate CA certificate "Example Policy CA" allows 0 CA certificates below it, but there are '
        "1; use a certificate issued directly by a CA that it allows",
    )


@scenario("chain.purpose")
def purpose(place: Place) -> Iterator[Scenario]:
    yield broken_chain(
        place,
        end_entity(place.issuing, purposes=[ExtendedKeyUsageOID.CLIENT_AUTH]),
        place.issuing,
        problem='the end-entity certificate "www.example.org" is not for TLS servers: extendedKeyUsage has clientAuth, '
        "not serverAuth; reissue it for serverAuth",
    )


@scenario("chain.weak-key", "chain.weak-signature")
def weak(place: Place) -> Iterator[Scenario]:
    path = place.data(pki.pem(pki.forge_sha1(end_entity(place.issuing, key=pki.rsa_key(1024)), place.issuing)))
    yield Scenario(
        ("--file", path, *NAME, "--ca-file", str(pki.write(place.directory / "ca.pem", place.issuing))),
        2,
        f'CRITICAL - {AS_OF} {{}}: the end-entity certificate "www.example.org" has a weak key: RSA 1024; at least '
        '2048 bits is required; replace it by one with a new key. The end-entity certificate "www.example.org" has a weak '
        "signature: ecdsa-with-SHA1; SHA-256 or better is required; reissue it | "
        f"{GOOD} chain_valid=0;;1:;0;1 {NAMED}",
        path,
    )


@scenario("chain.no-trust-anchors")
def no_trust_anchors(place: Place) -> Iterator[Scenario]:
    path = place.bundle(end_entity(place.issuing), place.issuing)
    missing, empty = str(place.directory / "absent.pem"), place.data(b"")
    judged = f"{GOOD} {NAMED}"
    for option, anchors, reason in (
        ("--ca-file", missing, f'cannot read trust anchors from "{missing}": No such file or directory'),
        ("--ca-file", empty, f'"{empty}" holds no PEM certificate to trust'),
        (
            "--ca-path",
            str(place.directory),
            f'"{place.directory}" is no directory of trust anchors named by hash; run: openssl rehash DIRECTORY',
        ),
    ):
        yield Scenario(
            ("--file", path, option, anchors, *NAME),
            3,
            f"UNKNOWN - {AS_OF} {{}}: cannot judge the certification path: {reason} | {judged}",
            path,
        )


@scenario("hostname.mismatch")
def hostname_mismatch(place: Place) -> Iterator[Scenario]:
    yield chain_file(
        place,
        end_entity(place.issuing, names=("a.example.org", "192.0.2.1", "xn--bcher-kva.example")),
        place.issuing,
        code=2,
        line=f"CRITICAL - {AS_OF} {{}}: hostname mismatch: the certificate is for a.example.org, xn--bcher-kva.example "
        "(b\\xfccher.example), IP 192.0.2.1, not for www.example.org; reissue it for www.example.org, or put the "
        f"certificate for www.example.org into the file | {VALID} hostname_match=0;;1:;0;1 san_coverage=0%;;100:;0;100",
    )


@scenario("hostname.no-identifiers")
def common_name_only(place: Place) -> Iterator[Scenario]:
    yield chain_file(
        place,
        end_entity(place.issuing, names=()),
        place.issuing,
        code=2,
        line=f"CRITICAL - {AS_OF} {{}}: hostname mismatch: the certificate has no subjectAltName for names or addresses, "
        'so it is not for www.example.org; its subject "www.example.org" does not count; reissue it for www.example.org, '
        f"or put the certificate for www.example.org into the file | {VALID} hostname_match=0;;1:;0;1 "
        "san_coverage=0%;;100:;0;100",
    )


@scenario("hostname.malformed")
def malformed_names(place: Place) -> Iterator[Scenario]:
    malformed = x509.UnrecognizedExtension(
        x509.ObjectIdentifier("2.5.29.17"), pki.tlv(0x30, pki.tlv(0x82, b"a.example.org") + b"\x82\x7f")
    )
    yield chain_file(
        place,
        end_entity(place.issuing, names=(), extensions=[(malformed, False)]),
        place.issuing,
        code=2,
        line=f'CRITICAL - {AS_OF} {{}}: the end-entity certificate "www.example.org": OpenSSL does not accept its '
        "issuer as such: an extension is malformed, or its key identifier contradicts; reissue it. "
        "Hostname mismatch: the subjectAltName is malformed (element cut short) and shows a.example.org, not "
        "www.example.org; reissue it for www.example.org, or put the certificate for www.example.org into the file | "
        f"{GOOD} chain_valid=0;;1:;0;1 hostname_match=0;;1:;0;1 san_coverage=0%;;100:;0;100",
    )


@scenario("san.missing")
def san_missing(place: Place) -> Iterator[Scenario]:
    yield chain_file(
        place,
        end_entity(place.issuing),
        place.issuing,
        code=2,
        line=f"CRITICAL - {AS_OF} {{}}: SANs cover 1/2 required names: example.org missing, the certificate has "
        f"www.example.org; reissue it with all names | {VALID} hostname_match=1;;1:;0;1 "
        "san_coverage=50%;;100:;0;100",
        extra=(*NAME, "--san", "www.example.org,example.org"),
    )


@scenario("certificate.unreadable")
def unreadable_certificate(place: Place) -> Iterator[Scenario]:
    site = end_entity(place.issuing)
    path = place.data(pki.pem(b"\x30\x03\x02\x01\x01") + site.pem)
    reason = "that the file presents cannot be read: not an X.509 certificate (fields are missing, or too many)"
    yield any_file(path, f"UNKNOWN - {AS_OF} {{}}: certificate 1 {reason}; replace it", *place.trust)
    path = place.data(site.pem[:-30] + place.issuing.pem)
    lost = "certificate 1 that the file presents cannot be read: a PEM block has no END line"
    yield any_file(path, f"UNKNOWN - {AS_OF} {{}}: {lost}; replace it", *place.trust)
    path = place.data(site.pem + place.issuing.pem + pki.pem(b"\x30\x03\x02\x01\x01"))
    yield Scenario(
        ("--file", path, *place.trust, *NAME),
        2,
        f"CRITICAL - {AS_OF} {{}}: certificate 3 {reason}; replace it | {GOOD} chain_valid=0;;1:;0;1 "
        f"chain_expiry=2000d;22.5:;9: {NAMED}",
        path,
    )


@scenario("file.unreadable")
def unreadable_file(place: Place) -> Iterator[Scenario]:
    remedy = "check that it exists and that this user may read it"
    path = str(place.directory / "absent.pem")
    yield any_file(path, f'UNKNOWN - {AS_OF} {{}}: cannot read "{path}": No such file or directory; {remedy}')
    path = str(place.directory)
    yield any_file(
        f"{path}/*.pem",
        f'UNKNOWN - {AS_OF} {{}}: cannot read "{path}/*.pem": no file matches this pattern; check the pattern',
    )
    path = str(place.directory / "pipe")
    os.mkfifo(path)
    yield any_file(
        path, f'UNKNOWN - {AS_OF} {{}}: cannot read "{path}": nothing to read within 0.2 s; {remedy}', "-t", "0.2"
    )


@scenario("judging.timeout")
def more_than_can_be_judged(place: Place) -> Iterator[Scenario]:
    """Verdict: UNKNOWN; the first ten chains are judged even after the deadline, and what is no chain is said."""
    keystore = b"".join(end_entity(place.issuing).der for _ in range(12)) + place.issuing.der
    path = place.data(keystore)
    pipe = str(place.directory / "pipe")
    os.mkfifo(pipe)
    line = (
        f'UNKNOWN - {AS_OF} {{}} (13 chains): {pipe}: cannot read "{pipe}": nothing to read within 0.5 s; check that it exists and that this user may read it. 2 chains: 2 of 13 chains could not be judged within 0.5 s; give more time with'
        f" --timeout, or name fewer files | {VALID.partition(' ')[2]} {NAMED}"
    )
    arguments = ("--file", path, "--file", pipe, "-t", "0.5", *place.trust, *NAME)
    yield Scenario(arguments, 3, line, f"{path}, {pipe}")


@scenario("file.too-large")
def too_large(place: Place) -> Iterator[Scenario]:
    path = place.directory / "sparse"
    with path.open("wb") as file:
        file.truncate(16 * 2**20 + 1)
    yield any_file(str(path), f'UNKNOWN - {AS_OF} {{}}: "{path}" is larger than 16 MiB; name the right file')


@scenario("file.no-certificate")
def no_certificate(place: Place) -> Iterator[Scenario]:
    key = place.root.key_pem
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(pki.name("www.example.org"))
        .sign(place.root.key, hashes.SHA256())
    )
    loaded = load_pem_private_key(key, None)
    keystore = pkcs12.serialize_key_and_certificates(b"site", place.root.key, None, None, NoEncryption())
    cases = (
        (b"", "contains nothing"),
        (bytes(10_000_000), "contains nothing except zeros or blanks"),
        (bytes(range(255, 0, -1)) * 40, "contains no certificate"),
        (key, "contains a private key, not a certificate"),
        (
            loaded.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
            "contains a private key, not a certificate",
        ),
        (
            loaded.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
            "contains a private key, not a certificate",
        ),
        (request.public_bytes(Encoding.PEM), "contains a certificate request (CSR), not a certificate"),
        (request.public_bytes(Encoding.DER), "contains a certificate request (CSR), not a certificate"),
        (keystore, "contains a private key, not a certificate"),
        (b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", 'contains "X509 CRL", not a certificate'),
        (pki.tlv(0x30, b"\x05\x00"), "contains no certificate"),
        (
            pki.tlv(0x30, pki.tlv(0x30, bytes(2**20)) + b"\x30\0\x03\0"),
            "contains something too large for a certificate",
        ),
    )
    for content, what in cases:
        path = place.data(content)
        yield any_file(path, f'UNKNOWN - {AS_OF} {{}}: "{path}" {what}; name a file with a certificate')
    (place.directory / "file").unlink()
    (place.directory / "inner").mkdir()
    directory = str(place.directory)
    line = f'UNKNOWN - {AS_OF} {{}}: "{directory}" contains no certificates (subdirectories are not searched); name a file with a certificate'
    yield any_file(directory, line)


@scenario("file.not-understood")
def keystore_without_password(place: Place) -> Iterator[Scenario]:
    site = end_entity(place.issuing)
    above = [place.issuing.certificate]
    encryption = serialization.BestAvailableEncryption(b"secret")
    path = place.data(pkcs12.serialize_key_and_certificates(b"site", site.key, site.certificate, above, encryption))
    remedy = "name a file that can be read, or its password with --password-file"
    line = f'UNKNOWN - {AS_OF} {{}}: "{path}": the PKCS#12 keystore needs a password; {remedy}'
    yield any_file(path, line)
    wrong = place.directory / "password"
    wrong.write_text("guess\n")
    line = f'UNKNOWN - {AS_OF} {{}}: "{path}": the password does not fit the PKCS#12 keystore; {remedy}'
    yield any_file(path, line, "--password-file", str(wrong))
    absent = place.directory / "absent"
    line = (
        f'UNKNOWN - {AS_OF} {{}}: "{path}": cannot read a password from "{absent}": No such file or directory; {remedy}'
    )
    yield any_file(path, line, "--password-file", str(absent))
    good = f"{GOOD} chain_valid=1;;1:;0;1 chain_expiry=2000d;22.5:;9: {NAMED}"
    well = 'expires in 60 d (2026-03-16), path to "Example Root R1" valid, hostname matches, SANs cover 1/1'
    yield Scenario(
        ("--file", path, *place.trust, *NAME),
        0,
        f"OK - {AS_OF} {{}} {well} | {good}",
        path,
        {"CHECK_TLS_CERT_PASSWORD": "secret"},
    )


@scenario("range.violated")
def mistaken_range(place: Place) -> Iterator[Scenario]:
    """A lone N is "at most N" where it is not about days: whoever meant "at least" has to be told."""
    path = place.bundle(end_entity(place.issuing), place.issuing)
    yield Scenario(
        ("--file", path, *place.trust, *NAME, "--san-coverage-critical", "50"),
        2,
        f"CRITICAL - {AS_OF} {{}}: san_coverage is 100 %, more than the allowed 50 %; check that the range is the one you want | "
        f"{VALID} {NAMED.replace('100:', '50')}",
        path,
    )


@scenario("resolve.failed")
def unresolved(place: Place) -> Iterator[Scenario]:
    code = "import socket\ndef fail(*_):\n    raise socket.gaierror(-2, 'Name or service not known')\nsocket.getaddrinfo = fail\n"
    (place.directory / "sitecustomize.py").write_text(code)
    yield Scenario(
        ("-H", "www.example.org"),
        2,
        f"CRITICAL - {AS_OF} {{}}: cannot resolve www.example.org: Name or service not known; check the spelling and your DNS | {UNREACHED}",
        "www.example.org:443",
        {"PYTHONPATH": str(place.directory)},
    )


@scenario("resolve.timeout")
def resolver_blackholed(place: Place) -> Iterator[Scenario]:
    """A resolver that never answers: `getaddrinfo` blocks, and cannot be interrupted."""
    code = "import socket, threading\nsocket.getaddrinfo = lambda *_: threading.Event().wait()\n"
    (place.directory / "sitecustomize.py").write_text(code)
    yield Scenario(
        ("-H", "www.example.org", "-t", "0.3"),
        2,
        f"CRITICAL - {AS_OF} {{}}: cannot resolve www.example.org: no answer within 0.3 s; check the spelling and your DNS | {UNREACHED}",
        "www.example.org:443",
        {"PYTHONPATH": str(place.directory)},
    )


@scenario("connect.timeout")
def connect_timeout(place: Place) -> Iterator[Scenario]:
    with servers.dropping() as port:
        yield Scenario(
            ("-H", f"127.0.0.1:{port}", "-t", "0.3"),
            2,
            f"CRITICAL - {AS_OF} {{}}: cannot connect to 127.0.0.1: no answer within 0.3 s; check that the host is up and no firewall is in the way | {UNREACHED}",
            f"127.0.0.1:{port}",
        )


@scenario("connect.failed")
def connect_failed(place: Place) -> Iterator[Scenario]:
    """TCP has no broadcast: the system refuses before a packet leaves it."""
    yield Scenario(
        ("-H", "255.255.255.255"),
        2,
        f"CRITICAL - {AS_OF} {{}}: cannot connect to 255.255.255.255: network is unreachable; check the network route | {UNREACHED}",
        "255.255.255.255:443",
    )


@scenario("handshake.not-tls")
def not_tls(place: Place) -> Iterator[Scenario]:
    for banner, shown in (
        (b"220 mail.example.org ESMTP\r\n", "220 mail.example.org ESMTP"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0-OpenSSH_9.2"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        (b"a|b\x1b[2J\x00'=\xe2\x80\xae\n", "a/b\\x1b[2J\\x00'=\\xe2\\x80\\xae"),
    ):
        with servers.serving(servers.greets(banner)) as port:
            yield unreached(
                port, f'the server does not speak TLS here, it sent "{shown}"; use the port on which it does'
            )


def unreached(port: int, problem: str, *extra: str) -> Scenario:
    """Return the scenario of a handshake that fails."""
    line = f"CRITICAL - {AS_OF} {{}}: TLS handshake: {problem} | {UNREACHED}"
    return Scenario(("-H", f"127.0.0.1:{port}", *extra), 2, line, f"127.0.0.1:{port}")


UP = "check that the service is running and speaks TLS on this port"


@scenario("handshake.timeout")
def too_slow(place: Place) -> Iterator[Scenario]:
    with servers.serving(servers.silent) as port:
        yield unreached(port, f"timed out before the server sent anything; {UP}", "-t", "1.5")
    with servers.serving(servers.drips(b"\x16\x03\x03\x00\x7a\x02")) as port:
        yield unreached(port, f"timed out within its first message; {UP}", "-t", "2.5")


@scenario("handshake.closed")
def closed(place: Place) -> Iterator[Scenario]:
    with servers.serving(servers.says()) as port:
        yield unreached(port, f"the server closed the connection before the server sent anything; {UP}")
    with servers.tls(end_entity(place.issuing), place.issuing) as upstream:
        with servers.serving(servers.relays(upstream, 40)) as port:
            yield unreached(port, f"the server closed the connection within its first message; {UP}")
        # ServerHello, ChangeCipherSpec, EncryptedExtensions: OpenSSL tells of a message when the next one arrives.
        with servers.serving(servers.relays_records(upstream, 3)) as port:
            yield unreached(port, f"the server closed the connection after ServerHello; {UP}")


@scenario("handshake.reset")
def reset(place: Place) -> Iterator[Scenario]:
    with servers.serving(servers.resets) as port:
        broken = f"the connection broke ({os.strerror(errno.ECONNRESET)}) before the server sent anything"
        yield unreached(port, f"{broken}; {UP}")


@scenario("handshake.alert")
def alert(place: Place) -> Iterator[Scenario]:
    with servers.tls(end_entity(place.issuing), only_name="other.example.org") as port:
        yield unreached(
            port,
            'the server refused with the alert "unrecognized name"; check whether the server knows the server name (--sni)',
            *NAME,
        )
    with servers.serving(servers.says(b"\x15\x03\x03\x00\x02\x02\x28")) as port:
        yield unreached(port, 'the server refused with the alert "handshake failure"')


@scenario("handshake.failed")
def failed(place: Place) -> Iterator[Scenario]:
    with servers.serving(servers.says(b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00")) as port:
        yield unreached(port, "unexpected message")
    # HelloRequests without end: OpenSSL passes over them one by one.
    with servers.serving(servers.says(b"\x16\x03\x03\x00\x04\x00\x00\x00\x00" * 200_000)) as port:
        yield unreached(port, f"the server sent more than 1 MiB, within its first message; {UP}")


@scenario("time.slow")
def slow(place: Place) -> Iterator[Scenario]:
    with servers.tls(end_entity(place.issuing), place.issuing) as port:
        yield Scenario(
            ("-H", f"127.0.0.1:{port}", *NAME, *place.trust, "--time-warning", "0"),
            1,
            f"WARNING - {AS_OF} {{}}: slow: connecting and the TLS handshake took N s, more than the allowed 0 s; check whether the server or the network is overloaded | {VALID} {NAMED} {REACHED.replace(';;;0', ';0;;0')}",
            f"127.0.0.1:{port}",
        )


def shown(line: str, label: str) -> str:
    """Return a scenario's line as the program must print it."""
    return f"TLS_CERT {line.replace('{}', label)}\n"


@pytest.mark.parametrize("finding_id", sorted(ALL_FINDINGS))
def test_whole_line(finding_id: str, tmp_path: Path) -> None:
    """Every finding has a scenario; and a scenario fails when any word, number or the exit code changes."""
    root = authority("Example Root R1")
    place = Place(tmp_path, root, authority("Example Issuing CA 3", root))
    for build in SCENARIOS[finding_id]:
        for wanted in build(place):
            done = run(*wanted.arguments, *AT, environment=wanted.environment, facts=wanted.facts)
            said = re.sub(r"took [0-9.]+ s", "took N s", without_time(done.out))
            assert (said, done.err, done.code) == (shown(wanted.line, wanted.label), "", wanted.code)


def test_no_scenario_without_finding() -> None:
    assert set(SCENARIOS) == set(ALL_FINDINGS)


def test_good(tmp_path: Path) -> None:
    root = authority("Example Root R1")
    issuing = authority("Example Issuing CA 3", root)
    anchors = pki.write(tmp_path / "ca.pem", root)
    site = end_entity(issuing, names=("www.example.org", "example.org"))
    well = 'expires in 60 d (2026-03-16), path to "Example Root R1" valid, hostname matches, SANs cover'
    with servers.tls(site, issuing) as port:
        done = run("-H", f"127.0.0.1:{port}", *NAME, "--ca-file", anchors, "--san", "example.org", *AT)
        line = f"OK - {AS_OF} {{}} {well} 1/1 | {VALID} {NAMED} {REACHED}"
        assert (without_time(done.out), done.err, done.code) == (shown(line, f"127.0.0.1:{port}"), "", 0)


def test_every_problem_at_once(tmp_path: Path) -> None:
    """Wrong host, expired and untrusted are three problems, not one."""
    site = end_entity(None, names=("a.example.org",), not_before=EPOCH - days(92), not_after=EPOCH - days(2))
    path = pki.write(tmp_path / "site.pem", site)
    anchors = pki.write(tmp_path / "ca.pem", authority())
    done = run("--file", path, *NAME, "--ca-file", anchors, *AT)
    line = (
        f'CRITICAL - {AS_OF} {{}}: the end-entity certificate "www.example.org" expired 2 d '
        'ago (2026-01-13T12:00:00Z); renew it now. The end-entity certificate "www.example.org" is self-signed and not trusted; use a CA-issued certificate, or trust this one with --ca-file. Hostname mismatch: the '
        "certificate is for a.example.org, not for www.example.org; reissue it for www.example.org, or put the "
        "certificate for www.example.org into the file | "
        "expiry=-2d;22.5:;9: lifetime_used=102.23%;75;90;0 chain_valid=0;;1:;0;1 hostname_match=0;;1:;0;1 "
        "san_coverage=0%;;100:;0;100"
    )
    assert (done.out, done.err, done.code) == (shown(line, str(path)), "", 2)


def webpki_scenario(place: Place, site: Entity, issuing: Entity, *problems: str) -> Scenario:
    """Return the scenario of a chain that validates, but not for strict clients."""
    said = ". S".join(f"trict clients refuse {problem}; {STRICTER}" for problem in problems)
    return chain_file(
        place,
        site,
        issuing,
        code=2,
        line=f"CRITICAL - {AS_OF} {{}}: s{said} | {GOOD} chain_valid=0;;1:;0;1 chain_expiry=2000d;22.5:;9: {NAMED}",
        extra=(*NAME, "--profile", "webpki"),
    )


STRICTER = "reissue it by a CA that follows the Baseline Requirements"
SITE = 'the end-entity certificate "www.example.org"'


def forged_scenario(place: Place, change: Callable[[bytes], bytes], problem: str) -> Scenario:
    """Return the scenario of a chain whose end-entity certificate no builder makes, for strict clients."""
    path = place.data(pki.pem(pki.forge(end_entity(place.issuing), place.issuing, change)) + place.issuing.pem)
    metrics = f"{GOOD} chain_valid=0;;1:;0;1 chain_expiry=2000d;22.5:;9: {NAMED}"
    line = f"CRITICAL - {AS_OF} {{}}: {problem}; {STRICTER} | {metrics}"
    return Scenario(("--file", path, *place.trust, *NAME, "--profile", "webpki"), 2, line, path)


@scenario("webpki.common-name")
def webpki_common_name(place: Place) -> Iterator[Scenario]:
    problem = 'the end-entity certificate "www": its common name "www" is not one of its SANs, letter by letter'
    yield webpki_scenario(place, end_entity(place.issuing, common_name="www"), place.issuing, problem)


@scenario("webpki.serial")
def webpki_serial(place: Place) -> Iterator[Scenario]:
    def numbered(serial: bytes) -> Callable[[bytes], bytes]:
        return lambda tbs: tbs[:5] + serial + tbs[7 + tbs[6] :]

    for serial, what in (
        (b"\x02\x01\x00", "its serial number is zero or negative; it must be positive"),
        (b"\x02\x01\xff", "its serial number is zero or negative; it must be positive"),
        (b"\x02\x1e" + b"\x01" * 30, "its serial number is longer than 20 bytes"),
    ):
        yield forged_scenario(place, numbered(serial), f"strict clients refuse {SITE}: {what}")


@scenario("webpki.key", "webpki.purpose")
def webpki_key(place: Place) -> Iterator[Scenario]:
    yield webpki_scenario(
        place,
        end_entity(place.issuing, key=Ed25519PrivateKey.generate(), purposes=()),
        place.issuing,
        f"{SITE}: its key is Ed25519; RSA of a multiple of 8 bits, or P-256, P-384 or P-521 is required",
        f"{SITE}: it has no extendedKeyUsage; serverAuth is required",
    )


@scenario("webpki.basic-constraints", "webpki.name-constraints", "webpki.san", "webpki.extension")
def webpki_extensions(place: Place) -> Iterator[Scenario]:
    aia = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.1"), b"\x30\x02\x05\x00")
    extensions = [
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (x509.NameConstraints([x509.DNSName("example.org")], None), True),
        (aia, False),
    ]
    yield webpki_scenario(
        place,
        end_entity(place.issuing, names=("www.example.org", "a_b.example.org"), extensions=extensions),
        place.issuing,
        f"{SITE}: it is a CA certificate (basicConstraints: CA:TRUE)",
        f"{SITE}: it has name constraints, which are for CAs",
        f"{SITE}: its authorityInfoAccess is malformed",
        f"{SITE}: its SAN a_b.example.org has an underscore",
    )


@scenario("webpki.key-identifier")
def webpki_key_identifier(place: Place) -> Iterator[Scenario]:
    """The extension's type is changed to one that nobody knows, so it is as good as absent."""
    yield forged_scenario(
        place,
        lambda tbs: tbs.replace(b"\x06\x03\x55\x1d\x23", b"\x06\x03\x55\x1d\x7f"),
        f"strict clients refuse {SITE}: it has no authorityKeyIdentifier with a key identifier",
    )


@scenario("webpki.refused")
def webpki_refused(place: Place) -> Iterator[Scenario]:
    """RFC 5280, 4.1.2.5: dates up to 2049 must be UTCTime; only the second opinion minds."""
    dates = b"\x17\x0d251216120000Z"
    yield forged_scenario(
        place,
        lambda tbs: tbs.replace(
            b"\x30\x1e" + dates + b"\x17\x0d260316120000Z", b"\x30\x20" + dates + b"\x18\x0f20260316120000Z"
        ),
        'a strict verifier refuses this chain: "validity dates between 1950 and 2049 must be UtcTime"',
    )
