"""PKCS#12 keystores (RFC 7292), written by cryptography, by openssl where it is there, and octet by octet."""

from __future__ import annotations

import hashlib
import hmac
import shutil
import subprocess
from pathlib import Path
from unittest import mock

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from check_tls_cert.fetch import formats
from check_tls_cert.fetch.formats import FormatError, ber, pbe
from check_tls_cert.x509 import der
from tests import files
from tests.fetch.formats.test_rc2 import encrypt_cbc
from tests.files import BROKEN, ISSUING, ISSUING_NAME, OTHER, OTHER_NAME, ROOT, ROOT_NAME, SITE, SITE_NAME, oid
from tests.pki import tlv

DATA, ENCRYPTED_DATA, SIGNED_DATA = (f"1.2.840.113549.1.7.{number}" for number in (1, 6, 2))
KEY_BAG, CERT_BAG, SAFE_CONTENTS_BAG = (f"1.2.840.113549.1.12.10.1.{number}" for number in (1, 3, 6))
X509, SDSI = "1.2.840.113549.1.9.22.1", "1.2.840.113549.1.9.22.2"
FRIENDLY_NAME, LOCAL_KEY_ID = "1.2.840.113549.1.9.20", "1.2.840.113549.1.9.21"
RC2_40, RC2_128, RC4 = "1.2.840.113549.1.12.1.6", "1.2.840.113549.1.12.1.5", "1.2.840.113549.1.12.1.1"
TRIPLE_DES_TWO_KEYS = "1.2.840.113549.1.12.1.4"
PBES2, PBKDF2, PBMAC1 = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12", "1.2.840.113549.1.5.14"
AES_256, HMAC_SHA256, SHA1 = "2.16.840.1.101.3.4.1.42", "1.2.840.113549.2.9", "1.3.14.3.2.26"
SALT = b"saltsalt"
NEEDED = "the PKCS#12 keystore needs a password"
WRONG = "the password does not fit the PKCS#12 keystore"


def integer(number: int) -> bytes:
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def attribute(kind: str, value: bytes) -> bytes:
    return tlv(0x30, oid(kind) + tlv(0x31, value))


def friendly_name(name: str) -> bytes:
    return attribute(FRIENDLY_NAME, tlv(0x1E, name.encode("utf-16-be")))


def bag(encoded: bytes, attributes: bytes = b"", *, kind: str = X509) -> bytes:
    content = tlv(0x30, oid(kind) + tlv(0xA0, tlv(0x04, encoded)))
    return tlv(0x30, oid(CERT_BAG) + tlv(0xA0, content) + (tlv(0x31, attributes) if attributes else b""))


def data_info(content: bytes) -> bytes:
    return tlv(0x30, oid(DATA) + tlv(0xA0, tlv(0x04, content)))


def safe_contents(*bags: bytes) -> bytes:
    return tlv(0x30, b"".join(bags))


def encrypted_info(algorithm: bytes, octets: bytes) -> bytes:
    info = tlv(0x30, oid(DATA) + algorithm + tlv(0x80, octets))
    return tlv(0x30, oid(ENCRYPTED_DATA) + tlv(0xA0, tlv(0x30, b"\x02\x01\x00" + info)))


def pfx(*infos: bytes, mac_data: bytes = b"") -> bytes:
    return tlv(0x30, b"\x02\x01\x03" + data_info(tlv(0x30, b"".join(infos))) + mac_data)


def pbes1(kind: str, iterations: int = 2) -> bytes:
    return tlv(0x30, oid(kind) + tlv(0x30, tlv(0x04, SALT) + integer(iterations)))


def pbkdf2(iterations: int = 2, *, behind: bytes = b"", kind: str = PBKDF2) -> bytes:
    return tlv(0x30, oid(kind) + tlv(0x30, tlv(0x04, SALT) + integer(iterations) + behind))


def algorithm(kind: str, parameters: bytes = b"\x05\x00") -> bytes:
    return tlv(0x30, oid(kind) + parameters)


def pbes2(derivation: bytes, iv: bytes = bytes(16), cipher: str = AES_256) -> bytes:
    return algorithm(PBES2, tlv(0x30, derivation + algorithm(cipher, tlv(0x04, iv))))


def mac_data(kind: bytes, expected: bytes, iterations: bytes = b"") -> bytes:
    return tlv(0x30, tlv(0x30, kind + tlv(0x04, expected)) + tlv(0x04, SALT) + iterations)


def padded(octets: bytes, block: int = 8) -> bytes:
    size = block - len(octets) % block
    return octets + bytes((size,)) * size


def rc2_info(contents: bytes, kind: str, password: bytes) -> bytes:
    derivation = pbe.Derivation("sha1", SALT, 2, is_pbkdf2=False)
    secret = pbe.secrets(password)[0]
    size, bits = (5, 40) if kind == RC2_40 else (16, 128)
    key, iv = derivation.derive(secret, 1, size), derivation.derive(secret, 2, 8)
    return encrypted_info(pbes1(kind), encrypt_cbc(key, bits, iv, padded(contents)))


def written(
    password: bytes | None, encryption: serialization.KeySerializationEncryption | None = None, name: bytes = b"shop"
) -> bytes:
    """Return what cryptography writes: a key, its certificate and two more."""
    if encryption is None:
        encryption = serialization.NoEncryption() if password is None else _best(password)
    return pkcs12.serialize_key_and_certificates(
        name, SITE.key, SITE.certificate, [ISSUING.certificate, ROOT.certificate], encryption
    )


def _best(password: bytes) -> serialization.KeySerializationEncryption:
    return serialization.BestAvailableEncryption(password)


def builder(
    password: bytes, scheme: pkcs12.PBES, digest: hashes.HashAlgorithm
) -> serialization.KeySerializationEncryption:
    chosen = serialization.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(50).key_cert_algorithm(scheme)
    return chosen.hmac_hash(digest).build(password)


EVERYTHING = [("shop", [SITE_NAME]), ("", [ISSUING_NAME]), ("", [ROOT_NAME])]
PLAIN = pfx(data_info(safe_contents(bag(SITE.der, friendly_name("shop")), bag(ISSUING.der))))


@pytest.mark.parametrize("scheme", list(pkcs12.PBES))
@pytest.mark.parametrize("digest", [hashes.SHA1(), hashes.SHA256(), hashes.SHA512()])  # noqa: S303  # what files have
@pytest.mark.parametrize("password", ["changeit", "pässwörd €"])
def test_what_cryptography_writes(scheme: pkcs12.PBES, digest: hashes.HashAlgorithm, password: str) -> None:
    data = written(password.encode(), builder(password.encode(), scheme, digest))
    assert files.contents(files.read(data, password.encode())) == EVERYTHING


def test_regrouped() -> None:
    entries = formats.end_entities(files.read(written(b"secret"), b"secret"))
    assert files.contents(entries) == [("shop", [SITE_NAME, ISSUING_NAME, ROOT_NAME])]


def test_friendly_names_are_raw() -> None:
    data = written(None, name="Läden|\n".encode())
    assert files.contents(files.read(data))[0] == ("Läden|\n", [SITE_NAME])


def test_certificates_of_several_keys() -> None:
    key = tlv(0x30, oid(KEY_BAG) + tlv(0xA0, tlv(0x30, b"")))
    data = pfx(
        data_info(safe_contents(key, key)),
        data_info(safe_contents(bag(OTHER.der, friendly_name("mail")), bag(SITE.der, friendly_name("shop")))),
    )
    assert files.contents(files.read(data)) == [("mail", [OTHER_NAME]), ("shop", [SITE_NAME])]


def test_truststore_without_key() -> None:
    data = (
        pkcs12.serialize_java_truststore([pkcs12.PKCS12Certificate(ROOT.certificate, b"root")], _best(b"changeit"))
        if hasattr(pkcs12, "serialize_java_truststore")
        else pfx(data_info(safe_contents(bag(ROOT.der, friendly_name("root")))))
    )
    assert files.contents(files.read(data, b"changeit")) == [("root", [ROOT_NAME])]


@pytest.mark.parametrize(("password", "message"), [(None, NEEDED), (b"", WRONG), (b"wrong", WRONG), (b"\xff", WRONG)])
def test_password_missing_or_wrong(password: bytes | None, message: str) -> None:
    with pytest.raises(FormatError, match=f"^{message}$"):
        files.read(written(b"secret"), password)


@pytest.mark.parametrize(("password", "message"), [(None, NEEDED), (b"", WRONG), (b"wrong", WRONG)])
def test_password_missing_or_wrong_without_mac(password: bytes | None, message: str) -> None:
    data = pfx(rc2_info(safe_contents(bag(SITE.der)), RC2_40, b"secret"))
    with pytest.raises(FormatError, match=f"^{message}, or it is broken$"):
        files.read(data, password)


@pytest.mark.parametrize("kind", [RC2_40, RC2_128])
@pytest.mark.parametrize("password", [b"secret", b""])
def test_rc2(kind: str, password: bytes) -> None:
    data = pfx(rc2_info(safe_contents(bag(SITE.der)), kind, password))
    assert files.contents(files.read(data, password)) == [("", [SITE_NAME])]


@pytest.mark.parametrize("wide", [b"", b"\0\0"])
@pytest.mark.parametrize("password", [None, b""])
def test_empty_password_with_and_without_final_zero(wide: bytes, password: bytes | None) -> None:
    """Programs disagree on what an empty password is (RFC 7292, B.1)."""
    safe = tlv(0x30, data_info(safe_contents(bag(SITE.der))))
    key = pbe.Derivation("sha1", SALT, 1, is_pbkdf2=False).derive(pbe.Secret(wide, b""), 3, 20)
    mac = mac_data(algorithm(SHA1), hmac.digest(key, safe, "sha1"))
    data = tlv(0x30, b"\x02\x01\x03" + data_info(safe) + mac)
    assert files.contents(files.read(data, password)) == [("", [SITE_NAME])]


def test_unencrypted_needs_no_password_but_the_password_given_must_fit() -> None:
    mac = mac_data(algorithm(SHA1), bytes(20), integer(2))
    data = pfx(data_info(safe_contents(bag(SITE.der))), mac_data=mac)
    assert files.contents(files.read(data)) == [("", [SITE_NAME])]
    with pytest.raises(FormatError, match=f"^{WRONG}$"):
        files.read(data, b"secret")


def test_neither_encrypted_nor_authenticated() -> None:
    assert files.contents(files.read(PLAIN, b"whatever")) == [("shop", [SITE_NAME]), ("", [ISSUING_NAME])]


def test_password_in_another_encoding() -> None:
    """PBKDF2 takes the octets as they are, the derivation of PKCS#12 characters."""
    password = "pässwörd".encode("latin-1")
    assert pbe.secrets(password)[0].wide == "pässwörd\0".encode("utf-16-be")
    data = pfx(rc2_info(safe_contents(bag(SITE.der)), RC2_40, password))
    assert files.contents(files.read(data, password)) == [("", [SITE_NAME])]


@pytest.mark.parametrize("size", [b"", integer(32)])
def test_pbmac1(size: bytes) -> None:
    """RFC 9579: PBKDF2 and HMAC instead of the derivation of PKCS#12."""
    safe = tlv(0x30, data_info(safe_contents(bag(SITE.der))))
    key = hashlib.pbkdf2_hmac("sha256", b"secret", SALT, 2, 32 if size else 64)
    derivation = pbkdf2(behind=size + algorithm(HMAC_SHA256))
    kind = algorithm(PBMAC1, tlv(0x30, derivation + algorithm(HMAC_SHA256)))
    mac = mac_data(kind, hmac.digest(key, safe, "sha256"))
    data = tlv(0x30, b"\x02\x01\x03" + data_info(safe) + mac)
    assert files.contents(files.read(data, b"secret")) == [("", [SITE_NAME])]
    with pytest.raises(FormatError, match=f"^{WRONG}$"):
        files.read(data, b"wrong")


def test_indefinite_lengths_and_strings_in_pieces() -> None:
    """As BouncyCastle and NSS write them."""
    contents = files.indefinite(0x30, bag(SITE.der))
    pieces = files.indefinite(0x24, tlv(0x04, contents[:300]) + tlv(0x04, contents[300:]))
    safe = files.indefinite(0x30, files.indefinite(0x30, oid(DATA) + files.indefinite(0xA0, pieces)))
    outer = files.indefinite(0x30, oid(DATA) + files.indefinite(0xA0, files.indefinite(0x24, tlv(0x04, safe))))
    data = files.indefinite(0x30, b"\x02\x01\x03" + outer)
    assert files.contents(files.read(data)) == [("", [SITE_NAME])]


def test_bags_of_bags() -> None:
    nested = safe_contents(bag(SITE.der))
    for _ in range(7):
        nested = safe_contents(tlv(0x30, oid(SAFE_CONTENTS_BAG) + tlv(0xA0, nested)), bag(ROOT.der))
    assert files.contents(files.read(pfx(data_info(nested)))) == [("", [SITE_NAME])] + [("", [ROOT_NAME])] * 7
    nested = safe_contents(tlv(0x30, oid(SAFE_CONTENTS_BAG) + tlv(0xA0, nested)))
    with pytest.raises(FormatError, match="bags are nested too deep"):
        files.read(pfx(data_info(nested)))


def test_broken_certificate_costs_itself_alone() -> None:
    no_explicit = tlv(0x30, oid(CERT_BAG) + tlv(0xA1, b""))
    bags = safe_contents(bag(BROKEN, friendly_name("a")), bag(b"", kind=SDSI), no_explicit, bag(SITE.der))
    assert files.contents(files.read(pfx(data_info(bags)))) == [
        ("a", ["!not an X.509 certificate (fields are missing, or too many)"]),
        ("", ["!the keystore says that it is no X.509 certificate"]),
        ("", ["!the keystore is broken there (tag 0xa1 where 0xa0 belongs)"]),
        ("", [SITE_NAME]),
    ]


@pytest.mark.parametrize(
    ("attributes", "alias"),
    [
        (attribute(LOCAL_KEY_ID, tlv(0x04, b"1")) + friendly_name("shop"), "shop"),
        (attribute(LOCAL_KEY_ID, tlv(0x04, b"1")), ""),
        (attribute(FRIENDLY_NAME, b""), ""),
        (b"\x30\x05", ""),
        (attribute(FRIENDLY_NAME, tlv(0x1E, b"\0a\0")), "a\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_attributes(attributes: bytes, alias: str) -> None:
    assert files.read(pfx(data_info(safe_contents(bag(SITE.der, attributes)))))[0].alias == alias


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (tlv(0x30, b"\x02\x01\x03\x30\x00"), "broken (fields are missing)"),
        (PLAIN[:-1], "broken (element cut short)"),
        (tlv(0x30, b"\x02\x01\x03" + tlv(0x30, oid(SIGNED_DATA) + tlv(0xA0, b""))), "signed or encrypted with a key"),
        (pfx(encrypted_info(pbes1(RC4), b"")), f"protected with {RC4}, which is not supported"),
        (pfx(encrypted_info(pbes2(pbkdf2(kind="1.3.6.1.4.1.11591.4.11")), b"")), "11591.4.11, which is not supported"),
        (pfx(encrypted_info(pbes2(pbkdf2(), cipher="1.2.3"), b"")), "protected with 1.2.3, which is not supported"),
        (pfx(encrypted_info(pbes2(pbkdf2(behind=algorithm("1.2.3"))), b"")), "protected with 1.2.3, which"),
        (pfx(mac_data=mac_data(algorithm("1.2.3"), b"")), "protected with 1.2.3, which is not supported"),
        (pfx(encrypted_info(pbes1(RC2_40, 0), b"")), "broken (a number that must be positive is not)"),
        (pfx(encrypted_info(pbes1(RC2_40, 2_000_001), b"")), "takes too long to decrypt (more than 4000000 steps)"),
        (pfx(encrypted_info(pbes2(pbkdf2(2**31)), b"")), "takes too long to decrypt (more than 4000000 steps)"),
        (
            pfx(mac_data=mac_data(algorithm(SHA1), b"", integer(2**63))),
            "takes too long to decrypt (more than 4000000 steps)",
        ),
        (
            pfx(*[encrypted_info(pbes1(RC2_40, 200_001), b"")] * 10),
            "takes too long to decrypt (more than 4000000 steps)",
        ),
        (pfx(*[encrypted_info(pbes1(RC2_40), bytes(540_000))] * 2), "takes too long to decrypt"),
        (pfx(encrypted_info(pbes1(RC2_40), b"")), f"{WRONG}, or it is broken"),
        (pfx(encrypted_info(pbes1(RC2_40), bytes(7))), f"{WRONG}, or it is broken"),
        (pfx(encrypted_info(pbes2(pbkdf2(), iv=bytes(8)), bytes(16))), f"{WRONG}, or it is broken"),
        (pfx(*[data_info(safe_contents())] * 101), "broken (too many elements)"),
        (pfx(data_info(safe_contents(*[b"\x30\x00"] * 10_001))), "broken (too many elements)"),
    ],
)
def test_refused(data: bytes, message: str) -> None:
    assert message in files.outcome(data, b"secret")


def test_triple_des_with_two_keys() -> None:
    """Its third key is its first one."""
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

    derivation = pbe.Derivation("sha1", SALT, 2, is_pbkdf2=False)
    secret = pbe.secrets(b"secret")[0]
    key, iv = derivation.derive(secret, 1, 16), derivation.derive(secret, 2, 8)
    encryptor = Cipher(TripleDES(key + key[:8]), modes.CBC(iv)).encryptor()
    octets = encryptor.update(padded(safe_contents(bag(SITE.der)))) + encryptor.finalize()
    data = pfx(encrypted_info(pbes1(TRIPLE_DES_TWO_KEYS), octets))
    assert files.contents(files.read(data, b"secret")) == [("", [SITE_NAME])]


def test_openssl_without_the_cipher() -> None:
    data = written(b"secret")
    with mock.patch("cryptography.hazmat.primitives.ciphers.Cipher", side_effect=UnsupportedAlgorithm("no AES")):
        assert files.outcome(data, b"secret") == "the PKCS#12 keystore is protected with AES, which is not supported"


@pytest.mark.parametrize("data", [SITE.key_pem, tlv(0x30, b"\x02\x01\x03\x04\x00"), b"\x30\x82", b"\x30"])
def test_not_claimed(data: bytes) -> None:
    assert formats.read_entries(data, files.Asked(b"")) is None


def test_empty_keystore() -> None:
    assert files.read(pfx()) == []
    assert files.read(pfx(data_info(safe_contents())), b"secret") == []


def test_password_is_asked_for_once() -> None:
    asked = files.Asked(b"secret")
    formats.read_entries(written(b"secret"), asked)
    assert asked.times == 1


def test_cut_and_changed_anywhere() -> None:
    files.survives_truncation(PLAIN)
    files.survives_flips(PLAIN)
    data = pfx(rc2_info(safe_contents(bag(SITE.der)), RC2_40, b"secret"))
    files.survives_truncation(data, b"secret")
    encrypted = written(b"secret", builder(b"secret", pkcs12.PBES.PBESv2SHA256AndAES256CBC, hashes.SHA256()))
    files.survives_flips(encrypted[:400] + encrypted[-100:], b"secret")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-legacy",),
        ("-nomac",),
        ("-certpbe", "NONE"),
        ("-certpbe", "NONE", "-keypbe", "NONE", "-nomac"),
        ("-certpbe", "AES-128-CBC", "-macalg", "sha384"),
        ("-certpbe", "DES-EDE3-CBC"),
        ("-certpbe", "PBE-SHA1-3DES"),
    ],
)
@pytest.mark.parametrize("password", ["changeit", ""])
def test_what_openssl_writes(tmp_path: Path, options: tuple[str, ...], password: str) -> None:
    (tmp_path / "site.pem").write_bytes(SITE.pem + SITE.key_pem)
    (tmp_path / "ca.pem").write_bytes(ISSUING.pem + ROOT.pem)
    command = ["openssl", "pkcs12", "-export", "-in", "site.pem", "-certfile", "ca.pem", "-name", "shop"]
    done = subprocess.run(
        [*command, "-passout", f"pass:{password}", "-out", "out.p12", *options],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("this openssl cannot")
    data = (tmp_path / "out.p12").read_bytes()
    assert files.contents(files.read(data, password.encode())) == EVERYTHING


def test_derivation_without_salt_or_password() -> None:
    assert pbe.Derivation("sha1", b"", 1, is_pbkdf2=False).derive(pbe.Secret(b"", b""), 1, 20) == (
        hashlib.sha1(b"\1" * 64).digest()  # noqa: S324
    )


def test_mac_without_count_iterates_once() -> None:
    element = ber.read_ber(mac_data(algorithm(SHA1), bytes(20)))
    assert pbe.mac(element).derivation.iterations == 1


def test_pbkdf2_says_what_it_does_not_know() -> None:
    with pytest.raises(der.DerError, match="fields are missing"):
        pbe.scheme(ber.read_ber(algorithm(PBES2, tlv(0x30, pbkdf2()))))
