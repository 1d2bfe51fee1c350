"""The verdict as one JSON object (schema.json), for programs: nothing else is on standard output, whatever happens.

A superset of what Zabbix agent 2's `web.certificate.get` returns; several targets make an array of them. Facts are
there even when the verdict is bad.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from check_tls_cert import EXIT_UNKNOWN, __version__
from check_tls_cert.judge.states import UNKNOWN
from check_tls_cert.model.finding import Finding
from check_tls_cert.model.metrics import CHAIN_VALID, EXPIRY, HOSTNAME_MATCH, METRICS
from check_tls_cert.model.presented import Presented
from check_tls_cert.model.target import Options
from check_tls_cert.model.verdict import Outcome, Verdict
from check_tls_cert.report.phrases import clause, remedy_of
from check_tls_cert.report.words import message, places, problems, sentence
from check_tls_cert.text import printable, timestamp
from check_tls_cert.x509.algorithms import key_of, signature_name
from check_tls_cert.x509.certificate import X509_VERSIONS, Certificate
from check_tls_cert.x509.general_names import names_of, spelled_names
from check_tls_cert.x509.names import distinguished_name

if TYPE_CHECKING:
    from check_tls_cert.model.plan import Fleet

#: Longer than any message; JSON needs no cutting for its own sake.
_MAX_ERROR = 4_000


def render(verdict: Verdict, presented: Sequence[Presented], options: Options) -> str:
    """Return the object for a verdict."""
    target = options.target
    found: dict[str, object] = {
        "version": __version__,
        "state": verdict.state,
        "exit_code": verdict.exit_code,
        "text": message(verdict, presented, options),
        "target": {
            "label": target.label,
            "address": printable(target.address) or None,
            "port": target.port or None,
            "server_name": target.server_name,
            "files": [printable(path) for path in target.paths],
        },
        "validation_time": timestamp(options.validation_time),
        "metrics": {
            name: _metric(outcome)
            for name in METRICS
            for outcome in verdict.outcomes
            if outcome.measurement.metric == name
        },
        "findings": list(_findings(verdict, presented)),
        "presented": [_presented_object(one) for one in presented],
        "path": [
            _certificate_object(certificate) for outcome in verdict.outcomes for certificate in outcome.measurement.path
        ],
    }
    first = next((one.chain[0] for one in presented if one.chain), None)
    if first is not None:
        found.update(_agent_item(first, verdict, found["text"]))
    return json.dumps(found)


keep = render


def render_fleet(fleet: Fleet) -> Iterator[str]:
    """Yield the lines of an array with the objects of all targets, in the order given."""
    for one in fleet.checked:
        yield f"{'[' if one is fleet.checked[0] else ','}{one.kept}"
    yield "]"


def render_error(message: str) -> str:
    """Return the object for a run that did not get as far as a verdict, such as wrong usage."""
    error = printable(message, _MAX_ERROR)
    return json.dumps({"version": __version__, "state": UNKNOWN, "exit_code": EXIT_UNKNOWN, "error": error})


def _metric(outcome: Outcome) -> dict[str, object]:
    kind = METRICS[outcome.measurement.metric]
    warning, critical = (None if interval is None else str(interval) for interval in outcome.ranges)
    low, high = (None if math.isinf(bound) else bound for bound in (kind.low, kind.high))
    return {
        "value": outcome.measurement.value,
        "unit": kind.unit,
        "warning": warning,
        "critical": critical,
        "min": low,
        "max": high,
        "state": outcome.state,
    }


def _findings(verdict: Verdict, presented: Sequence[Presented]) -> Iterator[dict[str, object]]:
    """Yield the findings that count, worst first, and those that are accepted."""
    positions = places(presented)
    for metric, problem in problems(verdict):
        yield {
            **_finding_object(problem.finding, metric, positions),
            "state": problem.state,
            "text": sentence(problem, metric, remedy=False),
            "origins": list(problem.origins),
            "accepted": False,
        }
    for outcome in verdict.outcomes:
        for finding in outcome.measurement.accepted:
            found = _finding_object(finding, outcome.measurement.metric, positions)
            yield {**found, "state": outcome.state, "text": clause(finding), "origins": [], "accepted": True}


def _finding_object(finding: Finding, metric: str, positions: Mapping[bytes, int]) -> dict[str, object]:
    certificate = finding.certificate
    return {
        "id": finding.id,
        "metric": metric,
        "expected": finding.expected or None,
        "presented": finding.presented or None,
        "remedy": remedy_of(finding) or None,
        "certificate": None
        if certificate is None
        else {
            "subject": _name(certificate.subject),
            "serial_number": certificate.serial_number,
            "position": positions.get(certificate.der),
        },
    }


def _presented_object(presented: Presented) -> dict[str, object]:
    negotiated = presented.negotiated
    return {
        "origin": presented.origin or None,
        "chain": [_certificate_object(certificate) for certificate in presented.chain],
        "addresses": [
            {"address": attempt.address, "finding": attempt.failure.id if attempt.failure is not None else None}
            for attempt in presented.attempts
        ],
        "negotiated": None
        if negotiated is None
        else {
            "protocol": negotiated.protocol,
            "cipher": negotiated.cipher,
            "group": printable(negotiated.group) or None,
            "alpn": negotiated.alpn or None,
        },
    }


def _certificate_object(certificate: Certificate) -> dict[str, object]:
    return {
        "subject": _name(certificate.subject),
        "issuer": _name(certificate.issuer),
        "serial_number": certificate.serial_number,
        "not_before": _time(certificate.not_before),
        "not_after": _time(certificate.not_after),
        "public_key": str(key_of(certificate)),
        "signature_algorithm": signature_name(certificate),
        "sha256_fingerprint": hashlib.sha256(certificate.der).hexdigest(),
        "defects": list(certificate.defects),
    }


def _time(moment: datetime | None) -> dict[str, object] | None:
    """Return a date as the agent does: for people, and in seconds since 1970."""
    if moment is None:
        return None
    return {"value": timestamp(moment), "timestamp": int(moment.timestamp())}


def _name(name: bytes) -> str:
    return printable(distinguished_name(name), _MAX_ERROR)


def _agent_item(certificate: Certificate, verdict: Verdict, text: object) -> dict[str, object]:
    """Return what Zabbix agent 2's item has on the end-entity certificate, under its names."""
    names = names_of(certificate)
    return {
        "x509": {
            # 0 for what is none: Python does not write out a number of thousands of digits, which it can be.
            "version": certificate.version if certificate.version in X509_VERSIONS else 0,
            "serial_number": certificate.serial_number.zfill(32),
            "signature_algorithm": signature_name(certificate),
            "issuer": _name(certificate.issuer),
            "not_before": _time(certificate.not_before),
            "not_after": _time(certificate.not_after),
            "subject": _name(certificate.subject),
            "public_key_algorithm": key_of(certificate).kind,
            "alternative_names": list(spelled_names(names)),
        },
        "result": {"value": _result(certificate, verdict), "message": text},
        "sha1_fingerprint": hashlib.sha1(certificate.der, usedforsecurity=False).hexdigest(),
        "sha256_fingerprint": hashlib.sha256(certificate.der).hexdigest(),
    }


def _result(certificate: Certificate, verdict: Verdict) -> str:
    """Return the agent's verdict: the certificate is in date, its path validates, and it is for the host."""
    values = {outcome.measurement.metric: outcome.measurement.value for outcome in verdict.outcomes}
    expiry = values.get(EXPIRY)
    valid = values.get(CHAIN_VALID) == 1 and values.get(HOSTNAME_MATCH, 1) == 1 and expiry is not None and expiry >= 0
    if not valid:
        return "invalid"
    return "valid-but-self-signed" if certificate.self_issued else "valid"
