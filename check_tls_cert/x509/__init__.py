"""Certificates as values (RFC 5280): DER, names, extensions, keys, PEM. Judges nothing and does no I/O.

`der` reads the encoding and `certificate` the fields; the others say what a field means. Everything reads leniently: a
certificate that is broken in one place is read in all others, and says where it is broken.
"""

from __future__ import annotations
