"""The oracle: what holds for every run of the program, whatever a peer, a file or the command line says.

Exit 0 to 3; one status line first that agrees with it; printable ASCII alone, no bar but the one before well-formed
performance data; at most 8 KB of text; no traceback, no fault of our own, nothing on stderr; in time and in little
memory. And never OK for what plain OpenSSL refuses, or for a name that RFC 9525 does not match.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import ipaddress
import json
import re
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from OpenSSL import SSL, crypto

from check_tls_cert import cli
from check_tls_cert.options import wanted
from tests.fuzz import mutations
from tests.pki import EPOCH
from tests.program import AT

STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
MAX_TEXT = 8_192
MAX_MEMORY = 150 * 2**20
#: What the program needs before it has read anything; this process has it already.
_MEMORY_AT_START = 32 * 2**20
#: Seconds that a run may take beyond its deadline: whatever else the machine is doing meanwhile.
GRACE = 5.0
DEADLINE = 10.0

_STATUS = re.compile(r"TLS_CERT (OK|WARNING|CRITICAL|UNKNOWN) - .")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_PERFDATA = re.compile(r"[a-z_]+=-?[0-9.]+[a-z%]*(;[-@~0-9.:]*){0,4}")
_FAULTS = ("Traceback", "internal error, please report it")

#: How the help and the version begin, which are no status.
_DOCUMENTATION = ("usage: check_tls_cert", "check_tls_cert 0.")

#: How many runs there were, by the module of the test.
executions: Counter[str] = Counter()


class Outcome(NamedTuple):
    """What came of one run."""

    code: int
    out: str

    @property
    def state(self) -> str:
        """The state that the exit code stands for."""
        return STATES[self.code]

    @property
    def verdict(self) -> dict[str, Any]:
        """The object of a run with --output json."""
        found: dict[str, Any] = json.loads(self.out)
        return found


def run(counted_as: str, *arguments: str, deadline: float = DEADLINE) -> Outcome:
    """Run the program in this process, hold it to everything that holds for all runs, and return what came of it."""
    executions[counted_as.rpartition(".")[2]] += 1
    out, err = io.StringIO(), io.StringIO()
    code: object = None
    before = _memory("VmRSS", reset=True)
    start = time.monotonic()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # as the start of the program does
        try:
            code = cli.main(arguments)
        except SystemExit as exited:
            code = exited.code
    seconds = time.monotonic() - start
    memory = _memory("VmHWM") - before + _MEMORY_AT_START
    assert code in range(4), code
    assert err.getvalue() == ""
    assert seconds < deadline + GRACE, f"{seconds:.1f} s"
    assert memory < MAX_MEMORY, f"{memory // 2**20} MiB"
    outcome = Outcome(int(str(code)), out.getvalue())
    if not outcome.out.startswith(_DOCUMENTATION):
        _HOLD[wanted.wanted_format(arguments)](outcome)
    return outcome


def _memory(field: str, *, reset: bool = False) -> int:
    """Return what this process uses, or used at most (VmHWM) since it was last asked to ``reset`` that, in octets."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    found = re.search(rf"^{field}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found.group(1)) * 1024


def _hold_text(outcome: Outcome) -> None:
    text = outcome.out
    assert text.endswith("\n")
    assert len(text) <= MAX_TEXT
    first, *rest = text[:-1].split("\n")
    found = _STATUS.match(first)
    assert found is not None, first[:100]
    assert found.group(1) == outcome.state
    assert all(_PRINTABLE.fullmatch(line) for line in (first, *rest))
    assert not any("|" in line for line in rest)
    said, bar, perfdata = first.partition(" | ")
    assert "|" not in said + perfdata
    assert not bar or all(_PERFDATA.fullmatch(one) for one in perfdata.split(" ")), perfdata
    assert not any(fault in text for fault in _FAULTS)


def _hold_json(outcome: Outcome) -> None:
    assert outcome.out.endswith("\n")
    assert _PRINTABLE.fullmatch(outcome.out[:-1])
    verdict = outcome.verdict
    assert (verdict["state"], verdict["exit_code"]) == (outcome.state, outcome.code)
    assert not any(fault in outcome.out for fault in _FAULTS)
    assert all(_PRINTABLE.fullmatch(text) for text in _strings(verdict))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _strings(member)


def _hold_openmetrics(outcome: Outcome) -> None:
    lines = outcome.out.split("\n")
    assert lines[-2:] == ["# EOF", ""]
    assert all(_PRINTABLE.fullmatch(line) for line in lines)
    assert all(re.match(r"# (TYPE|HELP|UNIT|EOF)|[a-z0-9_]+(\{.*\})? -?[0-9.e+-]+", line) for line in lines[:-1])


_HOLD = {"text": _hold_text, "json": _hold_json, "openmetrics": _hold_openmetrics}


# The differential oracle


def hold_to_openssl(
    counted_as: str,
    target: Sequence[str],
    presented: Sequence[bytes],
    anchors: Path,
    trusted: Sequence[bytes],
    name: str,
) -> Outcome:
    """Run the program on ``target``, and if it finds no fault with path or name, ask others for theirs.

    ``presented`` and ``trusted`` are the DER that the target presents and that is in the file at ``anchors``.
    """
    outcome = run(counted_as, *target, "--ca-file", str(anchors), "--name", name, *AT, "--output", "json")
    verdict = outcome.verdict
    metrics = {metric: found["value"] for metric, found in verdict["metrics"].items()}
    if outcome.state == "OK":
        assert metrics["chain_valid"] == 1
        assert metrics["hostname_match"] == 1
        whole = [mutations.first(der) for der in (*presented, *trusted)]  # without what may stand behind it
        known = {hashlib.sha256(der).hexdigest(): der for der in whole}
        found = [known[one["sha256_fingerprint"]] for one in verdict["path"]]
        assert found[0] == whole[0]
        assert found[-1] in trusted
        # OpenSSL tries one path alone, so it is also asked about the one that we found.
        assert any(
            openssl_accepts(presented[0], above, anchored)
            for above, anchored in ((presented[1:], trusted), (found[1:-1], found[-1:]))
        )
    if metrics.get("hostname_match") == 1:
        assert rfc_9525_accepts(presented[0], name)
    return outcome


def openssl_accepts(site: bytes, above: Sequence[bytes], trusted: Sequence[bytes]) -> bool:
    """Tell whether plain OpenSSL accepts a path for a TLS server at the time of the tests."""
    store = crypto.X509Store()
    store.set_time(EPOCH)
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    SSL._lib.X509_STORE_set_purpose(store._store, SSL._lib.X509_PURPOSE_SSL_SERVER)  # type: ignore[attr-defined]
    for der in trusted:
        store.add_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, der))
    try:
        loaded = crypto.load_certificate(crypto.FILETYPE_ASN1, site)
        crypto.X509StoreContext(store, loaded, list(_readable(above))).verify_certificate()
    except (crypto.Error, crypto.X509StoreContextError):
        return False
    return True


def _readable(certificates: Sequence[bytes]) -> Iterator[crypto.X509]:
    for der in certificates:
        with contextlib.suppress(crypto.Error):
            yield crypto.load_certificate(crypto.FILETYPE_ASN1, der)


def rfc_9525_accepts(site: bytes, name: str) -> bool:
    """Tell whether a certificate is for ``name``, with cryptography to read it; if it cannot, whether it may be."""
    try:
        extension = x509.load_der_x509_certificate(site).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return False
    except (ValueError, TypeError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return _spelled(site, name)
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(name) in extension.value.get_values_for_type(x509.IPAddress)
    parent = name.partition(".")[2]
    presented = [one.lower() for one in extension.value.get_values_for_type(x509.DNSName)]
    return name in presented or (f"*.{parent}" in presented and "." in parent)


def _spelled(site: bytes, name: str) -> bool:
    """Tell whether the octets of ``name``, or of its wildcard, are in a certificate at all."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(name).packed in site
    return name.encode() in site.lower() or b"*." + name.partition(".")[2].encode() in site.lower()
