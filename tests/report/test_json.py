"""JSON output: valid by its schema whatever happens, and with facts also where the verdict is bad."""

from __future__ import annotations

import hashlib
import ipaddress
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from check_tls_cert.model import settings
from tests import pki, servers
from tests.pki import EPOCH, days
from tests.program import AT, ROOT, run
from tests.scenarios import NAME, SCENARIOS, Place
from tests.test_transcripts import test_good  # importing it registers every scenario

assert test_good.__doc__ is None

SCHEMA = json.loads((ROOT / "check_tls_cert/report/schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(SCHEMA)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

CA = pki.authority("Example Root R1")
ISSUING = pki.authority("Example Issuing CA 3", CA)


def read(out: str) -> dict[str, Any]:
    """Return the one object that is all there is, valid by the schema."""
    assert out.count("\n") == 1
    assert out.isascii()
    found: dict[str, Any] = json.loads(out)
    VALIDATOR.validate(found)
    return found


def judged(*arguments: str | Path, code: int) -> dict[str, Any]:
    done = run(*arguments, "--output", "json", facts=True)
    assert (done.err, done.code) == ("", code)
    found = read(done.out)
    assert found["exit_code"] == code
    return found


@pytest.mark.parametrize("finding_id", sorted(SCENARIOS))
def test_every_finding(finding_id: str, tmp_path: Path) -> None:
    """The same state and the same text as for people, and the finding by its id, in the first scenario that has it."""
    place = Place(tmp_path, CA, ISSUING)
    for wanted in itertools.chain.from_iterable(build(place) for build in SCENARIOS[finding_id]):
        done = run(*wanted.arguments, *AT, "--output", "json", environment=wanted.environment)
        assert (done.err, done.code) == ("", wanted.code)
        if done.out.startswith("["):  # several targets, each with its own text
            seen = {finding["id"] for one in json.loads(done.out) for finding in one["findings"]}
        else:
            found = read(done.out)
            seen = {finding["id"] for finding in found["findings"]}
            if finding_id != "time.slow":  # which says how long it took
                said = wanted.line.replace("{}", wanted.label).partition("Z] ")[2].partition(" | ")[0]
                assert found["text"] == said
        if finding_id in seen or finding_id == "expiry.no-certificate":  # which follows from another
            return
    pytest.fail(f"no scenario has {finding_id}")


def test_version_of_thousands_of_digits(tmp_path: Path) -> None:
    """Found by fuzzing: Python refuses to write it out, which cost the verdict."""
    version = pki.tlv(0xA0, pki.tlv(0x02, b"A" * 5_000))
    odd = pki.forge(pki.end_entity(ISSUING), ISSUING, lambda tbs: version + tbs[5:])
    path = tmp_path / "odd.pem"
    path.write_bytes(pki.pem(odd))
    found = judged("--file", path, *AT, "--ca-file", pki.write(tmp_path / "ca.pem", CA), code=2)
    assert found["x509"]["version"] == 0
    assert "the version is not one that X.509 certificates have" in found["text"]


def test_good_endpoint(tmp_path: Path) -> None:
    """Superset of what Zabbix agent 2's web.certificate.get returns."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, 'Example, "GmbH" \u00e4|'),
            x509.NameAttribute(NameOID.COMMON_NAME, "www.example.org"),
        ]
    )
    san = x509.SubjectAlternativeName(
        [x509.DNSName("www.example.org"), x509.IPAddress(ipaddress.ip_address("192.0.2.1"))]
    )
    site = pki.issue(
        name, ISSUING, not_before=EPOCH - days(30), not_after=EPOCH + days(60), serial=0xABC, extensions=[(san, False)]
    )
    with servers.tls(site, ISSUING) as port:
        trust = ("--ca-file", pki.write(tmp_path / "ca.pem", CA))
        found = judged("-H", f"127.0.0.1:{port}", *NAME, *trust, *AT, code=0)
    assert found["x509"] == {
        "version": 3,
        "serial_number": "00000000000000000000000000000abc",
        "signature_algorithm": "ecdsa-with-SHA256",
        "issuer": "CN=Example Issuing CA 3",
        "not_before": {"value": "2025-12-16T12:00:00Z", "timestamp": 1765886400},
        "not_after": {"value": "2026-03-16T12:00:00Z", "timestamp": 1773662400},
        "subject": 'CN=www.example.org,O=Example\\, \\"GmbH\\" \\xe4/,C=DE',
        "public_key_algorithm": "EC",
        "alternative_names": ["www.example.org", "IP 192.0.2.1"],
    }
    assert found["result"] == {"value": "valid", "message": found["text"]}
    assert found["sha1_fingerprint"] == hashlib.sha1(site.der).hexdigest()  # noqa: S324  # as the agent has it  # as the agent has it
    assert found["sha256_fingerprint"] == hashlib.sha256(site.der).hexdigest()
    assert found["target"] == {
        "label": f"127.0.0.1:{port}",
        "address": "127.0.0.1",
        "port": port,
        "server_name": "www.example.org",
        "files": [],
    }
    assert found["validation_time"] == "2026-01-15T12:00:00Z"
    assert list(found["metrics"])[:3] == ["expiry", "lifetime_used", "chain_valid"]
    assert found["metrics"]["expiry"] == {
        "value": 60.0,
        "unit": "d",
        "warning": "22.5:",
        "critical": "9:",
        "min": None,
        "max": None,
        "state": "OK",
    }
    (presented,) = found["presented"]
    assert [one["subject"] for one in found["path"]][1:] == ["CN=Example Issuing CA 3", "CN=Example Root R1"]
    assert presented["chain"] == found["path"][:2]
    assert presented["addresses"] == [{"address": "127.0.0.1", "finding": None}]
    assert presented["negotiated"]["protocol"] == "TLSv1.3"
    assert found["findings"] == []


def test_self_signed_and_trusted(tmp_path: Path) -> None:
    site = pki.end_entity(None)
    path = pki.write(tmp_path / "site.pem", site)
    assert judged("--file", path, "--ca-file", path, *AT, code=0)["result"]["value"] == "valid-but-self-signed"


def test_bad_certificate_with_all_its_facts(tmp_path: Path) -> None:
    site = pki.end_entity(None, names=("a.example.org",), not_before=EPOCH - days(92), not_after=EPOCH - days(2))
    path = pki.write(tmp_path / "site.pem", site)
    accept = ("--accept", "hostname.mismatch")
    found = judged("--file", path, *NAME, "--ca-file", pki.write(tmp_path / "ca.pem", CA), *AT, *accept, code=2)
    assert found["result"]["value"] == "invalid"
    assert found["x509"]["subject"] == "CN=www.example.org"
    assert [(one["id"], one["metric"], one["state"], one["accepted"]) for one in found["findings"]] == [
        ("expiry.expired", "expiry", "CRITICAL", False),
        ("chain.self-signed", "chain_valid", "CRITICAL", False),
        ("hostname.mismatch", "hostname_match", "OK", True),
    ]
    first = found["findings"][0]
    assert first["text"] == 'the end-entity certificate "www.example.org" expired 2 d ago (2026-01-13T12:00:00Z)'
    assert first["remedy"] == "renew it now"
    assert first["certificate"]["position"] == 0


@pytest.mark.parametrize(
    "arguments", [("--output", "json"), ("--output=json", "--no-such-option"), ("--output", "text", "--output", "json")]
)
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    found = read(done.out)
    assert (done.err, done.code, found["state"]) == ("", 3, "UNKNOWN")
    assert found["error"].startswith("usage: ")


def test_format_that_there_is_not() -> None:
    done = run("-H", "www.example.org", "--output", "xml")
    assert (done.err, done.code) == ("", 3)
    assert done.out.startswith("TLS_CERT UNKNOWN - usage: argument --output: invalid choice: 'xml'")


FAULT = """
import sys
from check_tls_cert import cli
def broken(*_):
    raise RuntimeError('a"b')
cli.fetch.acquire = broken
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("verbosity", ["-v", "-vvv"])
def test_our_own_fault(verbosity: str) -> None:
    command = [sys.executable, "-c", FAULT, "-H", "www.example.org", "--output", "json", verbosity]
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, text=True)
    assert (done.stderr, done.returncode) == ("", 3)
    assert "internal error" in read(done.stdout)["error"]


@pytest.mark.parametrize("name", settings.FORMATS)
def test_interrupted(name: str) -> None:
    with servers.serving(servers.silent_once_heard()) as port:
        command = [sys.executable, "-m", "check_tls_cert", "-H", f"127.0.0.1:{port}", "--output", name]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, text=True) as process:
            servers.wait_until_heard(port)
            process.terminate()
            out, err = process.communicate(timeout=servers.PATIENCE)
    assert (err, process.returncode) == ("", 3)
    if name == settings.JSON:
        assert read(out)["error"] == "interrupted by SIGTERM before there was a verdict"
    else:
        assert "interrupted by SIGTERM before there was a verdict" in out
