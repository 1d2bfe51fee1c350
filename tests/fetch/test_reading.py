"""Files, pipes and standard input: within bounds of size and time, and what is said if they cannot be read."""

from __future__ import annotations

import errno
import os
import select
import threading
from pathlib import Path
from typing import NoReturn

import pytest

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch.reading import STDIN, ReadError, read_bytes, shown_path
from tests.servers import PATIENCE

LIMIT = 1_000


def read(path: Path | str, limit: int = LIMIT, seconds: float = PATIENCE) -> bytes:
    return read_bytes(str(path), limit, Deadline(seconds))


@pytest.mark.parametrize("size", [0, 1, LIMIT - 1, LIMIT, LIMIT + 1])
def test_whole_file(tmp_path: Path, size: int) -> None:
    """One byte more than the limit is read, too: it is how whoever asks can tell that the file is too large."""
    data = os.urandom(size)
    (tmp_path / "file").write_bytes(data)
    assert read(tmp_path / "file") == data


@pytest.fixture
def few_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever reads without end fail before it has filled the memory."""
    system_read = os.read
    left = iter(range(3))

    def counted(descriptor: int, size: int) -> bytes:
        assert next(left, None) is not None, "so much should not have been read"
        return system_read(descriptor, size)

    monkeypatch.setattr(os, "read", counted)


@pytest.mark.usefixtures("few_reads")
def test_a_large_file_is_not_read_whole(tmp_path: Path) -> None:
    """A sparse file of 64 GiB would not fit into memory."""
    with (tmp_path / "file").open("wb") as file:
        file.truncate(64 * 2**30)
    assert LIMIT < len(read(tmp_path / "file")) < 2**21


@pytest.mark.usefixtures("few_reads")
def test_endless_file() -> None:
    assert LIMIT < len(read("/dev/zero")) < 2**21


class TestPipe:
    """With a name or without."""

    @pytest.fixture
    def pipe(self, tmp_path: Path) -> Path:
        path = tmp_path / "pipe"
        os.mkfifo(path)
        return path

    def test_all_that_is_written_until_it_is_closed(self) -> None:
        """Whoever writes does so bit by bit, and more than a pipe holds; what a shell makes of <(...) has no name."""
        pieces = [bytes((number,)) * 50_000 for number in range(8)]
        ours, theirs = os.pipe()

        def write() -> None:
            with os.fdopen(theirs, "wb") as end:
                for piece in pieces:
                    end.write(piece)
                    end.flush()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            assert read(f"/dev/fd/{ours}", limit=10**6) == b"".join(pieces)
        finally:
            os.close(ours)
            writer.join(PATIENCE)

    def test_whoever_wrote_has_gone(self) -> None:
        """It was faster than we were."""
        ours, theirs = os.pipe()
        os.write(theirs, b"all of it")
        os.close(theirs)
        try:
            assert read(f"/dev/fd/{ours}") == b"all of it"
        finally:
            os.close(ours)

    def test_nobody_writes(self, pipe: Path) -> None:
        """Opening it must not wait for a writer either."""
        with pytest.raises(ReadError, match=r"^nothing to read within 0\.05 s$"):
            read(pipe, seconds=0.05)

    def test_somebody_writes_without_end(self, pipe: Path) -> None:
        """More than the limit is not waited for."""
        end = os.open(pipe, os.O_RDWR)
        try:
            os.write(end, bytes(LIMIT + 1))
            assert read(pipe, seconds=5) == bytes(LIMIT + 1)
        finally:
            os.close(end)

    def test_another_reader_is_faster(self, pipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """There was something to read, and then there is nothing: it is waited for again."""
        end = os.open(pipe, os.O_RDWR)
        os.write(end, b"first")
        system_read = os.read

        def robbed(descriptor: int, size: int) -> bytes:
            monkeypatch.setattr(os, "read", system_read)
            assert os.read(descriptor, size) == b"first"
            os.write(end, b"second")
            os.close(end)
            raise BlockingIOError(errno.EAGAIN, "nothing there")

        monkeypatch.setattr(os, "read", robbed)
        assert read(pipe) == b"second"


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays open: it is not ours."""
    read_from: list[int] = []

    def nothing_left(descriptor: int, _size: int) -> bytes:
        read_from.append(descriptor)
        return b""

    def refuse(*_: object) -> NoReturn:
        pytest.fail("standard input is neither opened nor closed")

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuse)
        patched.setattr(os, "close", refuse)
        patched.setattr(os, "read", nothing_left)
        patched.setattr(select, "poll", Ready)
        assert read(STDIN) == b""
    assert read_from == [0]


class Ready:
    """A poll that finds whatever it is asked about ready."""

    def register(self, _descriptor: int, _events: int) -> None:
        """Do without."""

    def poll(self, _milliseconds: float) -> list[tuple[int, int]]:
        """Say that there is something to read."""
        return [(0, 1)]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", os.strerror(errno.ENOENT)),
        (".", os.strerror(errno.EISDIR)),
        ("x" * 5_000, os.strerror(errno.ENAMETOOLONG)),
        ("file/below", os.strerror(errno.ENOTDIR)),
        ("a\0b", "a path cannot contain a zero byte"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ReadError) as raised:
        read(f"{tmp_path}/{name}")
    assert str(raised.value) == reason


def test_a_file_is_closed_whatever_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"x")
    read_from: list[int] = []
    closed: list[int] = []
    close = os.close

    def fail(descriptor: int, _size: int) -> bytes:
        read_from.append(descriptor)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def noted_close(descriptor: int) -> None:
        closed.append(descriptor)
        close(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "read", fail)
        patched.setattr(os, "close", noted_close)
        with pytest.raises(ReadError, match=os.strerror(errno.EIO)):
            read(tmp_path / "file")
    assert read_from
    assert set(read_from) <= set(closed)


def test_what_to_call_it() -> None:
    assert shown_path(STDIN) == "standard input"
    assert shown_path("-/x\n") == '"-/x\\x0a"'
