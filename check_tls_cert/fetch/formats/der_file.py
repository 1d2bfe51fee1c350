"""Certificates in DER, one or several behind each other (RFC 5280, 4.1)."""

from __future__ import annotations

from check_tls_cert.fetch.formats.entry import MAX_CERTIFICATES, Entry, FormatError, Password, lone
from check_tls_cert.x509 import der
from check_tls_cert.x509.certificate import CertificateError, parse


def read_der_file(data: bytes, _password: Password) -> list[Entry] | None:
    """Return an entry for each certificate, or None if none of the elements is one: then this is something else."""
    pieces = _pieces(data)
    if not any(_is_certificate(piece) for piece in pieces):
        return None
    return [lone("", piece) for piece in pieces]


def _pieces(data: bytes) -> list[bytes]:
    """Cut ``data`` where an element ends and another begins. Other bytes at the end stay with the last one."""
    starts, end = [0], 0
    try:
        while True:
            end += len(der.read(data, end).raw)
            if data[end : end + 1] != b"\x30":
                break
            if len(starts) >= MAX_CERTIFICATES:
                raise FormatError(f"the file holds more than {MAX_CERTIFICATES} elements")
            starts.append(end)
    except der.DerError:
        pass  # the last one is cut short, which its parser will say
    return [data[start:end] for start, end in zip(starts, [*starts[1:], len(data)])]


def _is_certificate(piece: bytes) -> bool:
    """Tell whether a piece can be read as a certificate."""
    try:
        parse(piece)
    except CertificateError:
        return False
    return True
