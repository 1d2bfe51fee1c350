"""Makes the man page and the shell completions from the parser while the package is built; setup.cfg has the rest."""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent

#: Where setup.cfg's data_files expect them.
DOCUMENTS = HERE / "build" / "documents"


def make_documents(directory: Path) -> None:
    """Write the man page and the completions for bash and zsh into ``directory``."""
    sys.path.insert(0, str(HERE))
    import shtab

    try:
        from argparse_manpage.manpage import Manpage
    except ModuleNotFoundError:
        from build_manpages.manpage import Manpage  # its name up to version 2; Debian 12 has 1.2.2

    from check_tls_cert.options import parser

    directory.mkdir(parents=True, exist_ok=True)
    parser = parser.build_parser()
    (directory / "check_tls_cert.1").write_text(str(Manpage(parser)))
    for action in parser._actions:  # noqa: SLF001  # argparse has no other way to list them
        if action.metavar in ("PATH", "DIRECTORY"):
            action.complete = shtab.FILE if action.metavar == "PATH" else shtab.DIRECTORY  # type: ignore[attr-defined]
    (directory / "check_tls_cert").write_text(shtab.complete(parser, shell="bash"))  # noqa: S604  # its name
    (directory / "_check_tls_cert").write_text(shtab.complete(parser, shell="zsh"))  # noqa: S604  # its name


class Build(build_py):
    """Builds the package, and what documents it."""

    def run(self) -> None:
        """Build the package, then what documents it."""
        super().run()
        make_documents(DOCUMENTS)


if __name__ == "__main__":
    setup(cmdclass={"build_py": Build})
