"""Postfix: SMTP with STARTTLS, as a relay and for submission, and with TLS from the first octet."""

from __future__ import annotations

import os
import shutil

from tests.real.server import Command, Place, Server

_MAIN = """\
compatibility_level = 3.6
queue_directory = $directory/queue
data_directory = $directory/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = www.example.org
mydestination = localhost
alias_maps =
alias_database =
smtpd_peername_lookup = no
maillog_file = $directory/log
maillog_file_prefixes = $directory
smtpd_tls_chain_files = $key, $chain
smtpd_tls_security_level = $level
"""

# Only what a connection needs that never gets as far as a message.
_MASTER = """\
127.0.0.1:$smtp inet n - n - - smtpd
127.0.0.1:$submission inet n - n - - smtpd -o smtpd_tls_security_level=$demanded
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
proxymap unix - - n - - proxymap
rewrite unix - - n - - trivial-rewrite
tlsmgr unix - - n 1000? 1 tlsmgr
"""

_WRAPPED = "127.0.0.1:$smtps inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n"


def _configure(place: Place) -> Command:
    settings = place.folder("etc")
    # What `postfix check` makes, as far as it is needed.
    for folder in ("queue", "queue/pid", "queue/private", "queue/public", "data"):
        shutil.chown(place.folder(folder), "root" if folder in ("queue", "queue/pid") else "postfix")
    main = place.write("etc/main.cf", _MAIN, level="may" if place.tls else "none")
    # Postfix lets two seconds pass before it trusts a file that was changed just now.
    os.utime(main, (0, 0))
    place.write("etc/master.cf", _MASTER + (_WRAPPED if place.tls else ""), demanded="encrypt" if place.tls else "none")
    return [place.program, "-c", settings, "-d"]


SERVER = Server(
    "Postfix",
    "3.7.11",
    "/usr/lib/postfix/sbin/master",
    ("postfix",),
    _configure,
    starttls=("smtp", "submission"),
    implicit=("smtps",),
    needs_root=True,
)
