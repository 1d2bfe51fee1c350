"""--deployed: the end-entity certificates of one file, or why there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch.deployment import load_deployed
from check_tls_cert.model.finding import Finding
from check_tls_cert.options.command_line import parse
from tests import pki
from tests.files import ISSUING, OTHER, OTHER_NAME, SITE, SITE_NAME
from tests.pki import EPOCH
from tests.servers import PATIENCE


def deployed(path: Path | str) -> list[str] | Finding:
    """Return the common names of what is deployed in a file."""
    options = parse(["-H", "www.example.org", "--deployed", str(path)], EPOCH)
    found = load_deployed(options, Deadline(PATIENCE))
    return found if isinstance(found, Finding) else [one.name.strip('"') for one in found]


def test_nothing_is_read_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("nothing is to be read")

    monkeypatch.setattr("check_tls_cert.fetch.files.read_files", refuse)
    assert load_deployed(parse(["-H", "www.example.org"], EPOCH), Deadline(PATIENCE)) == ()


def test_first_of_a_chain(tmp_path: Path) -> None:
    """What a server is to present is the end-entity certificate; the others are its business."""
    assert deployed(pki.write(tmp_path / "chain.pem", SITE, ISSUING)) == [SITE_NAME]
    assert deployed(pki.write(tmp_path / "upside-down.pem", ISSUING, SITE)) == [SITE_NAME]


def test_several(tmp_path: Path) -> None:
    """One file for each type of key, for instance: the server may present either."""
    pki.write(tmp_path / "ecdsa.pem", SITE, ISSUING)
    pki.write(tmp_path / "rsa.pem", OTHER)
    assert deployed(tmp_path) == [SITE_NAME, OTHER_NAME]
    assert deployed(tmp_path / "r*.pem") == [OTHER_NAME]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "file.unreadable"), (b"", "file.no-certificate"), (SITE.key_pem, "file.no-certificate")],
)
def test_none(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "deployed.pem"
    if content is not None:
        path.write_bytes(content)
    found = deployed(path)
    assert isinstance(found, Finding)
    assert found.id == reason
    assert str(path) in found.place


def test_one_that_is_broken_beside_one_that_is_not(tmp_path: Path) -> None:
    """What can be compared is; the broken one is no reason to know nothing."""
    broken = tmp_path / "broken.pem"
    broken.write_bytes(pki.pem(b"\x30\x03\x02\x01\x00"))
    pki.write(tmp_path / "site.pem", SITE)
    assert deployed(tmp_path) == [SITE_NAME]
    found = deployed(broken)
    assert isinstance(found, Finding)
    assert found.id == "certificate.unreadable"
