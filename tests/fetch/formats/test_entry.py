"""What all readers of files hand back, and the bounds that hold for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from check_tls_cert.fetch.formats.entry import (
    BEGIN_IN_BASE64,
    MAX_CERTIFICATES,
    Entry,
    FormatError,
    alias_of,
    bounded,
    lone,
    lost,
    refuse_too_many,
    utf8,
)
from check_tls_cert.x509.certificate import CertificateError
from tests import pki
from tests.files import SITE


@pytest.mark.parametrize(
    ("names", "alias"),
    [((), ""), (("", ""), ""), (("shop",), "shop"), (("a", "", "b"), "a b"), (("x" * 9_999, "y"), "x" * 500 + " y")],
)
def test_alias(names: tuple[str, ...], alias: str) -> None:
    """Names may be as long as the file, and are kept once for each certificate."""
    assert alias_of(*names) == alias


def test_lone() -> None:
    entry = lone("shop", SITE.der)
    assert (entry.alias, entry.is_chain) == ("shop", False)
    assert [parser().der for parser in entry.parsers] == [SITE.der]


def test_lost() -> None:
    """It is reported when it is its turn, not passed over."""
    (parser,) = lost("shop", "of another kind").parsers
    with pytest.raises(CertificateError, match=r"^of another kind$"):
        parser()


class TestBounds:
    """No file makes us hold more than any file that somebody monitors."""

    def test_as_many_as_there_may_be(self) -> None:
        entries = [lone("", b"")] * MAX_CERTIFICATES
        assert bounded(entries) == entries
        refuse_too_many(MAX_CERTIFICATES)

    def test_one_too_many(self) -> None:
        """What comes after it is not even looked for."""

        def endless() -> Iterator[Entry]:
            yield Entry("", lone("", b"").parsers * MAX_CERTIFICATES)
            yield lone("", b"")
            pytest.fail("there were too many already")

        with pytest.raises(FormatError, match="more than 10000 certificates"):
            bounded(endless())
        with pytest.raises(FormatError, match="more than 10000 certificates"):
            refuse_too_many(MAX_CERTIFICATES + 1)


@pytest.mark.parametrize("text", ["", "a", "-----BEGIN", "ä €\n"])
def test_utf8(text: str) -> None:
    """Also what PowerShell and Notepad write."""
    assert utf8(text.encode()) == text.encode()
    assert utf8(text.encode("utf-8-sig")) == text.encode()
    assert utf8(b"\xff\xfe" + text.encode("utf-16-le")) == text.encode()
    assert utf8(b"\xfe\xff" + text.encode("utf-16-be")) == text.encode()


def test_half_a_character() -> None:
    assert utf8(b"\xff\xfea\0b") == "a\ufffd".encode()


def test_how_pem_begins_in_base64() -> None:
    import base64

    assert base64.b64encode(pki.pem(SITE.der)).startswith(BEGIN_IN_BASE64)
