"""A certificate file as a source: PEM (a bundle's first certificate is the end entity) or DER; ``-`` is stdin."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from check_tls_cert import der
from check_tls_cert.certificate import Certificate, CertificateError, parse
from check_tls_cert.deadline import Deadline
from check_tls_cert.model import Finding, FindingKind, Options, Presented
from check_tls_cert.pem import blocks, certificate_blocks, certificate_in
from check_tls_cert.sources.chain import parse_chain
from check_tls_cert.text import fixed, quoted

FINDINGS = (
    FindingKind("file.unreadable", "the file cannot be opened or read, or not before the deadline"),
    FindingKind("file.too-large", "the file is larger than any file of certificates"),
    FindingKind("file.no-certificate", "the file holds no certificate; the text says what it seems to be"),
)

MAX_FILE_OCTETS = 16_777_216

STDIN = "-"

_READ_SIZE = 1_048_576


class _ReadError(Exception):
    """The file could not be read; the message says why."""


def acquire(options: Options, deadline: Deadline) -> tuple[Presented, ...]:
    """Return the certificates in the file that is the target, in the file's order."""
    return read(options.target.path or STDIN, deadline)


def read(path: str, deadline: Deadline) -> tuple[Presented, ...]:
    """Return what a file presents."""
    return (_acquire(path, deadline),)


def _acquire(path: str, deadline: Deadline) -> Presented:
    name = "standard input" if path == STDIN else quoted(path)
    try:
        data = _read(path, deadline)
    except _ReadError as error:
        return _failed("file.unreadable", f"cannot read {name}: {error}", "see whether it is there and readable")
    if len(data) > MAX_FILE_OCTETS:
        return _failed("file.too-large", f"{name} is larger than {MAX_FILE_OCTETS // 2**20} MiB", "name the right file")
    parsers = [partial(certificate_in, block) for block in certificate_blocks(data)]
    if parsers:
        chain, failure = parse_chain(parsers, "file")
        return Presented(chain=chain, failure=failure)
    certificate = _der_certificate(data)
    if certificate is not None:
        return Presented(chain=(certificate,))
    return _failed("file.no-certificate", f"{name} {_what_it_is(data)}", "name a file with a PEM or DER certificate")


def _failed(finding_id: str, text: str, remedy: str) -> Presented:
    return Presented(failure=Finding(finding_id, text, remedy))


def _der_certificate(data: bytes) -> Certificate | None:
    try:
        return parse(data)
    except CertificateError:
        return None


def _read(path: str, deadline: Deadline) -> bytes:
    """Return the file's octets, at most one more than MAX_FILE_OCTETS, by the deadline: it may be a pipe."""
    pieces: list[bytes] = []
    size = 0
    try:
        with _opened(path) as descriptor:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            while size <= MAX_FILE_OCTETS:
                if not poll.poll(deadline.remaining() * 1000):
                    raise _ReadError(f"nothing to read within {fixed(deadline.seconds)} s")
                try:
                    piece = os.read(descriptor, _READ_SIZE)
                except BlockingIOError:
                    continue  # another reader of the same pipe was faster
                if not piece:
                    break
                pieces.append(piece)
                size += len(piece)
    except OSError as error:
        raise _ReadError(error.strerror) from error
    except ValueError as error:
        raise _ReadError(str(error)) from error  # a NUL in the path
    return b"".join(pieces)


@contextmanager
def _opened(path: str) -> Iterator[int]:
    if path == STDIN:
        yield 0
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _what_it_is(data: bytes) -> str:
    """Say what a file without certificate seems to be, for whoever named the wrong one. Never quotes its content."""
    if not data.strip(b"\0 \t\r\n"):
        return "holds nothing but zeros or blanks" if data else "is empty"
    labels = {block.label for block in blocks(data)}
    if any(b"PRIVATE KEY" in label for label in labels):
        return "holds a private key, no certificate"
    if any(b"REQUEST" in label for label in labels):
        return "holds a certificate request (CSR), no certificate"
    if labels:
        return f"holds {quoted(sorted(labels)[0])}, no certificate"
    return _what_der_it_is(data)


def _what_der_it_is(data: bytes) -> str:
    """Tell PKCS#12, PKCS#8 and certificate requests apart by their outermost elements (RFC 7292, 5958, 2986)."""
    try:
        fields = der.sequence(data)
        tags = [field.tag for field in fields]
        if tags[:2] == [der.INTEGER, der.SEQUENCE]:
            return "is a PKCS#12 keystore" if der.integer(fields[0]) == 3 else "holds a private key, no certificate"
        if tags == [der.SEQUENCE, der.SEQUENCE, der.BIT_STRING]:
            return "holds a certificate request (CSR), no certificate"
        if tags[:1] == [der.OID]:
            return "is a PKCS#7 file"
        if tags[:1] == [der.INTEGER]:
            return "holds a private key, no certificate"
    except der.DerError:
        pass  # no DER at all
    return "holds no certificate"
