"""Name constraints: subtrees of each kind of name, found by key."""

from __future__ import annotations

from collections.abc import Iterator

from check_tls_cert.x509 import der
from check_tls_cert.x509.general_names import DIRECTORY, DNS, EMAIL, IP, URI, GeneralName
from check_tls_cert.x509.names import canonical_name


class Subtrees:
    """Subtrees of one kind of name, found by key: thousands of names times as many subtrees must not cost a day."""

    def __init__(self) -> None:
        self.bases: list[GeneralName] = []
        self._by_key: dict[bytes, GeneralName] = {}

    def add(self, base: GeneralName) -> None:
        """Add a subtree."""
        self.bases.append(base)
        self._by_key.setdefault(self.key(base.content), base)

    def find(self, name: bytes) -> GeneralName | None:
        """Return a subtree that ``name`` is in, or None."""
        return next((self._by_key[key] for key in self.keys(name) if key in self._by_key), None)

    def reached_by(self, _name: bytes) -> GeneralName | None:
        """Return a subtree that a name reaches into without being in it, or None."""
        return None

    def key(self, base: bytes) -> bytes:
        """Return the key of the subtree with that base."""
        return base.lower()

    def keys(self, name: bytes) -> Iterator[bytes]:
        """Yield the keys of all subtrees that ``name`` can be in."""
        raise NotImplementedError


class _DnsSubtrees(Subtrees):
    """A base is in its own subtree, and so is every name below it; one with a leading dot has those below alone."""

    def __init__(self) -> None:
        super().__init__()
        self._by_parent: dict[bytes, GeneralName] = {}

    def add(self, base: GeneralName) -> None:
        super().add(base)
        self._by_parent.setdefault(base.content.lower().partition(b".")[2], base)

    def reached_by(self, name: bytes) -> GeneralName | None:
        """Return a subtree whose base a wildcard stands for: ``*.example.org`` is also for a.example.org."""
        return self._by_parent.get(name.lower()[2:]) if name.startswith(b"*.") else None

    def keys(self, name: bytes) -> Iterator[bytes]:
        yield b""
        yield from _with_parents(name.lower())


class _HostSubtrees(Subtrees):
    """A base is one host; one with a leading dot has the hosts below alone."""

    def keys(self, name: bytes) -> Iterator[bytes]:
        host = self.host(name).lower()
        yield b""
        yield host
        yield from (key for key in _with_parents(host) if key.startswith(b"."))

    def host(self, name: bytes) -> bytes:
        """Return the host in a name."""
        raise NotImplementedError


class _EmailSubtrees(_HostSubtrees):
    """E-mail addresses: a base may also be one mailbox, whose local part is case-sensitive."""

    def host(self, name: bytes) -> bytes:
        return name.rpartition(b"@")[2]

    def key(self, base: bytes) -> bytes:
        mailbox, at, host = base.rpartition(b"@")
        return mailbox + at + host.lower()

    def keys(self, name: bytes) -> Iterator[bytes]:
        yield self.key(name)
        yield from super().keys(name)


class _UriSubtrees(_HostSubtrees):
    """URIs, by the host in them."""

    def host(self, name: bytes) -> bytes:
        authority = name.partition(b"://")[2].partition(b"/")[0].rpartition(b"@")[2]
        return authority.partition(b":")[0]


class _DirectorySubtrees(Subtrees):
    """Distinguished names: a base is what a name begins with."""

    def key(self, base: bytes) -> bytes:
        return canonical_name(base)

    def keys(self, name: bytes) -> Iterator[bytes]:
        canonical = canonical_name(name)
        yield b""
        end = 0
        for rdn in der.children(canonical):  # a canonical name is its RDNs in a row
            end += len(rdn.raw)
            yield canonical[:end]


class _IpSubtrees(Subtrees):
    """Networks: a base is an address and a mask."""

    def __init__(self) -> None:
        super().__init__()
        self._masks: dict[bytes, None] = {}

    def key(self, base: bytes) -> bytes:
        half = len(base) // 2
        self._masks[base[half:]] = None
        return _masked(base[:half], base[half:])

    def keys(self, name: bytes) -> Iterator[bytes]:
        yield from (_masked(name, mask) for mask in self._masks if len(mask) == len(name))


KINDS_OF_SUBTREES: dict[int, type[Subtrees]] = {
    DNS: _DnsSubtrees,
    IP: _IpSubtrees,
    DIRECTORY: _DirectorySubtrees,
    EMAIL: _EmailSubtrees,
    URI: _UriSubtrees,
}


def _masked(address: bytes, mask: bytes) -> bytes:
    return bytes(byte & bits for byte, bits in zip(address, mask)) + mask


def _with_parents(name: bytes) -> Iterator[bytes]:
    """Yield a name and all names above it, each also with the leading dot that stands for "below it"."""
    yield name
    at = name.find(b".")
    while at >= 0:
        yield name[at:]
        yield name[at + 1 :]
        at = name.find(b".", at + 1)
