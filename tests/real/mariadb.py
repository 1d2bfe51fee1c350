"""MariaDB: MySQL's SSLRequest."""

from __future__ import annotations

from tests.real.server import Command, Place, Server

_SETTINGS = """\
[mariadbd]
datadir = $directory/data
tmpdir = $directory
socket = $directory/socket
pid_file = $directory/pid
bind_address = 127.0.0.1
port = $mysql
ssl_cert = $chain
ssl_key = $key
innodb_buffer_pool_size = 16M
innodb_log_file_size = 4M
performance_schema = OFF
skip_name_resolve
skip_grant_tables
"""


def _configure(place: Place) -> Command:
    place.folder("data")
    settings = place.write("my.cnf", _SETTINGS)
    return [place.program, f"--defaults-file={settings}"]


SERVER = Server("MariaDB", "10.11", "mariadbd", ("mariadb-server-core",), _configure, starttls=("mysql",))
