"""The handshake, which verifies nothing. The only importer of `OpenSSL.SSL`."""

from __future__ import annotations
