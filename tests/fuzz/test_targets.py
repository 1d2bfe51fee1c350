"""Files of targets: any octets, lines, and options; each line that is one is a target with a verdict."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.invariants import run
from tests.program import AT

#: Where nothing listens; and no line may name another, for that would be asked of name servers.
NOWHERE = ("--address", "127.0.0.1", "-p", "1", "-t", "5", "--perfdata", "aggregate")

_HOSTS = st.sampled_from(
    ("www.example.org", "b.example:8443", "[::1]:25", "127.0.0.1", "b\u00fccher.example", "x" * 300, "a:b:c", "-", "''")
)
_OPTIONS = st.sampled_from(
    (
        *("-w 21", "-c 7", "-w 5 -c 10", "--name x.example", "--san a,b", "--sni ''", "--starttls smtp"),
        *("--starttls nonsense", "--ca-file /dev/null", "--timeout 1", "--file x", "-H b", "--output json", "-v", "-h"),
        *("--alpn h2", "--dtls", "--both-key-types", "--expiry-critical=default", "--accept x", "--profile webpki"),
    )
)
_NOISE = st.text(st.characters(exclude_characters="\n\0"), max_size=20).filter(lambda text: "-" not in text)
_LINES = st.one_of(
    st.builds(lambda host, options: " ".join([host, *options]), _HOSTS, st.lists(_OPTIONS, max_size=4)),
    st.builds("{} {}".format, _HOSTS, _NOISE),
    st.sampled_from(("", "#", "  # x", "\t", "www.example.org # x", "'", '"', "\\", "a\\", "\ufeff", "x" * 9_000)),
)
_WHOLE = st.builds(
    lambda mark, lines, end: mark + end.join(lines).encode("utf-8", "surrogatepass"),
    st.sampled_from((b"", b"\xef\xbb\xbf", b"\xff\xfe")),
    st.lists(_LINES, max_size=12),
    st.sampled_from(("\n", "\r\n")),
)


@given(_WHOLE | st.binary(max_size=200).filter(lambda data: b"-" not in data))
def test_files(directory: Path, data: bytes) -> None:
    """None is OK, since nothing listens; and none is lost."""
    path = directory / "targets"
    path.write_bytes(data)
    outcome = run(__name__, "--targets", str(path), *NOWHERE, *AT)
    assert outcome.state != "OK"
    found = re.search(r"\| targets=([0-9]+);;;0 targets_bad=([0-9]+);", outcome.out)
    if found is None:
        assert re.match('TLS_CERT UNKNOWN - usage: --targets: ".*targets" contains no target', outcome.out)
        assert not re.search(rb"^[a-z]", data, re.MULTILINE)
    else:
        lines = [line for line in data.split(b"\n") if re.match(rb"[a-z]", line)]
        repeated = outcome.out.count(": duplicate of ")
        assert len(set(lines)) - repeated <= int(found.group(1)) == int(found.group(2)) <= data.count(b"\n") + 1
