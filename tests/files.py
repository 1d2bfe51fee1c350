"""What the tests of check_tls_cert.fetch.formats share: a small PKI, and what was read in a form that is easily compared."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from functools import partial

from check_tls_cert.fetch import formats
from check_tls_cert.fetch.formats import Entry, FormatError
from check_tls_cert.x509.certificate import CertificateError
from tests import pki
from tests.pki import tlv
from tests.program import ROOT as PROJECT

ROOT = pki.authority("Example Root R1")
ISSUING = pki.authority("Example Issuing CA 3", ROOT)
SITE = pki.end_entity(ISSUING)
OTHER = pki.end_entity(ROOT, names=("mail.example.org",), common_name="mail.example.org")

#: What the certificates are called in what `contents` returns.
SITE_NAME, ISSUING_NAME, ROOT_NAME, OTHER_NAME = (
    "www.example.org",
    "Example Issuing CA 3",
    "Example Root R1",
    "mail.example.org",
)

#: DER whose outermost element is whole, but which is no certificate.
BROKEN = tlv(0x30, b"\x02\x01\x00")


class Asked:
    """A password that notes how often it was asked for."""

    def __init__(self, password: bytes | None) -> None:
        self.password = password
        self.times = 0

    def __call__(self) -> bytes | None:
        self.times += 1
        return self.password


def read(data: bytes, password: bytes | None = None) -> list[Entry]:
    """Return the entries of a file that some kind claims."""
    entries = formats.read_entries(data, Asked(password))
    assert entries is not None
    return entries


def common_names(entry: Entry) -> list[str]:
    """Return the common names in an entry; of what cannot be read, what the error says, behind a ``!``."""
    found = []
    for parser in entry.parsers:
        try:
            found.append(parser().name.strip('"'))
        except CertificateError as error:
            found.append(f"!{error}")
    return found


def contents(entries: Iterable[Entry]) -> list[tuple[str, list[str]]]:
    """Return alias and common names of each entry."""
    return [(entry.alias, common_names(entry)) for entry in entries]


def outcome(data: bytes, password: bytes | None = None) -> str:
    """Return what becomes of a file: whatever it is, reading it may raise nothing but FormatError."""
    try:
        entries = formats.read_entries(data, partial(_returned, password))
    except FormatError as error:
        return str(error)
    return "not claimed" if entries is None else str(contents(formats.end_entities(entries)))


def _returned(password: bytes | None) -> bytes | None:
    return password


def survives_truncation(data: bytes, password: bytes | None = None) -> None:
    """Read ``data`` cut at every octet."""
    for size in range(len(data)):
        outcome(data[:size], password)


def survives_flips(data: bytes, password: bytes | None = None) -> None:
    """Read ``data`` with each octet changed, one at a time: to 0, to 0x80 and by its lowest bit."""
    for at, octet in enumerate(data):
        for changed in {0, 0x80, octet ^ 1}:
            outcome(data[:at] + bytes((changed,)) + data[at + 1 :], password)


def indefinite(tag: int, content: bytes) -> bytes:
    """Return one BER element of indefinite length."""
    return bytes((tag, 0x80)) + content + b"\0\0"


def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER in DER."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    content = b""
    for arc in (40 * first + second, *rest):
        octets = [arc & 0x7F]
        while arc > 0x7F:
            arc >>= 7  # noqa: PLW2901  # its octets are taken from the lowest up
            octets.append(0x80 | arc & 0x7F)
        content += bytes(reversed(octets))
    return tlv(0x06, content)


def modules_after_reading(data: bytes) -> set[str]:
    """Return the names of our modules that a process imports in order to read ``data``."""
    script = (
        "import json, sys\nfrom check_tls_cert.fetch import formats\nbefore = set(sys.modules)\n"
        "formats.read_entries(sys.stdin.buffer.read(), lambda: None)\nprint(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", script], input=data, capture_output=True, check=True, cwd=PROJECT)
    return {name for name in json.loads(done.stdout) if name.startswith("check_tls_cert.")}
