"""Reads files, pipes and standard input, within bounds of size and time."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager

from check_tls_cert.deadline import Deadline
from check_tls_cert.text import fixed, quoted

#: The path that stands for standard input.
STDIN = "-"

#: How much is read at once.
_READ_SIZE = 1_048_576


class ReadError(Exception):
    """The file could not be read; the message says why."""


def shown_path(path: str) -> str:
    """Return what to call the file at ``path`` in a message."""
    return "standard input" if path == STDIN else quoted(path)


def read_bytes(path: str, limit: int, deadline: Deadline) -> bytes:
    """Return what the file at ``path`` holds, by the deadline. Raises ReadError.

    It may be a pipe. More than ``limit`` bytes means that it is larger than that; the rest is not read then.
    """
    pieces: list[bytes] = []
    size = 0
    try:
        with _opened(path) as descriptor:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            while size <= limit:
                if not poll.poll(deadline.remaining() * 1000):
                    raise ReadError(f"nothing to read within {fixed(deadline.seconds)} s")
                try:
                    piece = os.read(descriptor, _READ_SIZE)
                except BlockingIOError:
                    continue  # another reader of the same pipe was faster
                if not piece:
                    break
                pieces.append(piece)
                size += len(piece)
    except OSError as error:
        raise ReadError(error.strerror) from error
    except ValueError as error:  # Python's words for it differ from version to version
        raise ReadError("a path cannot contain a zero byte") from error
    return b"".join(pieces)


@contextmanager
def _opened(path: str) -> Iterator[int]:
    """Yield a file descriptor to read from, without waiting for somebody to write to a pipe."""
    if path == STDIN:
        yield 0
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
