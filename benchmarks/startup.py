"""Wall and CPU time and memory of one OK check, in turns with the floor: the same imports, and one handshake.

    python benchmarks/startup.py [ROUNDS]

The floor starts and ends as the program does: it collects no garbage, and does not take the interpreter apart. What the
program costs above it is what we wrote. Prints the medians and the ratio of check to floor: on a noisy machine, only
the ratio means something.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.cost import measure, median, program
from tests import pki, servers

FLOOR = """\
import gc
gc.disable()
import argparse, nagiosplugin, OpenSSL.SSL, cryptography.x509
import os, socket, sys
from OpenSSL import SSL
peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
connection = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD), peer)
connection.set_connect_state()
connection.do_handshake()
os._exit(0)
"""


def main(rounds: int) -> None:
    """Measure in turns and print."""
    root = pki.authority()
    issuing = pki.authority("Example Issuing CA 3", root)
    site = pki.end_entity(issuing)
    with tempfile.TemporaryDirectory() as directory, servers.tls(site, issuing) as port:
        anchors = pki.write(Path(directory, "ca.pem"), root)
        check = [program(), "-H", f"127.0.0.1:{port}", "--name", "www.example.org", "--ca-file", str(anchors)]
        check += ["--at", pki.EPOCH.isoformat()]
        script = Path(directory, "floor.py")  # a file, as the program is one
        script.write_text(FLOOR)
        floor = [sys.executable, str(script), str(port)]
        costs = [(measure(floor), measure(check)) for _ in range(rounds)]
    below, above = (median(list(column)) for column in zip(*costs))
    print(f"{'':8} {'wall ms':>8} {'CPU ms':>8} {'MB':>6}   medians of {rounds} rounds in turns")
    for label, cost in (("floor", below), ("check", above)):
        print(f"{label:8} {cost.wall * 1000:8.1f} {cost.cpu * 1000:8.1f} {cost.memory:6.1f}")
    print(f"{'ratio':8} {above.wall / below.wall:8.2f} {above.cpu / below.cpu:8.2f} {above.memory / below.memory:6.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
