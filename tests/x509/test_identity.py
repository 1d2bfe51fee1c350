"""RFC 9525: which presented identifiers match which reference identifier."""

from __future__ import annotations

import ipaddress

import pytest

from check_tls_cert.x509.general_names import PresentedNames
from check_tls_cert.x509.identity import (
    DNS_ID,
    IP_ID,
    Identifier,
    covered,
    parse_address,
    presented_matches_reference,
    reference_identifier,
)

NOT_A_NAME = "not a DNS name or IP address"
NUMERIC = "not a DNS name, nor an IP address in the usual spelling"


def names(*dns: str, ip: tuple[str, ...] = ()) -> PresentedNames:
    return PresentedNames(dns, tuple(ipaddress.ip_address(address).packed for address in ip))


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
    """RFC 9525, 6.4: what counts are the bytes."""
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
    assert reference_identifier("*.b\u00fccher.example", wildcard=True).value == "*.xn--bcher-kva.example"
    assert reference_identifier("www.example.org", wildcard=True).value == "www.example.org"


@pytest.mark.parametrize(
    "text", ["*", "*.", "w*.example.org", "*w.example.org", "*.*.example.org", "www.*.example.org", "**.example.org"]
)
def test_wildcard_reference_is_the_complete_left_most_label(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{NOT_A_NAME}$"):
        reference_identifier(text, wildcard=True)


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
    """RFC 9525, 6.4: bytes are compared."""
    assert covered(reference_identifier(reference), names(ip=("192.0.2.1", "2001:db8::1")))


@pytest.mark.parametrize(
    ("presented", "reference"),
    [
        (names("192.0.2.1"), "192.0.2.1"),  # as a dNSName: never
        (names("2001:db8::1", "[2001:db8::1]"), "2001:db8::1"),
        (names("*.0.2.1", "*"), "192.0.2.1"),
        (names(ip=("192.0.2.2",)), "192.0.2.1"),
        (names(ip=("::ffff:192.0.2.1",)), "192.0.2.1"),  # another address, and other bytes
        (names(ip=("192.0.2.1",)), "::ffff:192.0.2.1"),
        (PresentedNames((), (b"192.0.2.1",)), "192.0.2.1"),  # text where bytes belong
        (PresentedNames((), (b"\xc0\x00\x02\x01\xff\xff\xff\xff",)), "192.0.2.1"),  # with a mask (RFC 5280, 4.2.1.10)
        (PresentedNames((), (b"",)), "192.0.2.1"),
        (names(), "192.0.2.1"),
    ],
)
def test_address_that_does_not_match(presented: PresentedNames, reference: str) -> None:
    """RFC 9525, 6.4: an IP-ID is matched by the same bytes in an iPAddress, and by nothing else."""
    assert not covered(reference_identifier(reference), presented)
