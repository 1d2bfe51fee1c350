"""What one run with many targets costs: CPU time a target, wall time and memory, with some of the targets silent.

    python benchmarks/fleet.py [COUNT[:SILENT_PERCENT] ...]     (default: the table of README.md)

The servers are in another process, with a certificate of its own for each of some hundred names. Silent targets accept
a connection and say nothing. Every run is a process of its own: `getrusage` tells what it took.
"""

from __future__ import annotations

import os
import re
import selectors
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from OpenSSL import SSL, crypto

from benchmarks.cost import Cost, measure, program
from tests import pki
from tests.pki import Entity

#: How the program exits.
OK, CRITICAL = 0, 2

#: Of which each has its own key and certificate.
NAMES = 200

TIMEOUT = 5
DEFAULT = ("10", "100", "1000", "1000:1", "1000:10", "10000", "10000:1", "10000:10")


class Row(NamedTuple):
    """One run: how many targets, and how many in a hundred of them are silent."""

    targets: int
    percent: int = 0

    @property
    def silent(self) -> int:
        """How many of the targets are silent."""
        return self.targets * self.percent // 100


def parse_row(text: str) -> Row:
    """Return what ``text``, COUNT or COUNT:SILENT_PERCENT, asks for. Exits with the usage if it is neither."""
    found = re.fullmatch("([1-9][0-9]*)(?::([0-9]+)%?)?", text)
    if not found or int(found[2] or 0) > 100:
        raise SystemExit(f'"{text}" is not a number of targets such as 1000 or 1000:10 (10 % of them silent)')
    return Row(int(found[1]), int(found[2] or 0))


def serve(listener: socket.socket, sites: dict[str, Entity], issuing: Entity) -> None:
    """Shake hands with whoever connects, with the certificate for the name asked for, until the process ends."""
    contexts = {name.encode(): _context(site, issuing) for name, site in sites.items()}
    first = next(iter(contexts.values()))
    first.set_tlsext_servername_callback(lambda peer: peer.set_context(contexts[peer.get_servername() or b""]))
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                _accept(listener, first, selector)
            else:
                _advance(key.data, selector)


def _context(site: Entity, issuing: Entity) -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate(crypto.X509.from_cryptography(site.certificate))
    context.add_extra_chain_cert(crypto.X509.from_cryptography(issuing.certificate))
    context.use_privatekey(crypto.load_privatekey(crypto.FILETYPE_PEM, site.key_pem))
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    return context


def _accept(listener: socket.socket, context: SSL.Context, selector: selectors.BaseSelector) -> None:
    for _ in range(64):
        try:
            peer, _ = listener.accept()
        except BlockingIOError:
            return
        peer.setblocking(False)
        connection = SSL.Connection(context, peer)
        connection.set_accept_state()
        selector.register(peer, selectors.EVENT_READ, connection)


def _advance(connection: SSL.Connection, selector: selectors.BaseSelector) -> None:
    try:
        connection.do_handshake()
        connection.recv(1)
    except SSL.WantReadError:
        return
    except SSL.Error:
        pass  # it has seen enough, and closed
    selector.unregister(connection)
    connection.close()


def _hold(listener: socket.socket) -> None:
    """Accept connections and say nothing."""
    kept = []
    while True:
        kept.append(listener.accept()[0])
        del kept[:-20_000]


@contextmanager
def forked(work: object, *arguments: object) -> Iterator[int]:
    """Run ``work(listener, ...)`` in a process of its own; yields its port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(4_096)
        listener.setblocking(work is _hold)
        child = os.fork()
        if not child:
            try:
                work(listener, *arguments)  # type: ignore[operator]  # one of the two above
            finally:
                os._exit(1)
        try:
            yield listener.getsockname()[1]
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def targets(row: Row, port: int, silent_port: int) -> str:
    """Return the lines of ``row``'s targets, the silent ones spread evenly among the others."""
    lines = []
    for number in range(row.targets):
        mute = number * row.percent // 100 != (number + 1) * row.percent // 100
        name = f"host{number % NAMES}.example.org"
        node = f"node{number}.example.org:{silent_port if mute else port}"
        lines.append(f"{node} --address 127.0.0.1 --name {name} --sni {name}")
    return "\n".join(lines)


def main(rows: list[Row]) -> None:
    """Measure and print."""
    root = pki.authority()
    issuing = pki.authority("Example Issuing CA 3", root)
    names = [f"host{number}.example.org" for number in range(NAMES)]
    sites = {name: pki.end_entity(issuing, names=(name,)) for name in names}
    with (
        tempfile.TemporaryDirectory() as directory,
        forked(serve, sites, issuing) as port,
        forked(_hold) as silent,
    ):
        anchors = pki.write(Path(directory, "ca.pem"), root)
        common = [program(), "--ca-file", str(anchors), "--at", pki.EPOCH.isoformat(), "-t", str(TIMEOUT)]
        common += ["--total-timeout", "600"]
        print(f"{'targets':>8} {'silent':>7} {'CPU ms/target':>14} {'wall s':>8} {'MB':>7}")
        for row in rows:
            path = Path(directory, "targets")
            path.write_text(targets(row, port, silent))
            show(row, measure([*common, "--targets", str(path)], CRITICAL if row.silent else OK))


def show(row: Row, cost: Cost) -> None:
    """Print one row."""
    each = cost.cpu * 1000 / row.targets
    print(f"{row.targets:8} {row.percent:6}% {each:14.3f} {cost.wall:8.2f} {cost.memory:7.1f}", flush=True)


if __name__ == "__main__":
    main([parse_row(text) for text in sys.argv[1:] or DEFAULT])
