"""Two checks of an installed plugin, as a monitor runs it: one that is OK, one that must not be.

    python3 -m tests.debian.checks /usr/lib/nagios/plugins/check_tls_cert

run.sh runs it where only the Debian package is installed. Not by pytest, and by the clock, as users do: the certificates
are made for today.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from tests.pki import authority, days, end_entity, write
from tests.servers import tls


def main(plugin: str) -> int:
    """Check an endpoint on loopback with ``plugin``, and return 1 if it said anything but what it should."""
    now = datetime.now(timezone.utc)
    ours, other = (
        authority(name, not_before=now - days(1000), not_after=now + days(2000))
        for name in ("Example R1", "Example R2")
    )
    site = end_entity(ours, names=("localhost",), common_name=None, not_before=now - days(30), not_after=now + days(60))
    failed = 0
    with tempfile.TemporaryDirectory() as directory, tls(site) as port:
        for anchor, code, state in ((ours, 0, "OK"), (other, 2, "CRITICAL")):
            anchors = write(Path(directory, f"{state}.pem"), anchor)
            done = subprocess.run(
                [plugin, "-H", f"localhost:{port}", "--ca-file", anchors],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
                env={},  # monitors give next to none
            )
            sys.stdout.write(done.stdout + done.stderr)
            if done.returncode != code or not done.stdout.startswith(f"TLS_CERT {state} - ") or done.stderr:
                sys.stdout.write(
                    f"expected {state} with exit code {code}, and nothing on stderr; it was {done.returncode}\n"
                )
                failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
