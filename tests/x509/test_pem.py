"""Certificates out of PEM text, whatever stands around them."""

from __future__ import annotations

import base64

import pytest

from check_tls_cert.x509 import pem
from check_tls_cert.x509.certificate import CertificateError, parse
from check_tls_cert.x509.pem import Block
from tests import pki
from tests.pki import tlv

ROOT = pki.authority("Example Root R1")
SITE = pki.end_entity(ROOT)


def block(label: str, content: bytes) -> bytes:
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label.encode(), content, label.encode())


def test_every_block_with_its_label_in_order() -> None:
    data = block("CERTIFICATE", b"AAAA\n") + block("PRIVATE KEY", b"BBBB\n") + block("CERTIFICATE", b"CCCC\n")
    assert list(pem.blocks(data)) == [
        Block(b"CERTIFICATE", b"\nAAAA\n", complete=True),
        Block(b"PRIVATE KEY", b"\nBBBB\n", complete=True),
        Block(b"CERTIFICATE", b"\nCCCC\n", complete=True),
    ]


@pytest.mark.parametrize("data", [b"", b"AAAA", b"-----BEGIN", b"-----END CERTIFICATE-----\n", b"\x30\x00"])
def test_no_block(data: bytes) -> None:
    assert list(pem.blocks(data)) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"-----BEGIN ", Block(b"", b"", complete=False)),
        (b"-----BEGIN CERTIFICATE", Block(b"CERTIFICATE", b"", complete=False)),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n", Block(b"CERTIFICATE", b"\nAAAA\n", complete=False)),
        (
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END PRIVATE KEY-----\n",
            Block(b"CERTIFICATE", b"\nAAAA\n-----END PRIVATE KEY-----\n", complete=False),
        ),
        (
            b"-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE----",
            Block(b"CERTIFICATE", b"\nAAAA\n-----END CERTIFICATE----", complete=False),
        ),
    ],
)
def test_block_without_its_end_line(data: bytes, expected: Block) -> None:
    assert list(pem.blocks(data)) == [expected]
    with pytest.raises(CertificateError, match=r"^a PEM block has no END line$"):
        pem.certificate_in(expected)


def test_text_around_blocks_is_no_matter() -> None:
    """RFC 7468, section 2: parsers ignore what stands before and after the encapsulation boundaries."""
    data = b"\xef\xbb\xbfsubject=/CN=www.example.org\n---\n" + SITE.pem + b"\n\nBag Attributes\n" + ROOT.pem + b"\0\xff"
    assert [pem.certificate_in(found) for found in pem.certificate_blocks(data)] == [parse(SITE.der), parse(ROOT.der)]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r", b" \t\r\n\v\f"])
def test_lines_may_end_in_any_way(line_end: bytes) -> None:
    (found,) = pem.certificate_blocks(SITE.pem.replace(b"\n", line_end))
    assert pem.certificate_in(found) == parse(SITE.der)


def test_one_long_line() -> None:
    (found,) = pem.blocks(block("CERTIFICATE", base64.b64encode(SITE.der)))
    assert pem.certificate_in(found) == parse(SITE.der)


@pytest.mark.parametrize("label", ["PRIVATE KEY", "CERTIFICATE"])
def test_lost_end_line_costs_one_block_alone(label: str) -> None:
    data = block(label, b"AAAA\n").partition(b"-----END")[0] + block("CERTIFICATE", b"BBBB\n")
    assert list(pem.blocks(data)) == [
        Block(label.encode(), b"\nAAAA\n", complete=False),
        Block(b"CERTIFICATE", b"\nBBBB\n", complete=True),
    ]


def test_line_that_runs_into_the_next_block() -> None:
    """The dashes before BEGIN belong to the next block; what remains before them is no label of a certificate."""
    data = b"-----BEGIN CERTIFICATE--" + block("CERTIFICATE", b"BBBB\n")
    assert list(pem.blocks(data)) == [
        Block(b"CERTIFICATE--", b"", complete=False),
        Block(b"CERTIFICATE", b"\nBBBB\n", complete=True),
    ]


def test_truncated_file() -> None:
    """The last certificate of a copy that was cut short is an error, not a certificate fewer."""
    first, last = pem.certificate_blocks((SITE.pem + ROOT.pem)[:-40])
    assert pem.certificate_in(first) == parse(SITE.der)
    with pytest.raises(CertificateError, match=r"^a PEM block has no END line$"):
        pem.certificate_in(last)


def test_only_blocks_that_say_they_are_certificates() -> None:
    labels = [
        "CERTIFICATE",
        "PRIVATE KEY",
        "X509 CERTIFICATE",
        "CERTIFICATE REQUEST",
        "TRUSTED CERTIFICATE",
        "X509 CRL",
    ]
    data = b"".join(block(label, b"AAAA\n") for label in labels)
    assert [found.label for found in pem.certificate_blocks(data)] == [
        b"CERTIFICATE",
        b"X509 CERTIFICATE",
        b"TRUSTED CERTIFICATE",
    ]


def test_old_label_of_certificates() -> None:
    (found,) = pem.blocks(SITE.pem.replace(b"CERTIFICATE", b"X509 CERTIFICATE"))
    assert pem.certificate_in(found) == parse(SITE.der)


def test_trust_settings_behind_a_trusted_certificate_are_no_part_of_it() -> None:
    """`openssl x509 -trustout` appends an X509_CERT_AUX."""
    (found,) = pem.blocks(block("TRUSTED CERTIFICATE", base64.b64encode(ROOT.der + b"\x30\x00")))
    assert pem.certificate_in(found) == parse(ROOT.der)


def test_bytes_behind_an_ordinary_certificate_are_a_defect() -> None:
    (found,) = pem.blocks(block("CERTIFICATE", base64.b64encode(ROOT.der + b"\x30\x00")))
    assert pem.certificate_in(found).defects == ("2 bytes follow the certificate",)


@pytest.mark.parametrize(
    "content", [b"A\n", b"AAA\n", b"AA=A\n", b"AA-A\n", b"Proc-Type: 4,ENCRYPTED\n\nAAAA\n", b"\xff\xff"]
)
def test_what_is_not_base64(content: bytes) -> None:
    (found,) = pem.blocks(block("CERTIFICATE", content))
    with pytest.raises(CertificateError, match=r"^a PEM block is not base64 \(.+\)$"):
        pem.certificate_in(found)


@pytest.mark.parametrize("label", ["CERTIFICATE", "TRUSTED CERTIFICATE"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an X.509 certificate (element cut short)"),
        (b"MAA=\n", "not an X.509 certificate (fields are missing, or too many)"),
        (b"MIAA\n", "not an X.509 certificate (bad length)"),
    ],
)
def test_base64_of_what_is_no_certificate(label: str, content: bytes, message: str) -> None:
    (found,) = pem.blocks(block(label, content))
    with pytest.raises(CertificateError) as caught:
        pem.certificate_in(found)
    assert str(caught.value) == message


# Trust settings of OpenSSL's TRUSTED CERTIFICATE

SERVER_AUTH, CLIENT_AUTH, ANY = "2b06010505070301", "2b06010505070302", "551d2500"


def purposes(tag: int, *oids: str) -> bytes:
    """Return one list of an X509_CERT_AUX: 0x30 for what it is trusted for, 0xa0 for what it is rejected for."""
    return tlv(tag, b"".join(tlv(0x06, bytes.fromhex(oid)) for oid in oids))


ALIAS = tlv(0x0C, b"my root")


@pytest.mark.parametrize(
    ("settings", "trusted"),
    [
        (b"", True),  # none at all
        (tlv(0x30, b""), True),
        (tlv(0x30, ALIAS), True),
        (tlv(0x30, purposes(0x30, SERVER_AUTH)), True),
        (tlv(0x30, purposes(0x30, CLIENT_AUTH, SERVER_AUTH)), True),
        (tlv(0x30, purposes(0x30, ANY)), True),
        (tlv(0x30, purposes(0x30, CLIENT_AUTH)), False),
        (tlv(0x30, purposes(0x30)), False),  # for nothing
        (tlv(0x30, purposes(0xA0, SERVER_AUTH)), False),
        (tlv(0x30, purposes(0xA0, CLIENT_AUTH, SERVER_AUTH)), False),
        (tlv(0x30, purposes(0xA0, ANY)), False),
        (tlv(0x30, purposes(0xA0, CLIENT_AUTH)), True),
        (tlv(0x30, purposes(0x30, SERVER_AUTH) + purposes(0xA0, CLIENT_AUTH) + ALIAS), True),
        (tlv(0x30, purposes(0x30, SERVER_AUTH) + purposes(0xA0, SERVER_AUTH)), False),  # rejected, whatever else
        (tlv(0x30, purposes(0x30, CLIENT_AUTH) + purposes(0xA0, CLIENT_AUTH)), False),
        (b"\x05\x00", False),  # what cannot be read trusts nothing
        (b"\x30\x05", False),
        (tlv(0x30, tlv(0x30, b"\x05\x00")), False),
        (tlv(0x30, tlv(0xA0, b"\x05\x00")), False),
    ],
)
def test_trust_settings(settings: bytes, trusted: bool) -> None:
    (found,) = pem.blocks(block("TRUSTED CERTIFICATE", base64.b64encode(ROOT.der + settings)))
    assert pem.trusted_for_servers(found) is trusted


@pytest.mark.parametrize("content", [b"AA=A\n", b"MIAA\n", b""])
def test_trusted_certificate_that_is_broken_is_trusted_for_nothing(content: bytes) -> None:
    (found,) = pem.blocks(block("TRUSTED CERTIFICATE", content))
    assert pem.trusted_for_servers(found) is False


@pytest.mark.parametrize("label", ["CERTIFICATE", "X509 CERTIFICATE"])
def test_other_certificates_have_no_trust_settings(label: str) -> None:
    """What stands behind one is a defect, not a setting."""
    rejected = tlv(0x30, purposes(0xA0, SERVER_AUTH))
    (found,) = pem.blocks(block(label, base64.b64encode(ROOT.der + rejected)))
    assert pem.trusted_for_servers(found) is True
