"""Files of certificates as a source: paths, patterns, directories; ``-`` is stdin. `formats` knows what they hold."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch import formats, reading
from check_tls_cert.fetch.formats import Entry, FormatError
from check_tls_cert.fetch.parsing import parse_chain
from check_tls_cert.model.finding import Finding
from check_tls_cert.model.findings import FILE_NO_CERTIFICATE, FILE_NOT_UNDERSTOOD, FILE_TOO_LARGE, FILE_UNREADABLE
from check_tls_cert.model.presented import Explained, Note, Presented
from check_tls_cert.model.settings import PASSWORD_VARIABLE
from check_tls_cert.model.target import Options
from check_tls_cert.text import fixed, printable, quoted
from check_tls_cert.x509 import der
from check_tls_cert.x509.certificate import MAX_SIZE
from check_tls_cert.x509.pem import blocks

#: More than a file of certificates has.
MAX_FILE_BYTES = 16_777_216

#: More files than any directory of certificates has; and what those with certificates may hold together, in bytes and
#: in certificates, because all of it is in memory at once.
MAX_FILES = 10_000
MAX_HELD_BYTES = 33_554_432
MAX_HELD_CERTIFICATES = 10_000


class _File(NamedTuple):
    """One file that was read."""

    path: str
    #: What it holds.
    entries: tuple[Entry, ...] = ()
    #: Why that is nothing.
    failure: Finding | None = None
    #: In bytes.
    size: int = 0


def acquire(options: Options, deadline: Deadline) -> tuple[Presented, ...]:
    """Return the chains in the files that are the target, in the order of the files."""
    return read_files(options.target.paths, options.target.way.password_file, deadline)


def read_files(paths: Sequence[str], password_file: str, deadline: Deadline) -> tuple[Presented, ...]:
    """Return the chains in the files at ``paths``; ``password_file`` is the path of what opens keystores, if any.

    In a directory, or where a pattern matches it, a file without certificates (a key) is none of our business, and
    merely noted.
    """
    found: list[_File] = []
    notes: list[Note] = []
    for one, listed in _read_all(paths, password_file, deadline):
        if listed and one.failure is not None and one.failure.kind is FILE_NO_CERTIFICATE:
            notes.append(Explained("", one.failure))
        else:
            found.append(one)
    presented = list(_presented_by(found))
    if not presented:
        reason = "no certificates (subdirectories are not searched)"
        if not os.path.isdir(paths[0]):
            reason = "no certificates in the files that match it"
        return (Presented(failure=Finding(FILE_NO_CERTIFICATE, place=quoted(paths[0]), reason=reason)),)
    presented[0] = presented[0]._replace(notes=tuple(notes))
    return tuple(presented)


def _read_all(paths: Sequence[str], password_file: str, deadline: Deadline) -> Iterator[tuple[_File, bool]]:
    """Yield what is in each file that ``paths`` mean, and whether it was not named itself, up to our bounds."""
    size = certificates = 0
    for number, (path, listed) in enumerate(_expanded(paths)):
        if isinstance(listed, Finding):
            yield _File(path, failure=listed), False
            continue
        if number and not deadline.remaining():
            finding = Finding(
                FILE_UNREADABLE,
                place=f"{quoted(path)} and what follows",
                reason=f"not read within {fixed(deadline.seconds)} s",
                remedy="give more time with --timeout, or name fewer files",
            )
            yield _File(path, failure=finding), False
            return
        one = _file(path, password_file, deadline)
        size += one.size
        certificates += sum(len(entry.parsers) for entry in one.entries)
        if size > MAX_HELD_BYTES or certificates > MAX_HELD_CERTIFICATES:
            held = f"{MAX_HELD_CERTIFICATES} certificates or {MAX_HELD_BYTES // 2**20} MiB"
            finding = Finding(
                FILE_TOO_LARGE,
                place=f"{quoted(path)} and what follows",
                reason=f"were not read, because all files together hold more than {held}",
                remedy="name fewer files",
            )
            yield _File(path, failure=finding), False
            return
        yield one, listed


def _expanded(paths: Sequence[str]) -> Iterator[tuple[str, bool | Finding]]:
    """Yield each file that ``paths`` mean, and whether it was not named itself; or why there is none."""
    for path in paths:
        if path == reading.STDIN or os.path.isfile(path):
            yield path, False
        elif os.path.isdir(path):
            yield from _listed(path)
        elif any(wildcard in path for wildcard in "*?["):
            import glob

            nothing = Finding(
                FILE_UNREADABLE, place=quoted(path), reason="no file matches this pattern", remedy="check the pattern"
            )
            matching = sorted(glob.glob(path))
            yield from _files(path, matching)
            if not matching:
                yield path, nothing
        else:
            yield path, False


def _listed(directory: str) -> Iterator[tuple[str, bool | Finding]]:
    """Yield the files in a directory, hidden ones left out; or why they cannot be listed."""
    try:
        names = sorted(name for name in os.listdir(directory) if not name.startswith("."))
    except OSError as error:
        yield directory, Finding(FILE_UNREADABLE, place=quoted(directory), reason=str(error.strerror))
        return
    yield from _files(directory, [os.path.join(directory, name) for name in names])


def _files(named: str, paths: Sequence[str]) -> Iterator[tuple[str, bool | Finding]]:
    """Yield the files among ``paths``, for which ``named`` stands, and a finding if they are too many."""
    yield from ((path, True) for path in paths[:MAX_FILES] if not os.path.isdir(path))
    if len(paths) > MAX_FILES:
        reason = f"has more than the {MAX_FILES} files that are looked at"
        remedy = "name those with certificates"
        yield named, Finding(FILE_TOO_LARGE, place=quoted(named), reason=reason, remedy=remedy)


def _file(path: str, password_file: str, deadline: Deadline) -> _File:
    """Read one file; what is wrong with it is in what is returned."""
    name = reading.shown_path(path)
    try:
        data = reading.read_bytes(path, MAX_FILE_BYTES, deadline)
    except reading.ReadError as error:
        return _File(path, failure=Finding(FILE_UNREADABLE, place=name, reason=str(error)))
    if len(data) > MAX_FILE_BYTES:
        reason = f"is larger than {MAX_FILE_BYTES // 2**20} MiB"
        return _File(path, failure=Finding(FILE_TOO_LARGE, place=name, reason=reason))
    try:
        entries = formats.read_entries(data, lambda: _password(password_file, deadline))
    except FormatError as error:
        return _File(path, failure=Finding(FILE_NOT_UNDERSTOOD, place=name, reason=str(error)))
    if not entries:
        return _File(path, failure=Finding(FILE_NO_CERTIFICATE, place=name, reason=_what_it_is(data)))
    return _File(path, tuple(entries), size=len(data))


def _password(path: str, deadline: Deadline) -> bytes | None:
    """Return the password for keystores, or None if none was given. Raises FormatError if it cannot be read."""
    from check_tls_cert.fetch import credentials

    try:
        return credentials.password(path, PASSWORD_VARIABLE, deadline) or None
    except credentials.CredentialsError as error:
        raise FormatError(str(error)) from error


def _presented_by(files: Sequence[_File]) -> Iterator[Presented]:
    """Yield the chains of all files, and what is wrong with files: lone certificates find their issuers in all of them.

    A PEM file with but one certificate is no chain, whatever the file says, if there are others beside it.
    """
    together = len(files) > 1
    entries = [
        entry._replace(
            alias=_origin(file.path, entry.alias, together),
            is_chain=entry.is_chain and (len(entry.parsers) > 1 or not together),
        )
        for file in files
        for entry in file.entries
    ]
    chains = formats.end_entities(entries)
    several = len(chains) > 1
    for number, entry in enumerate(chains, 1):
        chain, failure = parse_chain(entry.parsers, "file")
        origin = (entry.alias or f"certificate {number}") if several or together else ""
        yield Presented(chain=chain, failure=failure, origin=origin)
    for file in files:
        if file.failure is not None:
            yield Presented(failure=file.failure, origin=printable(file.path) if together else "")


def _origin(path: str, alias: str, together: bool) -> str:
    place = printable(path) if together else ""
    return " ".join(filter(None, (place, quoted(alias) if alias else "")))


def _what_it_is(data: bytes) -> str:
    """Say what a file without certificate seems to be, for whoever named the wrong one. Never quotes its content."""
    if not data.strip(b"\0 \t\r\n"):
        return "nothing except zeros or blanks" if data else "nothing"
    labels = {block.label for block in blocks(data)}
    if any(b"PRIVATE KEY" in label for label in labels):
        return "a private key, not a certificate"
    if any(b"REQUEST" in label for label in labels):
        return "a certificate request (CSR), not a certificate"
    if labels:
        return f"{quoted(sorted(labels)[0])}, not a certificate"
    return _what_der_it_is(data)


def _what_der_it_is(data: bytes) -> str:
    """Tell PKCS#8 and certificate requests by their outermost elements (RFC 5958, 2986)."""
    try:
        tags = [field.tag for field in der.sequence(data)]
    except der.DerError:  # no DER at all
        return "no certificate"
    if len(data) > MAX_SIZE:
        return "something too large for a certificate"
    if tags == [der.SEQUENCE, der.SEQUENCE, der.BIT_STRING]:
        return "a certificate request (CSR), not a certificate"
    if tags[:1] == [der.INTEGER]:
        return "a private key, not a certificate"
    return "no certificate"
