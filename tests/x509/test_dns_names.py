"""DNS names: U-labels to A-labels and back."""

from __future__ import annotations

import pytest

from check_tls_cert.x509 import dns_names
from check_tls_cert.x509.dns_names import a_label_name, u_label_hint

NOT_A_NAME = "not a DNS name or IP address"
NUMERIC = "not a DNS name, nor an IP address in the usual spelling"
BAD_CHARACTERS = "not a DNS name: it has characters that no name may have"


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
        ("\u00fc" * 64 + ".example", NOT_A_NAME),
        ("\u0308" + "\u00fc" * 62 + ".example", BAD_CHARACTERS),  # what is worse is said first
        ("\u2ff0.example", BAD_CHARACTERS),  # visible, but UTS 46 has no such characters in names
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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (".".join(["x" * 49] * 5) + ".wxyz", NOT_A_NAME),  # 254 characters
        ("www..example.org", NOT_A_NAME),
        ("www-.example.org", NOT_A_NAME),
        ("192.0.2.01", NUMERIC),
        ("0x7f.0x1", NUMERIC),
    ],
)
def test_text_that_is_not_a_name(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole message is compared
        a_label_name(text)
    assert str(caught.value) == message


def test_longest_name() -> None:
    longest = ".".join(["x" * 49] * 5) + ".xyz"
    assert len(longest) == 253
    assert a_label_name(longest + ".") == longest


def test_wildcard_where_it_is_asked_for() -> None:
    """The complete left-most label, and not the only one."""
    assert a_label_name("*.Example.org.", wildcard=True) == "*.example.org"
    assert a_label_name("*.example", wildcard=True) == "*.example"
    for text, wildcard in [("*.example.org", False), ("*", True), ("*.*.example", True), ("www.*.example", True)]:
        with pytest.raises(ValueError, match=f"^{NOT_A_NAME}$"):
            a_label_name(text, wildcard)
    with pytest.raises(ValueError, match=f"^{NOT_A_NAME}$"):
        a_label_name("*.example.org")  # unless it is asked for, it is not allowed


def test_names_are_bounded_before_they_are_mapped() -> None:
    """Variation selectors vanish when a name is mapped, so that length before and after differ."""
    ignored = "\ufe0f"
    assert a_label_name("\u00fc" + ignored * 1_023) == "xn--tda"
    with pytest.raises(ValueError, match=f"^{NOT_A_NAME}$"):
        a_label_name("\u00fc" + ignored * 1_024)


def a_label(label: str) -> str:
    """Return an A-label by Python's own Punycode, whatever its length."""
    return "xn--" + label.encode("punycode").decode("ascii")


def test_hint_up_to_the_longest_label_there_can_be() -> None:
    longest = "a" * 54 + "\u00fc\u00fc"
    assert len(a_label(longest)) == 63
    assert u_label_hint(a_label(longest)) == f" ({longest})"
    too_long = "a" * 55 + "\u00fc\u00fc"
    assert len(a_label(too_long)) == 64
    assert u_label_hint(a_label(too_long)) == ""


def test_joiner_beside_a_character_that_unicode_does_not_have() -> None:
    """`idna` has no answer then; what is unknown joins nothing."""
    assert not dns_names._joins("\u0378\u200d", 1)
