"""The servers there are."""

from __future__ import annotations

from tests.real import (
    dovecot,
    haproxy,
    inn,
    inspircd,
    mariadb,
    mosquitto,
    nginx,
    postfix,
    postgresql,
    prosody,
    slapd,
    vsftpd,
    xrdp,
)

SERVERS = tuple(
    module.SERVER
    for module in (
        postfix, dovecot, vsftpd, slapd, postgresql, mariadb, prosody, inn, inspircd, xrdp, mosquitto, nginx, haproxy,
    )
)  # fmt: skip
