"""PostgreSQL: SSLRequest."""

from __future__ import annotations

from pathlib import Path

from tests.real.server import Command, Place, Server

# Debian's package has it in a directory named for its version, and not on PATH.
_PROGRAM = next((str(path) for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")), "postgres")

# Shared memory in files: a container's /dev/shm is not always open to everybody.
_SETTINGS = """
listen_addresses = '127.0.0.1'
port = $postgres
unix_socket_directories = '$directory'
shared_buffers = 8MB
dynamic_shared_memory_type = mmap
fsync = off
ssl = on
ssl_cert_file = '$chain'
ssl_key_file = '$key'
"""


def _configure(place: Place) -> Command:
    data = place.directory / "data"
    place.run(Path(place.program).with_name("initdb"), "-D", data, "-U", "postgres", "-A", "trust", "--no-sync")
    place.write("data/postgresql.conf", _SETTINGS)
    return [place.program, "-D", data]


SERVER = Server("PostgreSQL", "15", _PROGRAM, ("postgresql",), _configure, starttls=("postgres",))
