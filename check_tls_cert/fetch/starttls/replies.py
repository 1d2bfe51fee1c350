"""What text protocols share: replies with three-digit codes, and blocks of lines that end with a dot."""

from __future__ import annotations

import re
from typing import NamedTuple

from check_tls_cert.fetch.starttls.wire import Steps, Wire

_REPLY_LINE = re.compile(rb"([1-5][0-9]{2})(?:([- ])(.*))?", re.DOTALL)


class Reply(NamedTuple):
    """One reply."""

    code: int
    #: What its lines say, without the code.
    texts: tuple[bytes, ...]
    #: The last line as it came.
    last: bytes

    @property
    def error(self) -> bool:
        """Whether the code is one for a failure, transient or permanent."""
        return self.code >= 400


def reply(wire: Wire, loose: bool = False) -> Steps[Reply]:
    """Read one reply, which is over with the first line that has no hyphen after its code (RFC 5321, 4.2.1).

    ``loose``: between the first line and the last there may be anything (RFC 959, 4.2).
    """
    line = yield from wire.line()
    match = _REPLY_LINE.fullmatch(line)
    if match is None:
        raise wire.unexpected(line)
    code, texts = match[1], [match[3] or b""]
    while match is None or match[2] == b"-" or match[1] != code:
        line = yield from wire.line()
        match = _REPLY_LINE.fullmatch(line)
        if not loose and (match is None or match[1] != code):
            raise wire.unexpected(line)
        texts.append(match[3] or b"" if match else line)
    return Reply(int(code), tuple(texts), line)


def block(wire: Wire) -> Steps[tuple[bytes, ...]]:
    """Read lines up to one that is a dot (RFC 1939, 3; RFC 3977, 3.1.1).

    Doubled dots stay: nothing that begins with one is looked for.
    """
    lines: list[bytes] = []
    while (line := (yield from wire.line())) != b".":
        lines.append(line)
    return tuple(lines)


def keywords(lines: tuple[bytes, ...]) -> set[bytes]:
    """Return the first word of each of ``lines``, in capitals."""
    return {line.split()[0].upper() for line in lines if line.strip()}
