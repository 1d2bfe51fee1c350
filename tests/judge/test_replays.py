"""Outages that were in the news, laid out as they were and judged at the second they began.

Names and the dates of CA certificates are the real ones; keys are not, and end-entity certificates are of the usual
length of their day. A docstring's diagram reads from the end-entity certificate up; [..] is what was presented, and *
marks a trust anchor.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from check_tls_cert.fetch.trust import TrustAnchors
from check_tls_cert.judge import judge_target
from check_tls_cert.model.presented import Presented
from check_tls_cert.options import command_line
from check_tls_cert.report.plain import render
from check_tls_cert.x509.certificate import parse
from tests import pki
from tests.pki import Entity, authority, end_entity
from tests.program import run, without_facts

SECOND = timedelta(seconds=1)
NAMED = "hostname_match=1;;1:;0;1 san_coverage=100%;;100:;0;100"
OK, WARNING, CRITICAL = 0, 1, 2


def utc(text: str) -> datetime:
    """Return the moment that ``text`` (ISO 8601, UTC) stands for."""
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def stamp(moment: datetime) -> str:
    """Return ``moment`` as the program prints it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def ca(
    common_name: str,
    issuer: Entity | None,
    not_before: str,
    not_after: str,
    *,
    twin: Entity | None = None,
    extensions: Iterable[tuple[x509.ExtensionType, bool]] = (),
) -> Entity:
    """Return a CA certificate of those dates; with the key of ``twin``, if there is one."""
    return authority(
        common_name,
        issuer,
        not_before=utc(not_before),
        not_after=utc(not_after),
        key=twin.key if twin else None,
        extensions=extensions,
    )


def site(issuer: Entity, not_before: str, not_after: str, name: str = "www.example.org") -> Entity:
    """Return an end-entity certificate of those dates."""
    return end_entity(issuer, names=(name,), common_name=name, not_before=utc(not_before), not_after=utc(not_after))


class Seen(NamedTuple):
    """What the real program made of a replay: its first line without state and target, and its exit code."""

    line: str
    code: int


class Replay:
    """A chain on disk, judged at moments of choice by the real program, or in process."""

    def __init__(self, directory: Path, chain: tuple[Entity, ...], anchors: tuple[Entity, ...]) -> None:
        self._chain = chain
        self._anchors = anchors
        self._file = pki.write(directory / "chain.pem", *chain)
        self._ca_file = pki.write(directory / "ca.pem", *anchors)

    def at(self, moment: datetime, *extra: str, name: str = "www.example.org") -> Seen:
        """Return what the real program says at ``moment``; its state, label and time must be in place."""
        trust = ("--file", self._file, "--ca-file", self._ca_file)
        done = run(*trust, "--name", name, "--at", moment.isoformat(), *extra)
        assert done.err == ""
        first, *rest = done.out.splitlines()
        assert bool(rest) == ("-v" in extra)
        state = ("OK", "WARNING", "CRITICAL")[done.code]
        label = f"TLS_CERT {state} - [as of {stamp(moment)}] {self._file}"
        assert first.startswith(label)
        return Seen("\n".join([first[len(label) :].lstrip(": "), *rest]), done.code)

    def judged(self, moment: datetime) -> Seen:
        """Return the same, judged in process."""
        given = ("--file", "chain.pem", "--name", "www.example.org", "--at", moment.isoformat())
        chosen = command_line.parse(given, moment)
        presented = Presented(tuple(parse(one.der) for one in self._chain))
        verdict = judge_target([presented], chosen, TrustAnchors([parse(one.der) for one in self._anchors], ()))
        return Seen(without_facts(render(verdict, [presented], chosen)), verdict.exit_code)


class TestAddTrust:
    """AddTrust External CA Root, 2020-05-30 10:48:38Z.

    Source: "Sectigo AddTrust External CA Root Expiring May 30, 2020" (Sectigo's knowledge base); Roku, Stripe, Heroku
    and others had an outage, as OpenSSL 1.0 and GnuTLS took the expired path and looked for no other.

        [www.example.org] - [Sectigo RSA Domain Validation Secure Server CA]
            |- [USERTrust RSA Certification Authority, cross-certificate] - AddTrust External CA Root*, both expire
            `- USERTrust RSA Certification Authority*, self-signed, until 2038
    """

    END = utc("2020-05-30T10:48:38")

    @pytest.fixture
    def roots(self) -> tuple[Entity, Entity]:
        addtrust = ca("AddTrust External CA Root", None, "2000-05-30T10:48:38", "2020-05-30T10:48:38")
        usertrust = ca("USERTrust RSA Certification Authority", None, "2010-02-01T00:00:00", "2038-01-18T23:59:59")
        return addtrust, usertrust

    @pytest.fixture
    def chain(self, roots: tuple[Entity, Entity]) -> tuple[Entity, ...]:
        addtrust, usertrust = roots
        cross = ca(
            "USERTrust RSA Certification Authority",
            addtrust,
            "2000-05-30T10:48:38",
            "2020-05-30T10:48:38",
            twin=usertrust,
        )
        sectigo = ca(
            "Sectigo RSA Domain Validation Secure Server CA", usertrust, "2018-11-02T00:00:00", "2030-12-31T23:59:59"
        )
        return site(sectigo, "2020-01-10T00:00:00", "2021-01-09T23:59:59"), sectigo, cross

    @pytest.mark.parametrize("old_root_too", [False, True])
    def test_living_root(
        self, tmp_path: Path, roots: tuple[Entity, Entity], chain: tuple[Entity, ...], old_root_too: bool
    ) -> None:
        """OK one second later, too: clients that know the self-signed root do not need the cross-certificate."""
        replay = Replay(tmp_path, chain, roots if old_root_too else roots[1:])
        said = (
            'expires in 224 d (2021-01-09), path to "USERTrust RSA Certification Authority" valid, hostname matches, '
            "SANs cover 1/1 | expiry=224.54d;30:;15: lifetime_used=38.65%;91.8033;95.9016;0 chain_valid=1;;1:;0;1 "
            f"chain_expiry=3867.54d;30:;15: {NAMED}"
        )
        assert replay.at(self.END + SECOND) == Seen(said, OK)
        for moment in (self.END - timedelta(days=3), self.END, self.END + timedelta(days=180)):
            assert replay.judged(moment).code == OK

    def test_only_the_dying_root(self, tmp_path: Path, roots: tuple[Entity, Entity], chain: tuple[Entity, ...]) -> None:
        """CRITICAL afterwards, for both dead certificates; the countdown has begun a month before."""
        replay = Replay(tmp_path, chain, roots[:1])
        assert replay.judged(self.END - timedelta(days=31)).code == OK
        ends = (
            'the certification path ends in {}, when the CA certificate "USERTrust RSA Certification Authority" '
            "expires (2020-05-30T10:48:38Z), less than the required {} d; put the full chain with its successor into the file"
        )
        warned = replay.at(self.END - timedelta(days=20))
        assert (warned.code, warned.line.split(" | ")[0]) == (WARNING, ends.format("20 d", 30))
        assert "chain_expiry=20d;30:;15:" in warned.line
        last = replay.at(self.END)
        assert (last.code, last.line.split(" | ")[0]) == (CRITICAL, ends.format("0 s", 15))
        assert "chain_valid=1;;1:;0;1 chain_expiry=0d;30:;15:" in last.line

    def test_only_the_dead_root(self, tmp_path: Path, roots: tuple[Entity, Entity], chain: tuple[Entity, ...]) -> None:
        said = (
            'the intermediate CA certificate "USERTrust RSA Certification Authority" expired 2020-05-30T10:48:38Z; put its successor into the file, or nothing in its place if the chain is valid without it. The trust anchor '
            '"AddTrust External CA Root" expired 2020-05-30T10:48:38Z; update the trust anchors | '
            f"expiry=224.54d;30:;15: lifetime_used=38.65%;91.8033;95.9016;0 chain_valid=0;;1:;0;1 {NAMED}"
        )
        assert Replay(tmp_path, chain, roots[:1]).at(self.END + SECOND) == Seen(said, CRITICAL)


class TestDstRoot:
    """DST Root CA X3, 2021-09-30 14:01:15Z.

    Source: "DST Root CA X3 Expiration (September 2021)", Let's Encrypt's documentation. The cross-certificate outlives
    the root that signed it, because Android does not look at the dates of a trust anchor; OpenSSL 1.0.2 and many
    middleboxes do, and refused the path although they knew ISRG Root X1.

        [www.example.org] - [R3]
            |- [ISRG Root X1, cross-certificate, until 2024] - DST Root CA X3*, expires
            `- ISRG Root X1*, self-signed, until 2035
    """

    END = utc("2021-09-30T14:01:15")
    BEFORE_RENEWAL = "2021-08-15T10:00:00"

    @pytest.fixture
    def roots(self) -> tuple[Entity, Entity]:
        dst = ca("DST Root CA X3", None, "2000-09-30T21:12:19", "2021-09-30T14:01:15")
        return dst, ca("ISRG Root X1", None, "2015-06-04T11:04:38", "2035-06-04T11:04:38")

    @pytest.fixture
    def chain(self, roots: tuple[Entity, Entity]) -> tuple[Entity, ...]:
        dst, isrg = roots
        cross = ca("ISRG Root X1", dst, "2021-01-20T19:14:03", "2024-09-30T18:14:03", twin=isrg)
        r3 = ca("R3", isrg, "2020-09-04T00:00:00", "2025-09-15T16:00:00")
        return site(r3, self.BEFORE_RENEWAL, "2021-11-13T09:59:59"), r3, cross

    @pytest.mark.parametrize("old_root_too", [False, True])
    def test_living_root(
        self, tmp_path: Path, roots: tuple[Entity, Entity], chain: tuple[Entity, ...], old_root_too: bool
    ) -> None:
        """OK with ISRG Root X1 as trust anchor, and no alarm in advance: what ends first is R3, four years later."""
        replay = Replay(tmp_path, chain, roots if old_root_too else roots[1:])
        said = (
            'expires in 43 d (2021-11-13), path to "ISRG Root X1" valid, hostname matches, SANs cover 1/1 | '
            "expiry=43.83d;22.5:;9: lifetime_used=51.3%;75;90;0 chain_valid=1;;1:;0;1 chain_expiry=1446.08d;22.5:;9: "
            f"{NAMED}"
        )
        assert replay.at(self.END + SECOND) == Seen(said, OK)
        assert replay.judged(self.END - timedelta(days=3)).code == OK

    def test_only_the_dying_root(self, tmp_path: Path, roots: tuple[Entity, Entity], chain: tuple[Entity, ...]) -> None:
        """CRITICAL three days before: the trust anchor itself ends the path, not the cross-certificate below it."""
        seen = Replay(tmp_path, chain, roots[:1]).at(self.END - timedelta(days=3), "-v")
        said = (
            'the certification path ends in 3 d, when the CA certificate "DST Root CA X3" expires '
            "(2021-09-30T14:01:15Z), less than the required 9 d; put the full chain with its successor into the file"
        )
        assert (seen.code, seen.line.split(" | ")[0]) == (CRITICAL, said)
        assert "chain_valid=1;;1:;0;1 chain_expiry=3d;22.5:;9:" in seen.line
        assert 'a path validates until 2021-09-30T14:01:15Z, when "DST Root CA X3" expires (2021-09-30)' in seen.line

    def test_only_the_dead_root(self, tmp_path: Path, roots: tuple[Entity, Entity], chain: tuple[Entity, ...]) -> None:
        """CRITICAL, for the trust anchor alone: an anchor's notAfter counts, as it does for OpenSSL."""
        said = (
            'the trust anchor "DST Root CA X3" expired 2021-09-30T14:01:15Z; update the trust anchors | '
            f"expiry=43.83d;22.5:;9: lifetime_used=51.3%;75;90;0 chain_valid=0;;1:;0;1 {NAMED}"
        )
        assert Replay(tmp_path, chain, roots[:1]).at(self.END + SECOND) == Seen(said, CRITICAL)


class TestGmail:
    """Google Internet Authority G2, 2015-04-04 15:15:55Z.

    Source: Google Apps status of 2015-04-04, and the press of that day: smtp.gmail.com went on with certificates whose
    issuer's certificate had expired, though Google had one for the same key and until 2016 since long.

        [smtp.gmail.com, until 2015-06-30] - [Google Internet Authority G2, expires] - [GeoTrust Global CA*]
    """

    END = utc("2015-04-04T15:15:55")
    NAME = "smtp.gmail.com"

    @pytest.fixture
    def root(self) -> Entity:
        return ca("GeoTrust Global CA", None, "2002-05-21T04:00:00", "2022-05-21T04:00:00")

    @pytest.fixture
    def chain(self, root: Entity) -> tuple[Entity, ...]:
        giag2 = ca("Google Internet Authority G2", root, "2013-04-05T15:15:55", "2015-04-04T15:15:55")
        return site(giag2, "2015-01-01T00:00:00", "2015-06-30T00:00:00", self.NAME), giag2, root

    @pytest.fixture
    def replay(self, tmp_path: Path, root: Entity, chain: tuple[Entity, ...]) -> Replay:
        return Replay(tmp_path, chain, (root,))

    @pytest.mark.parametrize(("days", "wanted", "code"), [(40, 0, OK), (20, 30, WARNING), (14, 15, CRITICAL)])
    def test_in_advance(self, replay: Replay, days: int, wanted: int, code: int) -> None:
        """The end-entity certificate has months to live, and the path has not: chain_expiry alarms."""
        seen = replay.at(self.END - timedelta(days=days), name=self.NAME)
        said = (
            f'the certification path ends in {days} d, when the CA certificate "Google Internet Authority G2" expires '
            f"(2015-04-04T15:15:55Z), less than the required {wanted} d; put the full chain with its successor into the file | "
        )
        assert seen.code == code
        assert seen.line.startswith(said) == (code != OK)
        assert f"chain_valid=1;;1:;0;1 chain_expiry={days}d;30:;15:" in seen.line

    def test_afterwards(self, replay: Replay) -> None:
        said = (
            'the intermediate CA certificate "Google Internet Authority G2" expired 2015-04-04T15:15:55Z; put its successor into the file, or nothing in its place if the chain is valid without it | expiry=86.36d;30:;15: '
            f"lifetime_used=52.03%;83.3333;91.6667;0 chain_valid=0;;1:;0;1 {NAMED}"
        )
        assert replay.at(self.END + SECOND, name=self.NAME) == Seen(said, CRITICAL)

    def test_mended(self, tmp_path: Path, root: Entity, chain: tuple[Entity, ...]) -> None:
        """OK with the successor, which has the same name and key, even beside the dead one."""
        leaf, dead, _ = chain
        living = ca("Google Internet Authority G2", root, "2013-04-05T15:15:55", "2016-12-31T23:59:59", twin=dead)
        for number, presented in enumerate(((leaf, living), (leaf, dead, living), (leaf, living, dead))):
            directory = tmp_path / str(number)
            directory.mkdir()
            seen = Replay(directory, presented, (root,)).at(self.END + SECOND, name=self.NAME)
            assert (seen.code, "chain_expiry=637.36d;30:;15:" in seen.line) == (OK, True)


class TestAddOns:
    """Firefox add-ons' intermediate CA, 2019-05-04 00:09:46Z.

    Source: Mozilla's bug 1548973, "All extensions disabled due to expiration of intermediate signing cert".
    The certificates are for code signing; so that is a reason of its own, and accepted here to see the dates alone.

        [add-on] - [signingca1.addons.mozilla.org, expires] - root-ca-production-amo*
    """

    END = utc("2019-05-04T00:09:46")
    NAME = "add-on.example.org"
    ACCEPT = ("--accept", "chain.purpose")

    @pytest.fixture
    def replay(self, tmp_path: Path) -> Replay:
        code_signing = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])
        root = ca("root-ca-production-amo", None, "2015-03-17T22:53:57", "2025-03-14T22:53:57")
        signing = ca(
            "signingca1.addons.mozilla.org",
            root,
            "2017-05-04T00:09:46",
            "2019-05-04T00:09:46",
            extensions=[(code_signing, True)],
        )
        add_on = end_entity(
            signing,
            names=(self.NAME,),
            common_name=self.NAME,
            not_before=utc("2018-05-04T00:00:00"),
            not_after=utc("2023-05-03T00:00:00"),
            purposes=(ExtendedKeyUsageOID.CODE_SIGNING,),
        )
        return Replay(tmp_path, (add_on, signing), (root,))

    def test_in_advance(self, replay: Replay) -> None:
        """The add-ons' own certificates had years to live; a monitor would have warned for a month."""
        seen = replay.at(self.END - timedelta(days=7), *self.ACCEPT, name=self.NAME)
        said = (
            'the certification path ends in 7 d, when the CA certificate "signingca1.addons.mozilla.org" expires '
            "(2019-05-04T00:09:46Z), less than the required 15 d; put the full chain with its successor into the file | "
        )
        assert (seen.code, seen.line.startswith(said)) == (CRITICAL, True)
        assert "chain_valid=1;;1:;0;1 chain_expiry=7d;30:;15:" in seen.line

    def test_last_second(self, replay: Replay) -> None:
        seen = replay.at(self.END, *self.ACCEPT, name=self.NAME)
        assert (seen.code, "chain_valid=1;;1:;0;1 chain_expiry=0d;30:;15:" in seen.line) == (CRITICAL, True)

    def test_afterwards(self, replay: Replay) -> None:
        seen = replay.at(self.END + SECOND, *self.ACCEPT, name=self.NAME)
        said = 'the intermediate CA certificate "signingca1.addons.mozilla.org" expired 2019-05-04T00:09:46Z; put its successor into the file, or nothing in its place if the chain is valid without it | '
        assert (seen.code, seen.line.startswith(said)) == (CRITICAL, True)

    def test_every_reason(self, replay: Replay) -> None:
        """Nothing accepted, the purpose of both certificates shows beside the date of one."""
        seen = replay.at(self.END + SECOND, name=self.NAME)
        purpose = "is not for TLS servers: extendedKeyUsage has codeSigning, not serverAuth"
        assert seen.code == CRITICAL
        assert seen.line.count(purpose) == 2
        assert "expired 2019-05-04T00:09:46Z" in seen.line


class TestExpiredCrossCertificate:
    """A dead cross-certificate beside a living one: OK, in whatever order they are presented.

        [www.example.org] - [Example Issuing CA 3]
            |- [Example Root R2, cross-certificate, expired] - Example Root R0*
            `- [Example Root R2, cross-certificate, living] - Example Root R1*

    The layout of AddTrust and of DST Root CA X3 for clients that know neither new root (RFC 4158, section 2.3).
    """

    NOW = utc("2026-01-15T12:00:00")

    @pytest.fixture
    def pieces(self) -> dict[str, Entity]:
        r0 = ca("Example Root R0", None, "2010-01-01T00:00:00", "2030-01-01T00:00:00")
        r1 = ca("Example Root R1", None, "2012-01-01T00:00:00", "2032-01-01T00:00:00")
        r2 = ca("Example Root R2", None, "2020-01-01T00:00:00", "2040-01-01T00:00:00")
        issuing = ca("Example Issuing CA 3", r2, "2024-01-01T00:00:00", "2034-01-01T00:00:00")
        return {
            "r0": r0,
            "r1": r1,
            "r2": r2,
            "dead": ca("Example Root R2", r0, "2020-01-01T00:00:00", "2026-01-15T11:59:59", twin=r2),
            "living": ca("Example Root R2", r1, "2020-01-01T00:00:00", "2029-01-15T12:00:00", twin=r2),
            "issuing": issuing,
            "site": site(issuing, "2025-12-16T12:00:00", "2026-03-16T11:59:59"),
        }

    @pytest.mark.parametrize("order", ["dead living", "living dead"])
    @pytest.mark.parametrize("anchors", ["r0 r1", "r1 r0", "r1"])
    def test_another_cross_certificate(
        self, tmp_path: Path, pieces: dict[str, Entity], order: str, anchors: str
    ) -> None:
        chain = [pieces[name] for name in f"site issuing {order}".split()]
        replay = Replay(tmp_path, tuple(chain), tuple(pieces[name] for name in anchors.split()))
        said = (
            'expires in 59 d (2026-03-16), path to "Example Root R1" valid, hostname matches, SANs cover 1/1 | '
            "expiry=59.99d;22.5:;9: lifetime_used=33.34%;75;90;0 chain_valid=1;;1:;0;1 chain_expiry=1096d;22.5:;9: "
            f"{NAMED}"
        )
        assert replay.at(self.NOW) == Seen(said, OK)

    def test_living_root(self, tmp_path: Path, pieces: dict[str, Entity]) -> None:
        """OK with the new root as anchor and only the dead cross-certificate presented."""
        chain = (pieces["site"], pieces["issuing"], pieces["dead"])
        seen = Replay(tmp_path, chain, (pieces["r0"], pieces["r2"])).at(self.NOW)
        assert (seen.code, 'path to "Example Root R2" valid' in seen.line) == (OK, True)

    def test_none_living(self, tmp_path: Path, pieces: dict[str, Entity]) -> None:
        """CRITICAL where the dead one is all there is, and only it is named: R0 lives."""
        chain = (pieces["site"], pieces["issuing"], pieces["dead"])
        seen = Replay(tmp_path, chain, (pieces["r0"],)).at(self.NOW)
        said = 'the intermediate CA certificate "Example Root R2" expired 2026-01-15T11:59:59Z; put its successor into the file, or nothing in its place if the chain is valid without it | '
        assert (seen.code, seen.line.startswith(said), seen.line.count("expired")) == (CRITICAL, True, 1)


class TestRenewalAppended:
    """An expired end-entity certificate with its renewal behind it: CRITICAL, because the first one is presented.

        [www.example.org, expired] - [Example Issuing CA 3] - Example Root R1*, and [www.example.org, renewed] beside

    A deployment script that appends (``>>``) where it should replace; servers present the first of the file
    (RFC 8446, 4.4.2: the sender's certificate comes first), and clients look at no other.
    """

    NOW = utc("2026-01-15T12:00:00")

    @pytest.fixture
    def pieces(self) -> tuple[Entity, ...]:
        root = ca("Example Root R1", None, "2020-01-01T00:00:00", "2040-01-01T00:00:00")
        issuing = ca("Example Issuing CA 3", root, "2024-01-01T00:00:00", "2034-01-01T00:00:00")
        old = site(issuing, "2025-10-15T12:00:00", "2026-01-13T12:00:00")
        return old, site(issuing, "2025-12-16T12:00:00", "2026-03-16T12:00:00"), issuing, root

    @pytest.mark.parametrize("directly_behind", [False, True])
    def test_appended(self, tmp_path: Path, pieces: tuple[Entity, ...], directly_behind: bool) -> None:
        """The path is well, so the one problem is the date, and it is expiry's (DESIGN: charged to one metric)."""
        old, new, issuing, root = pieces
        chain = (old, new, issuing) if directly_behind else (old, issuing, new, issuing)
        said = (
            'the end-entity certificate "www.example.org" expired 2 d ago (2026-01-13T12:00:00Z); renew it now | '
            "expiry=-2d;22.5:;9: lifetime_used=102.23%;75;90;0 chain_valid=1;;1:;0;1 chain_expiry=2907.5d;22.5:;9: "
            f"{NAMED}"
        )
        assert Replay(tmp_path, chain, (root,)).at(self.NOW) == Seen(said, CRITICAL)

    def test_put_first(self, tmp_path: Path, pieces: tuple[Entity, ...]) -> None:
        """OK the other way round: what is left of the old one behind it harms nobody."""
        old, new, issuing, root = pieces
        seen = Replay(tmp_path, (new, issuing, old, issuing), (root,)).at(self.NOW)
        said = 'expires in 60 d (2026-03-16), path to "Example Root R1" valid, hostname matches, SANs cover 1/1 | '
        assert (seen.code, seen.line.startswith(said)) == (OK, True)
