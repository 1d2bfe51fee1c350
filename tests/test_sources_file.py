"""Reading the file; what it holds and what is said about it is in test_transcripts.py."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path

import pytest

from check_tls_cert import options
from check_tls_cert.deadline import Deadline
from check_tls_cert.model import Presented
from check_tls_cert.sources import file
from tests import pki

NOW = datetime(2026, 1, 15, tzinfo=timezone.utc)


def acquire(path: str, seconds: float = 60) -> Presented:
    (presented,) = file.acquire(options.parse(["--file", path], NOW), Deadline(seconds))
    return presented


def failure(presented: Presented) -> str:
    assert presented.failure is not None
    return presented.failure.text


def test_path_that_no_system_has() -> None:
    shown = failure(acquire("a\0b"))
    assert shown.startswith('cannot read "a\\x00b": ')
    assert "embedded null" in shown


def test_pipe_that_another_reader_empties(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ready to be read, but nothing there any more: wait on, until the deadline."""
    path = pki.write(tmp_path / "site.pem", pki.end_entity(None))
    answers = [BlockingIOError()]
    read = os.read

    def faster(descriptor: int, size: int) -> bytes:
        if answers:
            raise answers.pop()
        return read(descriptor, size)

    monkeypatch.setattr(os, "read", faster)
    presented = acquire(str(path))
    assert (len(presented.chain), presented.failure, answers) == (1, None, [])


@pytest.mark.parametrize("writer", [True, False])
def test_silent_pipe(tmp_path: Path, writer: bool) -> None:
    """Whether its writer says nothing or is still to come; opening it must not block."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    descriptor = os.open(path, os.O_RDWR) if writer else -1
    try:
        assert failure(acquire(str(path), 0.05)) == f'cannot read "{path}": nothing to read within 0.05 s'
    finally:
        if writer:
            os.close(descriptor)
