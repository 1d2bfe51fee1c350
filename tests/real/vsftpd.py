"""vsftpd: FTP with AUTH TLS."""

from __future__ import annotations

from tests.real.server import Command, Place, Server

_SETTINGS = """\
listen=YES
listen_address=127.0.0.1
listen_port=$ftp
background=NO
anonymous_enable=YES
anon_root=$directory/files
secure_chroot_dir=$directory/empty
ssl_enable=$tls
allow_anon_ssl=YES
rsa_cert_file=$chain
rsa_private_key_file=$key
vsftpd_log_file=$directory/log
"""


def _configure(place: Place) -> Command:
    place.folder("files")
    place.folder("empty")
    return [place.program, place.write("vsftpd.conf", _SETTINGS, tls="YES" if place.tls else "NO")]


SERVER = Server("vsftpd", "3.0.3", "vsftpd", ("vsftpd",), _configure, starttls=("ftp",), needs_root=True)
