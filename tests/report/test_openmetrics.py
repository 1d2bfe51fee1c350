"""OpenMetrics output, read by the parser of the Python client of Prometheus."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from tests import pki, servers
from tests.pki import EPOCH, days
from tests.program import AT, run

CA = pki.authority("Example Root R1")
ISSUING = pki.authority("Example Issuing CA 3", CA)


def read(*arguments: str | Path, code: int) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Return the samples by name; both parsers have to agree, as a textfile collector uses the older one."""
    done = run(*arguments, "--output", "openmetrics")
    assert (done.err, done.code) == ("", code)
    assert done.out.endswith("\n# EOF\n")
    found = {
        sample.name: [(one.labels, one.value) for one in family.samples]
        for family in openmetrics.text_string_to_metric_families(done.out)
        for sample in family.samples
    }
    older = {sample.name for family in text_string_to_metric_families(done.out) for sample in family.samples}
    assert older == set(found)
    return found


def test_good_endpoint(tmp_path: Path) -> None:
    with servers.tls(pki.end_entity(ISSUING, serial=0xABC), ISSUING) as port:
        trust = ("--ca-file", pki.write(tmp_path / "ca.pem", CA))
        found = read("-H", f"127.0.0.1:{port}", "--name", "www.example.org", *trust, *AT, code=0)
    target = {"target": f"127.0.0.1:{port}"}
    assert found["tls_cert_state"] == [(target, 0)]
    assert found["tls_cert_expiry_seconds"] == [(target, 60 * 86_400)]
    assert found["tls_cert_lifetime_used_ratio"] == [(target, 0.3334)]
    assert found["tls_cert_chain_valid"] == [(target, 1)]
    assert found["tls_cert_reachable_ratio"] == [(target, 1)]
    assert found["tls_cert_key_strength_bits"] == [(target, 128)]
    assert found["tls_cert_not_after_timestamp_seconds"] == [(target, (EPOCH + days(60)).timestamp())]
    ((labels, value),) = found["tls_cert_certificate_info"]
    assert (labels["subject"], labels["issuer"], labels["serial_number"], value) == (
        "CN=www.example.org",
        "CN=Example Issuing CA 3",
        "abc",
        1,
    )


def test_names_that_need_escaping(tmp_path: Path) -> None:
    site = pki.end_entity(None, common_name='a"b\\c\nd')
    found = read(
        "--file", pki.write(tmp_path / "site.pem", site), "--ca-file", pki.write(tmp_path / "ca.pem", CA), *AT, code=2
    )
    ((labels, _),) = found["tls_cert_certificate_info"]
    assert labels["subject"] == 'CN=a\\"b\\\\c\\x0ad'
    assert found["tls_cert_state"][0][1] == 2


def test_impossible_date(tmp_path: Path) -> None:
    """No end, and so none that would be shown."""
    site = pki.end_entity(ISSUING)
    broken = pki.forge(site, ISSUING, lambda tbs: tbs.replace(b"260316120000Z", b"260230120000Z"))
    path = tmp_path / "site.der"
    path.write_bytes(broken)
    found = read("--file", path, "--ca-file", pki.write(tmp_path / "ca.pem", ISSUING), *AT, code=3)
    assert "tls_cert_not_after_timestamp_seconds" not in found
    assert "tls_cert_expiry_seconds" not in found


@pytest.mark.parametrize("arguments", [("-H",), ("--file", "/nowhere")])
def test_no_verdict(arguments: tuple[str, ...]) -> None:
    found = read(*arguments, code=3)
    assert list(found) == ["tls_cert_state"]
    assert found["tls_cert_state"][0][1] == 3
