"""The sentences: what each kind of finding says, and what to do about it. One row a kind; found by its constant.

A phrase is a template over the fields of a `Finding`, or a function of one where the sentence depends on them. Beside
the fields' own names, templates know {who}, the certificate or server at fault, {name}, the certificate's, and
{within}, the time that was too short. The range that a number should be in is added by `words`.
"""

from __future__ import annotations

from typing import Callable, NamedTuple, Union

from check_tls_cert.model import findings
from check_tls_cert.model.finding import Finding, FindingKind
from check_tls_cert.text import fixed
from check_tls_cert.x509.identity import parse_address

Phrase = Union[str, Callable[[Finding], str]]


class Phrases(NamedTuple):
    """The words for one kind of finding."""

    #: What is wrong, as the beginning of a sentence.
    says: Phrase
    #: What to do about it, "" if nobody can say.
    remedy: Phrase = ""


def clause(finding: Finding) -> str:
    """Return what is wrong, without the remedy."""
    says = PHRASES[finding.kind].says
    text = _filled(says, finding)
    if finding.place and (callable(says) or "{place}" not in says):
        return f"{finding.place}: {text}"
    return text


def remedy_of(finding: Finding) -> str:
    """Return what to do about a finding, "" if nobody can say."""
    return finding.remedy or _filled(PHRASES[finding.kind].remedy, finding)


def _filled(phrase: Phrase, finding: Finding) -> str:
    if callable(phrase):
        return phrase(finding)
    return phrase.format(
        who=_who(finding),
        name=finding.certificate.name if finding.certificate is not None else "",
        within="" if finding.seconds is None else f" within {fixed(finding.seconds)} s",
        **finding._asdict(),
    )


def _who(finding: Finding) -> str:
    """Return what to call the certificate or the server at fault."""
    role = finding.role or "certificate"
    return f"the {role}" if finding.certificate is None else f"the {role} {finding.certificate.name}"


def _make(finding: Finding, *, server: str, file: str) -> str:
    """Return what to do, which differs with who presented the chain."""
    return file if finding.presenter == "file" else server


def _by_evidence(template: str) -> Phrase:
    """Return a phrase for findings of which OpenSSL, unlike us, knows only the reason and no numbers or names."""

    def filled(finding: Finding) -> str:
        return _filled(template, finding) if finding.presented else f"{_who(finding)}: {finding.reason}"

    return filled


def _malformed(finding: Finding) -> str:
    return finding.reason if finding.certificate is None else f"{_who(finding)}: {finding.reason}"


def _unknown_anchor(finding: Finding) -> str:
    if not finding.expected:
        name = finding.certificate.name if finding.certificate is not None else ""
        return f"the chain leads to {name}, which is not trusted here"
    return f"{_who(finding)} was issued by {finding.expected}, which is not trusted here; {_missing(finding)}"


def _add_or_complete(finding: Finding) -> str:
    if not finding.expected:
        return "if it is your CA, add it with --ca-file; if not, use a certificate of a trusted CA"
    complete = _make(finding, server="make the server send", file="put into the file")
    return (
        f"add it with --ca-file if you trust it, or {complete} the missing certificate, or a cross-certificate of a"
        f" trusted CA{_published(finding)}"
    )


def _missing(finding: Finding) -> str:
    """Say that the issuer is not among the presented, or is there with a key that did not sign."""
    if finding.presented:
        where = _make(finding, server="the server sent", file="is in the file")
        return f"the {finding.expected} that {where} has {finding.presented} than the one that signed"
    return f"{_make(finding, server='server did not send', file='the file does not contain')} {finding.expected}"


def _published(finding: Finding) -> str:
    return f" (published at {finding.reason})" if finding.reason else ""


def _replace_expired(finding: Finding) -> str:
    if not finding.presenter:
        return "update the trust anchors"
    successor = _make(finding, server="make the server send its successor", file="put its successor into the file")
    return f"{successor}, or nothing in its place if the chain is valid without it"


def _reissue_or_present(finding: Finding) -> str:
    wanted = finding.expected
    remedy = f"reissue it for {wanted}, or " + _make(
        finding,
        server=f"make the server use the certificate for {wanted}",
        file=f"put the certificate for {wanted} into the file",
    )
    return remedy if parse_address(wanted) is None else f"give the host name with --name, or {remedy}"


def _mismatch(finding: Finding) -> str:
    return f"hostname mismatch: the certificate is for {finding.presented}, not for {finding.expected}"


def _no_identifiers(finding: Finding) -> str:
    name = finding.certificate.name if finding.certificate is not None else ""
    return (
        f"hostname mismatch: the certificate has no subjectAltName for names or addresses, so it is not for"
        f" {finding.expected}; its subject {name} does not count"
    )


def _malformed_names(finding: Finding) -> str:
    return (
        f"hostname mismatch: the subjectAltName is malformed ({finding.reason}) and shows {finding.presented}, not"
        f" {finding.expected}"
    )


def _unexpected(finding: Finding) -> str:
    expected = f"the {finding.expected.removeprefix('its ')} of {_who(finding)}"
    if finding.presented == "TLS":
        return f"expected {expected}, but the server already speaks TLS"
    return f"expected {expected}, got {finding.presented}" + (f" ({finding.reason}?)" if finding.reason else "")


def _too_slow(finding: Finding) -> str:
    within = "" if finding.seconds is None else f" within {fixed(finding.seconds)} s"
    if finding.presented:
        return f"{_who(finding)} sent only {finding.presented} of {finding.expected}{within}"
    return f"{_who(finding)} did not send {finding.expected}{within}"


def _no_certificate(finding: Finding) -> str:
    return ": ".join(["no certificate to judge", *map(clause, finding.causes)])


def _broken_handshake(finding: Finding) -> str:
    return f"TLS handshake: {finding.presented}" + (f", {finding.reason}" if finding.reason else "")


def _strict(finding: Finding) -> str:
    return f"strict clients refuse {_who(finding)}: {finding.reason}"


_REISSUE = "reissue it"
_IS_IT_UP = "check that the service is running"
_LETS_US_IN = "check that the service is running and accepts connections from here"
_SPEAKS_TLS = "check that the service is running and speaks TLS on this port"
_BASELINE = "reissue it by a CA that follows the Baseline Requirements"

#: For what can go wrong before TLS, by the second part of the finding's id.
_PREAMBLES = {
    "not-offered": Phrases("{who} does not offer TLS: {reason}", "enable TLS in the server's configuration"),
    "refused": Phrases("{who} refused {expected}: {presented}", "check the server's log"),
    "trailing-data": Phrases(
        "{who} sent {presented} in plaintext after its go-ahead for TLS",
        "check whether somebody between here and the server injects it, and update the server",
    ),
    "too-long": Phrases("{who} sent {presented}", "check that this is the right service"),
    "closed": Phrases("{who} closed the connection {reason}", _LETS_US_IN),
    "reset": Phrases("the connection to {who} broke ({presented}) {reason}", _LETS_US_IN),
    "timeout": Phrases(_too_slow, _IS_IT_UP),
}

PHRASES: dict[FindingKind, Phrases] = {
    findings.EXPIRY_EXPIRED: Phrases("{who} expired {reason} ago ({presented})", "renew it now"),
    findings.EXPIRY_SOON: Phrases("{who} expires in {reason} ({presented})", "renew it"),
    findings.EXPIRY_UNDETERMINED: Phrases("the validity period of {who} cannot be read: {reason}", "replace it"),
    findings.EXPIRY_NO_CERTIFICATE: Phrases(_no_certificate),
    findings.LIFETIME_USED: Phrases("{presented} of the validity period of {who} is used up", "renew it"),
    findings.CHAIN_NO_TRUST_ANCHORS: Phrases("cannot judge the certification path: {reason}"),
    findings.CHAIN_EXPIRES_SOON: Phrases(
        "the certification path ends in {reason}, when {who} expires ({presented})",
        lambda finding: _make(
            finding,
            server="make the server send the full chain with its successor",
            file="put the full chain with its successor into the file",
        ),
    ),
    findings.CHAIN_INCOMPLETE: Phrases(
        lambda finding: f"chain incomplete: {_missing(finding)} (issuer of the end-entity certificate)",
        lambda finding: f"configure the full chain{_published(finding)}",
    ),
    findings.CHAIN_UNKNOWN_ANCHOR: Phrases(_unknown_anchor, _add_or_complete),
    findings.CHAIN_SELF_SIGNED: Phrases(
        "{who} is self-signed and not trusted", "use a CA-issued certificate, or trust this one with --ca-file"
    ),
    findings.CHAIN_EXPIRED: Phrases("{who} expired {presented}", _replace_expired),
    findings.CHAIN_NOT_YET_VALID: Phrases(
        "{who} is not valid before {presented}", "check the clocks, or use the previous certificate until then"
    ),
    findings.CHAIN_MALFORMED: Phrases(_malformed, _REISSUE),
    findings.CHAIN_TOO_COMPLEX: Phrases(
        "the presented chain of {presented} certificates allows more or longer paths than are tried ({expected}), or"
        " costs too much to judge",
        "present only the certificates of one path",
    ),
    findings.CHAIN_NOT_A_CA: Phrases(
        "{who} signed another certificate, but is not a CA certificate ({reason})", "use a CA-issued certificate"
    ),
    findings.CHAIN_PATH_LENGTH: Phrases(
        _by_evidence("{who} allows {expected} CA certificates below it, but there are {presented}"),
        "use a certificate issued directly by a CA that it allows",
    ),
    findings.CHAIN_KEY_USAGE: Phrases("{who} {reason}", _REISSUE),
    findings.CHAIN_PURPOSE: Phrases(
        _by_evidence("{who} is not for TLS servers: extendedKeyUsage has {presented}, not {expected}"),
        "reissue it for serverAuth",
    ),
    findings.CHAIN_WEAK_SIGNATURE: Phrases("{who} has a weak signature: {presented}; {expected} is required", _REISSUE),
    findings.CHAIN_NAME_CONSTRAINTS: Phrases(
        _by_evidence("{who} is for {presented}, but {reason}"), "get it from a CA that may issue it"
    ),
    findings.CHAIN_WEAK_KEY: Phrases(
        "{who} has a weak key: {presented}; {expected} is required", "replace it by one with a new key"
    ),
    findings.CHAIN_BAD_SIGNATURE: Phrases("{who}: {reason}", _REISSUE),
    findings.CHAIN_CRITICAL_EXTENSION: Phrases("{who}: {reason}", _REISSUE),
    findings.CHAIN_REFUSED: Phrases("{who}: {reason}", _REISSUE),
    findings.HOSTNAME_MISMATCH: Phrases(_mismatch, _reissue_or_present),
    findings.HOSTNAME_NO_IDENTIFIERS: Phrases(_no_identifiers, _reissue_or_present),
    findings.HOSTNAME_MALFORMED: Phrases(_malformed_names, _reissue_or_present),
    findings.SAN_MISSING: Phrases(
        "{reason} required names: {expected} missing, the certificate has {presented}", "reissue it with all names"
    ),
    findings.TIME_SLOW: Phrases(
        "slow: connecting and the TLS handshake took {presented}",
        "check whether the server or the network is overloaded",
    ),
    findings.TLS_VERSION: Phrases("the server negotiated {presented}", "change the TLS versions enabled on the server"),
    findings.KEY_STRENGTH: Phrases(
        "the key of {who}, {presented}, has {reason} bits of security", "reissue it for another key"
    ),
    findings.VALIDITY_PERIOD: Phrases("the validity period of {who} is {presented}", "reissue it for another period"),
    findings.ADDRESSES_DIFFER: Phrases(
        "a different end-entity certificate than at most addresses is presented at {presented}",
        "check that the renewed one was loaded there",
    ),
    findings.DEPLOYED_OTHER: Phrases(
        "the endpoint presents {presented}, not the certificate in {place}, {expected}", "make the server load the file"
    ),
    findings.JUDGING_TIMEOUT: Phrases(
        "{presented} chains could not be judged{within}", "give more time with --timeout, or name fewer files"
    ),
    findings.RESOLVE_FAILED: Phrases("cannot resolve {place}: {reason}", "check the spelling and your DNS"),
    findings.RESOLVE_TIMEOUT: Phrases("cannot resolve {place}: {reason}", "check the spelling and your DNS"),
    findings.CONNECT_REFUSED: Phrases(
        "cannot connect to {place}: nothing listens on this port ({reason})",
        "check that the service is running and listening on this port",
    ),
    findings.CONNECT_TIMEOUT: Phrases(
        "cannot connect to {place}: no answer{within}", "check that the host is up and no firewall is in the way"
    ),
    findings.CONNECT_FAILED: Phrases("cannot connect to {place}: {reason}", "check the network route"),
    findings.STARTTLS_NOT_OFFERED: _PREAMBLES["not-offered"],
    findings.STARTTLS_REFUSED: _PREAMBLES["refused"],
    findings.STARTTLS_UNEXPECTED: Phrases(_unexpected, "check that the port and --starttls belong together"),
    findings.STARTTLS_TRAILING_DATA: _PREAMBLES["trailing-data"],
    findings.STARTTLS_TOO_LONG: _PREAMBLES["too-long"],
    findings.STARTTLS_CLOSED: _PREAMBLES["closed"],
    findings.STARTTLS_RESET: _PREAMBLES["reset"],
    findings.STARTTLS_TIMEOUT: _PREAMBLES["timeout"],
    findings.PROXY_REFUSED: _PREAMBLES["refused"],
    findings.PROXY_UNEXPECTED: Phrases(_unexpected, "check that the port and --proxy belong together"),
    findings.PROXY_TOO_LONG: _PREAMBLES["too-long"],
    findings.PROXY_CLOSED: _PREAMBLES["closed"],
    findings.PROXY_RESET: _PREAMBLES["reset"],
    findings.PROXY_TIMEOUT: _PREAMBLES["timeout"],
    findings.HANDSHAKE_NOT_TLS: Phrases(
        "TLS handshake: the server does not speak TLS here, it sent {presented}", "use the port on which it does"
    ),
    findings.HANDSHAKE_TIMEOUT: Phrases("TLS handshake: timed out {reason}", _SPEAKS_TLS),
    findings.HANDSHAKE_CLOSED: Phrases("TLS handshake: the server closed the connection {reason}", _SPEAKS_TLS),
    findings.HANDSHAKE_RESET: Phrases("TLS handshake: the connection broke ({presented}) {reason}", _SPEAKS_TLS),
    findings.HANDSHAKE_ALERT: Phrases("TLS handshake: the server refused with the alert {presented}"),
    findings.HANDSHAKE_FAILED: Phrases(_broken_handshake, lambda finding: _SPEAKS_TLS if finding.reason else ""),
    findings.CREDENTIALS_UNREADABLE: Phrases(
        "{reason}", "check --client-cert, --client-key and the files with passwords"
    ),
    findings.FILE_UNREADABLE: Phrases(
        "cannot read {place}: {reason}", "check that it exists and that this user may read it"
    ),
    findings.FILE_TOO_LARGE: Phrases("{place} {reason}", "name the right file"),
    findings.FILE_NO_CERTIFICATE: Phrases("{place} contains {reason}", "name a file with a certificate"),
    findings.FILE_NOT_UNDERSTOOD: Phrases(
        "{place}: {reason}", "name a file that can be read, or its password with --password-file"
    ),
    findings.CERTIFICATE_UNREADABLE: Phrases(
        "certificate {presented} that the {presenter} presents cannot be read: {reason}", "replace it"
    ),
    findings.WEBPKI_KEY_IDENTIFIER: Phrases(_strict, _BASELINE),
    findings.WEBPKI_COMMON_NAME: Phrases(_strict, _BASELINE),
    findings.WEBPKI_BASIC_CONSTRAINTS: Phrases(_strict, _BASELINE),
    findings.WEBPKI_KEY: Phrases(_strict, _BASELINE),
    findings.WEBPKI_PURPOSE: Phrases(_strict, _BASELINE),
    findings.WEBPKI_SERIAL: Phrases(_strict, _BASELINE),
    findings.WEBPKI_SAN: Phrases(_strict, _BASELINE),
    findings.WEBPKI_NAME_CONSTRAINTS: Phrases(_strict, _BASELINE),
    findings.WEBPKI_EXTENSION: Phrases(_strict, _BASELINE),
    findings.WEBPKI_REFUSED: Phrases("a strict verifier refuses this chain: {reason}", _BASELINE),
    findings.RANGE_VIOLATED: Phrases("{reason} is {presented}", "check that the range is the one you want"),
    findings.TARGET_NOT_UNDERSTOOD: Phrases(
        "{reason}", "write HOST[:PORT] and options that differ from the command line's"
    ),
    findings.TARGET_NOT_REACHED: Phrases(
        "not checked: the time for the whole run was over before its turn",
        "raise --total-timeout or --jobs, or check fewer targets in one run",
    ),
}
