"""RFC 9525: which presented identifiers match which reference identifier."""

from __future__ import annotations

import ipaddress

import pytest

from check_tls_cert.x509.certificate import OID_SUBJECT_ALT_NAME, parse
from check_tls_cert.x509.identity import (
    DNS_ID,
    IP_ID,
    Identifier,
    PresentedNames,
    a_label_name,
    address_text,
    covered,
    parse_address,
    presented_matches_reference,
    presented_names,
    reference_identifier,
    u_label_hint,
)
from tests import pki
from tests.pki import tlv

NOT_A_NAME = "not a DNS name or IP address"
NUMERIC = "not a DNS name, nor an IP address in the usual spelling"
BAD_CHARACTERS = "not a DNS name: it has characters that no name may have"


def names(*dns: str, ip: tuple[str, ...] = ()) -> PresentedNames:
    return PresentedNames(dns, tuple(ipaddress.ip_address(address).packed for address in ip))


def san(*members: tuple[int, bytes]) -> bytes:
    """Return the value of a subjectAltName of members (tag, content)."""
    return tlv(0x30, b"".join(tlv(tag, content) for tag, content in members))


# Reference identifiers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("www.example.org", "www.example.org"),
        ("WWW.Example.ORG", "www.example.org"),
        ("www.example.org.", "www.example.org"),
        ("localhost", "localhost"),
        ("_sip._tcp.example.org", "_sip._tcp.example.org"),
        ("a--b.example", "a--b.example"),
        ("1.example", "1.example"),
        ("192.0.2.1.example", "192.0.2.1.example"),
        ("x" * 63 + ".example", "x" * 63 + ".example"),
        (".".join(["x" * 49] * 5) + ".xyz", ".".join(["x" * 49] * 5) + ".xyz"),  # 253 characters
        (".".join(["x" * 49] * 5) + ".xyz.", ".".join(["x" * 49] * 5) + ".xyz"),
        ("0xfg", "0xfg"),  # a digit and letters, but no number
    ],
)
def test_dns_reference_identifier(text: str, value: str) -> None:
    assert reference_identifier(text) == Identifier(DNS_ID, value, value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", NOT_A_NAME),
        (".", NOT_A_NAME),
        ("..", NOT_A_NAME),
        ("example.org..", NOT_A_NAME),
        (".example.org", NOT_A_NAME),
        ("www..example.org", NOT_A_NAME),
        ("-www.example.org", NOT_A_NAME),
        ("www-.example.org", NOT_A_NAME),
        ("w ww.example.org", NOT_A_NAME),
        (" www.example.org", NOT_A_NAME),
        ("www.example.org\n", NOT_A_NAME),
        ("www.example.org\0.example.net", NOT_A_NAME),
        ("www.example.org:443", NOT_A_NAME),
        ("https://www.example.org/", NOT_A_NAME),
        ("user@example.org", NOT_A_NAME),
        ("*.example.org", NOT_A_NAME),
        ("*", NOT_A_NAME),
        ("2001:db8::1::2", NOT_A_NAME),
        ("x" * 64 + ".example", NOT_A_NAME),
        (".".join(["x" * 49] * 5) + ".wxyz", NOT_A_NAME),  # 254 characters
        ("192.0.2", NUMERIC),
        ("192.0.2.256", NUMERIC),
        ("192.0.2.1.", NUMERIC),
        ("192.0.2.01", NUMERIC),
        ("3221225985", NUMERIC),
        ("0xC0000201", NUMERIC),
        ("192.0.2.0x1", NUMERIC),
        ("example.0x", NUMERIC),
        ("\uff11\uff19\uff12.0.2.1", NUMERIC),  # full-width digits
    ],
)
def test_what_is_neither_name_nor_address(text: str, message: str) -> None:
    """Text that some resolver would take for an address must not be looked for as a name."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole message is compared
        reference_identifier(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "value", "canonical"),
    [
        ("192.0.2.1", "c0000201", "192.0.2.1"),
        ("2001:db8::1", "20010db8000000000000000000000001", "2001:db8::1"),
        ("2001:DB8:0:0::0:1", "20010db8000000000000000000000001", "2001:db8::1"),
        ("2001:0db8:0000:0000:0000:0000:0000:0001", "20010db8000000000000000000000001", "2001:db8::1"),
        ("[2001:db8::1]", "20010db8000000000000000000000001", "2001:db8::1"),
        ("2001:db8::192.0.2.1", "20010db80000000000000000c0000201", "2001:db8::c000:201"),
        ("fe80::1%eth0", "fe800000000000000000000000000001", "fe80::1"),
        ("[fe80::1%25eth0]", "fe800000000000000000000000000001", "fe80::1"),
        ("::", "0" * 32, "::"),
    ],
)
def test_ip_reference_identifier(text: str, value: str, canonical: str) -> None:
    """RFC 9525, 6.4: what counts are the octets."""
    assert reference_identifier(text) == Identifier(IP_ID, value, canonical)


@pytest.mark.parametrize(
    "text", ["", "[]", "[2001:db8::1", "2001:db8::1]", "[[2001:db8::1]]", "www.example.org", "192.0.2.1/32", "1", "%"]
)
def test_what_is_no_address(text: str) -> None:
    assert parse_address(text) is None


def test_parse_address() -> None:
    assert parse_address("[2001:DB8::1]") == ipaddress.IPv6Address("2001:db8::1")
    assert parse_address("192.0.2.1") == ipaddress.IPv4Address("192.0.2.1")


def test_wildcard_reference_where_it_is_asked_for() -> None:
    """`--san '*.example.org'` looks for the wildcard itself."""
    wanted = Identifier(DNS_ID, "*.example.org", "*.example.org")
    assert reference_identifier("*.Example.org.", wildcard=True) == wanted
    assert a_label_name("*.b\u00fccher.example", wildcard=True) == "*.xn--bcher-kva.example"
    assert a_label_name("www.example.org", wildcard=True) == "www.example.org"


@pytest.mark.parametrize(
    "text", ["*", "*.", "w*.example.org", "*w.example.org", "*.*.example.org", "www.*.example.org", "**.example.org"]
)
def test_wildcard_reference_is_the_complete_left_most_label(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{NOT_A_NAME}$"):
        reference_identifier(text, wildcard=True)


# U-labels


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("B\u00dcCHER.EXAMPLE.", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),  # decomposed
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("stra\u00dfe.example", "xn--strae-oqa.example"),  # not strasse.example, which is another host
        ("STRA\u1e9eE.example", "xn--strae-oqa.example"),  # capital sharp s (UTS 46 since 15.1; RFC 5895, 2.1)
        ("\u03b2\u03cc\u03bb\u03bf\u03c2.example", "xn--nxasmm1c.example"),  # final sigma stays final
        ("\u0392\u039f\u03a3.example", "xn--nxa0am.example"),
        ("\u4f8b\u3048\u3002\u30c6\u30b9\u30c8", "xn--r8jz45g.xn--zckzah"),
        ("www\uff0eexample\uff61org", "www.example.org"),  # full-width and half-width dots
        ("\uff37\uff37\uff37.example", "www.example"),  # full-width letters
        ("\u212aelvin.example", "kelvin.example"),  # KELVIN SIGN
        ("\ufb01sh.example", "fish.example"),  # a ligature
        ("www.b\u00fccher.example", "www.xn--bcher-kva.example"),
        # Joiners are part of names in Persian, Hindi and Sinhala (RFC 5892, appendix A).
        ("\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example", "xn--mgba3gch31f060k.example"),
        ("\u0915\u094d\u200d\u0937.example", "xn--11b2ezcw70k.example"),
        ("\u0dc1\u0dca\u200d\u0dbb\u0dd3.example", "xn--10cl1a0b660p.example"),
    ],
)
def test_u_labels_become_a_labels(text: str, expected: str) -> None:
    """RFC 9525, 6.3: U-labels are converted to A-labels before comparison (UTS 46, non-transitional)."""
    assert a_label_name(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\u202egro.example", BAD_CHARACTERS),  # right-to-left override
        ("b\u00fc\u200bcher.example", BAD_CHARACTERS),  # zero width space
        ("b\u00fc\u200dcher.example", BAD_CHARACTERS),  # a joiner that joins nothing
        ("b\u00fc\u200ccher.example", BAD_CHARACTERS),  # a non-joiner between letters that do not join
        ("\u200d\u00fc.example", BAD_CHARACTERS),
        ("\u00fc" * 2_000, NOT_A_NAME),  # refused before it is encoded, which would take minutes
        ("b\u00fc\u00adcher.example", BAD_CHARACTERS),  # soft hyphen
        ("b\u00fc\x00cher.example", BAD_CHARACTERS),
        ("b\u00fc cher.example", BAD_CHARACTERS),
        ("b\u00fccher.\u2028example", BAD_CHARACTERS),
        ("\u0308b\u00fccher.example", BAD_CHARACTERS),  # begins with a combining mark
        ("\udcff.example", BAD_CHARACTERS),  # an argument that was not UTF-8
        ("\ue000.example", BAD_CHARACTERS),  # private use
        ("\u00fc\uff0fb.example", NOT_A_NAME),  # a full-width slash is a slash
        ("\u00fc\u3002\u3002example", NOT_A_NAME),
        ("a\u2026b.example", NOT_A_NAME),  # an ellipsis is three dots
        ("\u00fc" * 63 + ".example", NOT_A_NAME),  # longer than a label once encoded
    ],
)
def test_u_labels_that_are_none(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole message is compared
        a_label_name(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("www.example.org", ""),
        ("xn--bcher-kva.example", " (b\u00fccher.example)"),
        ("www.xn--bcher-kva.xn--zckzah", " (www.b\u00fccher.\u30c6\u30b9\u30c8)"),
        ("a.xn--.example", ""),
        ("xn--abc-.example", ""),  # decodes to ASCII: no A-label
        ("xn--a.example", ""),  # no Punycode
        ("xn--99999999.example", ""),  # a code point beyond Unicode
        ("xn--b\u00fccher.example", ""),  # as dNSNames in Latin-1 may be
        ("xn--abc-7q0a.example", ""),  # with a right-to-left override in it
        ("axn--bcher-kva.example", ""),
        ("xn--.xn--bcher-kva", " (xn--.b\u00fccher)"),
    ],
)
def test_hint_of_what_an_a_label_means(name: str, hint: str) -> None:
    assert u_label_hint(name) == hint


def test_hint_is_for_labels_of_a_length_that_labels_have() -> None:
    """A dNSName of some kilobytes of Punycode must not cost seconds: decoding takes time by the square."""
    longest = "xn--" + ("\u00fc" * 50).encode("punycode").decode("ascii")
    assert len(longest) <= 63
    assert u_label_hint(longest) == f" ({chr(0xFC) * 50})"
    too_long = "xn--" + ("\u00fc" * 80).encode("punycode").decode("ascii")
    assert len(too_long) > 63
    assert u_label_hint(too_long) == ""


def test_reference_identifier_is_called_by_both_forms() -> None:
    assert reference_identifier("b\u00fccher.example") == Identifier(
        DNS_ID, "xn--bcher-kva.example", "xn--bcher-kva.example (b\u00fccher.example)"
    )


# DNS-ID


@pytest.mark.parametrize(
    ("presented", "reference"),
    [
        ("www.example.org", "www.example.org"),
        ("WWW.EXAMPLE.ORG", "www.example.org"),
        ("localhost", "localhost"),
        ("_sip.example.org", "_sip.example.org"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("*.example.org", "www.example.org"),
        ("*.EXAMPLE.org", "www.example.org"),
        ("*.example.org", "xn--bcher-kva.example.org"),
        ("*.example.org", "_dmarc.example.org"),
        ("*.xn--bcher-kva.example", "www.xn--bcher-kva.example"),
        ("*.www.example.org", "a.www.example.org"),
        ("*.example.org", "*.example.org"),
        ("*.EXAMPLE.org", "*.example.org"),
    ],
)
def test_match(presented: str, reference: str) -> None:
    """RFC 9525, 6.3."""
    assert presented_matches_reference(presented, reference)


@pytest.mark.parametrize(
    ("presented", "reference"),
    [
        ("example.org", "www.example.org"),
        ("www.example.org", "example.org"),
        ("www.example.org", "ww.example.org"),
        ("wwwXexample.org", "www.example.org"),  # nothing here is a regular expression
        ("www.example.org", "wwwxexample.org"),
        (".*", "www.example.org"),
        ("www.example.or?", "www.example.org"),
        ("[w]ww.example.org", "www.example.org"),
        ("", "www.example.org"),
        (".", "www.example.org"),
        ("www.example.org.", "www.example.org"),  # a dNSName has no trailing dot
        (".www.example.org", "www.example.org"),
        (".example.org", "www.example.org"),
        (" www.example.org", "www.example.org"),
        ("www.example.org\n", "www.example.org"),
        ("www.example.org\0", "www.example.org"),
        ("www.example.org\0.example.net", "www.example.org"),
        ("www.example.org\0.example.net", "www.example.net"),
        ("https://www.example.org", "www.example.org"),
        ("b\u00fccher.example", "xn--bcher-kva.example"),  # a dNSName is in A-labels (RFC 5280, 7.2)
    ],
)
def test_no_match(presented: str, reference: str) -> None:
    assert not presented_matches_reference(presented, reference)


@pytest.mark.parametrize(
    ("presented", "reference"),
    [
        ("*.example.org", "example.org"),  # not no label
        ("*.example.org", "a.www.example.org"),  # not two
        ("*.example.org", "www.example.net"),
        ("*.example.org", "wwwxexample.org"),
        ("*", "www.example.org"),
        ("*", "localhost"),
        ("*.", "localhost"),
        ("*.com", "example.com"),
        ("*.org", "example.org"),
        ("*.com.", "example.com"),
        ("*.*", "example.org"),
        ("*.*.org", "www.example.org"),
        ("*.*.example.org", "a.www.example.org"),
        ("w*.example.org", "www.example.org"),
        ("*w.example.org", "www.example.org"),
        ("w*w.example.org", "www.example.org"),
        ("**.example.org", "www.example.org"),
        ("xn--*.example.org", "xn--bcher-kva.example.org"),
        ("www.*.org", "www.example.org"),
        ("www.example.*", "www.example.org"),
        ("*.example.org.", "www.example.org"),
        ("*..example.org", "www..example.org"),
        ("*.-example.org", "www.-example.org"),
        ("*.exam ple.org", "www.exam ple.org"),
        ("*.example.org\0", "www.example.org"),
        ("*example.org", "wwwexample.org"),
        ("?.example.org", "w.example.org"),
    ],
)
def test_wildcard_that_does_not_match(presented: str, reference: str) -> None:
    """RFC 9525, 6.3: the wildcard is the complete left-most label, alone, and stands for exactly one label."""
    assert not presented_matches_reference(presented, reference)


@pytest.mark.parametrize(
    ("presented", "reference"),
    [
        ("www.example.org", "*.example.org"),
        ("*.org", "*.example.org"),
        ("*.example.org", "*.www.example.org"),
        ("*.example.net", "*.example.org"),
        ("*.*.example.org", "*.example.org"),
        ("*", "*.example.org"),
        ("*.com", "*.com"),  # that one matches nothing, so a certificate with it has nothing that was required
    ],
)
def test_wildcard_reference_is_matched_by_the_same_wildcard_alone(presented: str, reference: str) -> None:
    assert not presented_matches_reference(presented, reference)


@pytest.mark.parametrize(
    "broken", ["www..example.org", "", "-www.example.org", "www.example.org.", "w ww.example", "x" * 64 + ".example"]
)
def test_equal_text_that_is_no_name_is_no_match(broken: str) -> None:
    """Whatever a caller looks for: an identifier that is malformed matches nothing."""
    assert not presented_matches_reference(broken, broken)


@pytest.mark.parametrize(
    ("presented", "reference", "expected"),
    [
        (names("a.example", "www.example.org", "b.example"), "www.example.org", True),
        (names("a.example", "b.example"), "www.example.org", False),
        (names(), "www.example.org", False),
        (names("WWW.EXAMPLE.ORG"), "www.example.org.", True),
        (names("xn--bcher-kva.example"), "B\u00fccher.example", True),
        (names("xn--strae-oqa.example"), "stra\u00dfe.example", True),
        (names("strasse.example"), "stra\u00dfe.example", False),
        (names("*.xn--bcher-kva.example"), "www.b\u00fccher.example", True),
        (names("*.example"), "b\u00fccher.example", False),
        (names(ip=("192.0.2.1",)), "www.example.org", False),
    ],
)
def test_coverage_of_names(presented: PresentedNames, reference: str, expected: bool) -> None:
    assert covered(reference_identifier(reference), presented) is expected


# IP-ID


@pytest.mark.parametrize(
    "reference",
    ["2001:db8::1", "2001:DB8::1", "[2001:db8::1]", "2001:db8::1%eth0", "[2001:DB8:0::1%1]", "2001:db8:0:0:0:0:0:1"],
)
def test_address_in_every_spelling(reference: str) -> None:
    """RFC 9525, 6.4: octets are compared."""
    assert covered(reference_identifier(reference), names(ip=("192.0.2.1", "2001:db8::1")))


@pytest.mark.parametrize(
    ("presented", "reference"),
    [
        (names("192.0.2.1"), "192.0.2.1"),  # as a dNSName: never
        (names("2001:db8::1", "[2001:db8::1]"), "2001:db8::1"),
        (names("*.0.2.1", "*"), "192.0.2.1"),
        (names(ip=("192.0.2.2",)), "192.0.2.1"),
        (names(ip=("::ffff:192.0.2.1",)), "192.0.2.1"),  # another address, and other octets
        (names(ip=("192.0.2.1",)), "::ffff:192.0.2.1"),
        (PresentedNames((), (b"192.0.2.1",)), "192.0.2.1"),  # text where octets belong
        (PresentedNames((), (b"\xc0\x00\x02\x01\xff\xff\xff\xff",)), "192.0.2.1"),  # with a mask (RFC 5280, 4.2.1.10)
        (PresentedNames((), (b"",)), "192.0.2.1"),
        (names(), "192.0.2.1"),
    ],
)
def test_address_that_does_not_match(presented: PresentedNames, reference: str) -> None:
    """RFC 9525, 6.4: an IP-ID is matched by the same octets in an iPAddress, and by nothing else."""
    assert not covered(reference_identifier(reference), presented)


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"\xc0\x00\x02\x01", "192.0.2.1"),
        (bytes.fromhex("20010db8000000000000000000000001"), "2001:db8::1"),
        (b"\xc0\x00\x02\x01\xff\xff\xff\xff", "c0000201ffffffff"),
        (b"", ""),
    ],
)
def test_text_of_an_address(octets: bytes, text: str) -> None:
    assert address_text(octets) == text


# The subjectAltName


def test_presented_names_of_a_certificate() -> None:
    site = parse(pki.end_entity(None, names=("www.example.org", "*.example.net", "192.0.2.1", "2001:db8::1")).der)
    extension = site.extension(OID_SUBJECT_ALT_NAME)
    assert extension is not None
    assert presented_names(extension) == names("www.example.org", "*.example.net", ip=("192.0.2.1", "2001:db8::1"))


def test_other_kinds_of_names_are_passed_over() -> None:
    extension = san(
        (0xA0, b"\x06\x01\x2a"),
        (0x81, b"www.example.org"),  # rfc822Name
        (0x82, b"a.example"),
        (0xA4, b"\x30\x00"),
        (0x86, b"https://www.example.org/"),  # uniformResourceIdentifier
        (0x88, b"\x2a"),
    )
    presented = presented_names(extension)
    assert presented == names("a.example")
    assert not covered(reference_identifier("www.example.org"), presented)


@pytest.mark.parametrize("extension", [san(), san((0x81, b"webmaster@example.org"))])
def test_no_names(extension: bytes) -> None:
    assert presented_names(extension) == PresentedNames((), ())


def test_names_are_kept_as_presented() -> None:
    """Case, octets that are no ASCII and NUL: it is the message that needs them, and the comparison that refuses them."""
    extension = san((0x82, b"WWW.Example.ORG"), (0x82, b"b\xfccher.example"), (0x82, b"www.example.org\0.evil.example"))
    presented = presented_names(extension)
    assert presented.dns == ("WWW.Example.ORG", "b\u00fccher.example", "www.example.org\0.evil.example")
    assert not covered(reference_identifier("b\u00fccher.example"), presented)


def test_embedded_nul_does_not_shorten_a_name() -> None:
    """Verdict: mismatch. The name ends where its DER says, not at the first NUL."""
    presented = presented_names(san((0x82, b"www.example.org\0.evil.example")))
    assert not covered(reference_identifier("www.example.org"), presented)


def test_malformed_extension_keeps_the_names_before_the_defect() -> None:
    broken = tlv(0x30, tlv(0x82, b"www.example.org") + b"\x82\x40cut")
    presented = presented_names(broken)
    assert presented == PresentedNames(("www.example.org",), (), "element cut short")
    assert covered(reference_identifier("www.example.org"), presented)


@pytest.mark.parametrize(
    ("extension", "malformed"),
    [
        (b"", "element cut short"),
        (b"\x31\x00", "tag 0x31 where 0x30 belongs"),
        (b"\x30\x10\x82", "element cut short"),
        (tlv(0x30, b"\x9f\x02\x01a"), "multi-byte tag"),
    ],
)
def test_malformed_extension(extension: bytes, malformed: str) -> None:
    assert presented_names(extension) == PresentedNames((), (), malformed)


def test_ten_thousand_names() -> None:
    extension = san(*((0x82, b"host-%d.example.org" % number) for number in range(10_000)))
    presented = presented_names(extension)
    assert len(presented.dns) == 10_000
    assert covered(reference_identifier("host-9999.example.org"), presented)
    assert not covered(reference_identifier("host-10000.example.org"), presented)
