"""Dovecot: IMAP, POP3, ManageSieve and LMTP with STARTTLS, and IMAP and POP3 with TLS from the first octet."""

from __future__ import annotations

from tests.real.server import Command, Place, Server

_SETTINGS = """\
base_dir = $directory/run
state_dir = $directory/state
instance_name = real
log_path = /dev/stderr
protocols = imap pop3 lmtp sieve
listen = 127.0.0.1
default_vsz_limit = 256M
mail_location = maildir:$directory/mail/%u
passdb {
  driver = static
  args = password=x
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=$directory/mail/%u
}
service lmtp {
  inet_listener lmtp {
    port = $lmtp
  }
}
service managesieve-login {
  inet_listener sieve {
    port = $sieve
  }
}
"""

_TLS = """\
ssl = yes
ssl_cert = <$chain
ssl_key = <$key
service imap-login {
  inet_listener imap {
    port = $imap
  }
  inet_listener imaps {
    port = $imaps
    ssl = yes
  }
}
service pop3-login {
  inet_listener pop3 {
    port = $pop3
  }
  inet_listener pop3s {
    port = $pop3s
    ssl = yes
  }
}
"""

_NO_TLS = """\
ssl = no
service imap-login {
  inet_listener imap {
    port = $imap
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  inet_listener pop3 {
    port = $pop3
  }
  inet_listener pop3s {
    port = 0
  }
}
"""


def _configure(place: Place) -> Command:
    place.folder("mail")
    settings = place.write("dovecot.conf", _SETTINGS + (_TLS if place.tls else _NO_TLS))
    return [place.program, "-F", "-c", settings]


SERVER = Server(
    "Dovecot",
    "2.3.19",
    "dovecot",
    ("dovecot-imapd", "dovecot-pop3d", "dovecot-lmtpd", "dovecot-managesieved"),
    _configure,
    starttls=("imap", "pop3", "sieve", "lmtp"),
    implicit=("imaps", "pop3s"),
    needs_root=True,
)
