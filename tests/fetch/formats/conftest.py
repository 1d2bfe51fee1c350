"""What holds for all tests of files."""

from __future__ import annotations

import pytest

from check_tls_cert.fetch.formats import pbe

#: What a password may cost in one derivation; the program's own bound is not to be taken for it.
_MOST_STEPS = 4_000_000


@pytest.fixture(autouse=True)
def _no_endless_derivation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a keystore that asks for years of work fail its test at once if nothing else refuses it."""
    derive = pbe.Derivation.derive

    def bounded(self: pbe.Derivation, secret: pbe.Secret, purpose: int, size: int) -> bytes:
        assert self.work(size) <= _MOST_STEPS, "so many steps of derivation should have been refused"
        return derive(self, secret, purpose, size)

    monkeypatch.setattr(pbe.Derivation, "derive", bounded)
