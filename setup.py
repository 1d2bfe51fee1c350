"""Makes the man page and the shell completions from the parser while the package is built; setup.cfg has the rest.

With SOURCE_DATE_EPOCH set, what is built is the same to the byte wherever and whenever it is built.
"""

from __future__ import annotations

import gzip
import os
import re
import sys
import tarfile
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent

#: Where setup.cfg's data_files expect them.
DOCUMENTS = HERE / "build" / "documents"

#: What argparse knows nothing of.
MAN_SECTIONS = r"""
.SH EXIT STATUS
.TP
0
OK
.TP
1
WARNING
.TP
2
CRITICAL
.TP
3
UNKNOWN: could not tell, wrong usage, \-\-help or \-\-version
.SH ENVIRONMENT
.TP
.B CHECK_TLS_CERT_PASSWORD
the password of \-\-client\-key, or of keystores, without \-\-password\-file
.TP
.B CHECK_TLS_CERT_PROXY_PASSWORD
the password of \-\-proxy, without \-\-proxy\-password\-file
.TP
.BR https_proxy ", " no_proxy
the proxy of \-\-proxy env, and the hosts that are reached without it
.SH FILES
.TP
.I /etc/ssl/certs
the system's trust anchors on Debian and many others; see \-\-ca\-file and \-\-ca\-path
.SH SEE ALSO
.BR openssl\-verify (1ssl)
"""


def make_documents(directory: Path) -> None:
    """Write the man page and the completions for bash and zsh into ``directory``."""
    sys.path.insert(0, str(HERE))
    import shtab

    from check_tls_cert.options.parser import build_parser

    directory.mkdir(parents=True, exist_ok=True)
    (directory / "check_tls_cert.1").write_text(manual())
    parser = build_parser()
    for action in parser._actions:  # noqa: SLF001  # argparse has no other way to list them
        if action.metavar in ("PATH", "DIRECTORY"):
            action.complete = shtab.FILE if action.metavar == "PATH" else shtab.DIRECTORY  # type: ignore[attr-defined]
    (directory / "check_tls_cert").write_text(shtab.complete(parser, shell="bash"))  # noqa: S604  # its name
    (directory / "_check_tls_cert").write_text(shtab.complete(parser, shell="zsh"))  # noqa: S604  # its name


def manual() -> str:
    """Return the man page: the options by argparse-manpage, the rest from the program's own help."""
    try:
        from argparse_manpage.manpage import Manpage
    except ModuleNotFoundError:
        from build_manpages.manpage import Manpage  # its name up to version 2; Debian 12 has 1.2.2

    from check_tls_cert import __version__
    from check_tls_cert.options.parser import EPILOG, build_parser

    parser = build_parser()
    parser.epilog = None
    options = str(Manpage(parser))
    body = options[options.index(".SH SYNOPSIS") :].rstrip()
    head = [
        f'.TH CHECK_TLS_CERT 1 "" "check_tls_cert {__version__}" "User Commands"',
        ".SH NAME",
        r"check_tls_cert \- check the TLS certificates of servers and files, for Icinga, Nagios and Zabbix",
    ]
    ranges, _, examples = EPILOG.partition("examples:\n")
    told = [".SH RANGES", _escaped(" ".join(ranges.partition(":\n")[2].split())), ".SH EXAMPLES"]
    for command, meaning in re.findall(r"^  (check_tls_cert .*)\n      (.*)$", examples, re.MULTILINE):
        told += [".TP", rf"\fB{_escaped(command)}\fR", _escaped(meaning)]
    return "\n".join([*head, body, *told]) + MAN_SECTIONS


def _escaped(text: str) -> str:
    """Return ``text`` with what roff would take for markup made plain."""
    return text.replace("\\", r"\e").replace("-", r"\-")


class Build(build_py):
    """Builds the package, and what documents it."""

    def run(self) -> None:
        """Build the package, then what documents it."""
        super().run()
        make_documents(DOCUMENTS)


class Archive(sdist):
    """Makes the source archive, of which setuptools would say when and by whom it was made."""

    def make_archive(self, *arguments: object, **options: object) -> str:
        """Make the archive, and make it again without its time and owner if SOURCE_DATE_EPOCH asks for that."""
        path: str = super().make_archive(*arguments, **options)
        epoch = os.environ.get("SOURCE_DATE_EPOCH")
        if epoch is not None and path.endswith(".tar.gz"):
            _forget_origin(Path(path), int(epoch))
        return path


def _forget_origin(path: Path, epoch: int) -> None:
    """Write an archive anew: in the order of names, with the time ``epoch``, and nobody's."""
    anew = path.with_suffix(".new")
    with (
        tarfile.open(path) as archive,
        anew.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=epoch) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as again,
    ):
        for member in sorted(archive.getmembers(), key=lambda one: one.name):
            plain = tarfile.TarInfo(member.name)
            plain.type, plain.size, plain.mtime = member.type, member.size, epoch
            plain.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            again.addfile(plain, archive.extractfile(member))
    anew.replace(path)


if __name__ == "__main__":
    setup(cmdclass={"build_py": Build, "sdist": Archive})
