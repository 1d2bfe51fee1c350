"""What precedes TLS on a STARTTLS port: one sans-IO preamble per protocol, one file each.

The names are a table in `model.services`, so that listing them costs nothing; `load` imports the one protocol wanted
and `driver.run` puts it on a stream. A protocol's file holds ``PROTOCOL``, a `wire.Protocol`. Its preamble is a
generator over a `wire.Wire`: it queues bytes with ``wire.send`` and reads with ``yield from wire.line()`` and the
like, all bounded; it returns as soon as both sides may begin with TLS, and raises `PreambleError` if that is not
to be. Nothing in it touches a socket or a clock, so that a test feeds it a transcript cut at any byte.

To add a protocol, write its file and add its row here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from check_tls_cert.fetch.starttls.wire import Protocol


# Names that differ from their protocol's by the port alone.
_SAME_AS = {"submission": "smtp"}


def load_protocol(name: str) -> Protocol:
    """Return the protocol called ``name``, which is one of `starttls_names`."""
    module = import_module(f"{__name__}.{_SAME_AS.get(name, name).replace('-', '_')}")
    protocol: Protocol = module.PROTOCOL
    return protocol
