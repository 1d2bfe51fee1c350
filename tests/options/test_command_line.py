"""The command line to `Options`: what each spelling means, and what cannot be meant."""

from __future__ import annotations

import socket
from datetime import datetime, timedelta, timezone

import pytest

from check_tls_cert.model.metrics import METRICS
from check_tls_cert.model.target import AnchorLocations, Options
from check_tls_cert.options.command_line import parse
from check_tls_cert.options.errors import UsageError
from check_tls_cert.x509.identity import DNS_ID, IP_ID

NOW = datetime(2026, 1, 15, 12, 0, 0, 123456, tzinfo=timezone.utc)


def parsed(*arguments: str) -> Options:
    return parse(arguments, NOW)


def error(*arguments: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse(arguments, NOW)
    return str(caught.value)


class TestEndpoint:
    """HOST in every spelling."""

    @pytest.mark.parametrize(
        ("arguments", "label", "address", "port", "server_name"),
        [
            (("-H", "www.example.org"), "www.example.org:443", "www.example.org", 443, "www.example.org"),
            (("-H", "WWW.Example.ORG."), "www.example.org:443", "www.example.org", 443, "www.example.org"),
            (("-H", "www.example.org:8443"), "www.example.org:8443", "www.example.org", 8443, "www.example.org"),
            (("-H", "www.example.org", "-p", "8443"), "www.example.org:8443", "www.example.org", 8443, None),
            (("-H", "www.example.org:8443", "-p", "8443"), "www.example.org:8443", "www.example.org", 8443, None),
            (("-H", "192.0.2.1"), "192.0.2.1:443", "192.0.2.1", 443, ""),
            (("-H", "192.0.2.1:993"), "192.0.2.1:993", "192.0.2.1", 993, ""),
            (("-H", "2001:db8::1"), "[2001:db8::1]:443", "2001:db8::1", 443, ""),
            (("-H", "[2001:db8::1]"), "[2001:db8::1]:443", "[2001:db8::1]", 443, ""),
            (("-H", "[2001:db8::1]:993"), "[2001:db8::1]:993", "[2001:db8::1]", 993, ""),
            (
                ("-H", "b\u00fccher.example"),
                "xn--bcher-kva.example (b\\xfccher.example):443",
                "xn--bcher-kva.example",
                443,
                "xn--bcher-kva.example",
            ),
        ],
    )
    def test_spellings(
        self, arguments: tuple[str, ...], label: str, address: str, port: int, server_name: str | None
    ) -> None:
        target = parsed(*arguments).target
        assert (target.label, target.address, target.port) == (label, address, port)
        if server_name is not None:
            assert (target.server_name or "") == server_name
        assert target.required == (target.reference,)
        assert target.paths == ()

    @pytest.mark.parametrize(
        ("arguments", "port"),
        [
            (("-p", "ldaps"), 636),
            (("--starttls", "smtp"), 25),
            (("--starttls", "submission"), 587),
            (("--starttls", "imap", "-p", "1143"), 1143),
        ],
    )
    def test_ports_of_services_and_protocols(self, arguments: tuple[str, ...], port: int) -> None:
        assert parsed("-H", "mail.example.org", *arguments).target.port == port
        assert parsed("-H", "mail.example.org:imaps").target.port == 993

    def test_way(self) -> None:
        way = parsed("-H", "a.example", "--alpn", "h2, http/1.1", "--client-cert", "c", "--starttls", "ldap").target.way
        assert (way.alpn, way.client_certificate, way.client_key, way.starttls) == (("h2", "http/1.1"), "c", "", "ldap")

    def test_address_is_where_to_connect_and_nothing_else(self) -> None:
        target = parsed("-H", "www.example.org", "--address", "192.0.2.17").target
        assert (target.label, target.address) == ("www.example.org:443 at 192.0.2.17", "192.0.2.17")
        assert target.server_name == "www.example.org"
        assert target.reference is not None
        assert target.reference.value == "www.example.org"

    def test_address_may_be_a_name(self) -> None:
        target = parsed("-H", "www.example.org", "--address", "Node1.Example.net").target
        assert (target.address, target.server_name) == ("node1.example.net", "www.example.org")

    @pytest.mark.parametrize(
        ("arguments", "server_name"),
        [
            (("--sni", "sni.example.org"), "sni.example.org"),
            (("--sni", ""), None),
            (("--name", "name.example.org"), "www.example.org"),
        ],
    )
    def test_server_name(self, arguments: tuple[str, ...], server_name: str | None) -> None:
        assert parsed("-H", "www.example.org", *arguments).target.server_name == server_name

    def test_server_name_of_an_address_is_the_reference_identifier_if_that_is_a_name(self) -> None:
        target = parsed("-H", "192.0.2.1", "--name", "www.example.org").target
        assert target.server_name == "www.example.org"
        target = parsed("-H", "192.0.2.1", "--name", "192.0.2.2").target
        assert target.server_name is None
        assert target.reference is not None
        assert target.reference.kind == IP_ID

    def test_required_names(self) -> None:
        target = parsed("-H", "a.example.org", "--san", "b.example.org, *.example.net", "--san", "192.0.2.1").target
        assert [name.text for name in target.required] == ["b.example.org", "*.example.net", "192.0.2.1"]
        assert [name.kind for name in target.required] == [DNS_ID, DNS_ID, IP_ID]

    def test_required_names_count_once(self) -> None:
        target = parsed("-H", "a.example", "--san", "b.example,B.example.,b.example").target
        assert [name.value for name in target.required] == ["b.example"]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("-H", ""), '-H: "" is not a DNS name or IP address'),
            (("-H", "a.example:"), '-H: the port must be a number from 1 to 65535, not ""'),
            (("-H", "a.example:0"), '-H: the port must be a number from 1 to 65535, not "0"'),
            (("-H", "a.example:http"), '-H: the port must be a number from 1 to 65535, not "http"'),
            (
                ("-H", "a.example", "-p", "smtp"),
                '-p: the port must be a number from 1 to 65535, not "smtp"; did you mean --starttls smtp?',
            ),
            (("-H", "a.example", "--starttls", "telnet"), None),
            (
                ("-H", "a.example", "--proxy", "ftp://b"),
                '--proxy: "ftp://b" is not a proxy URL; use http://[user@]host:port or socks5://[user@]host:port',
            ),
            (
                ("-H", "a.example", "--proxy", "http://b:99999"),
                '--proxy: "http://b:99999" is not a proxy URL: its port must be a number from 1 to 65535',
            ),
            (
                ("-H", "a.example", "--proxy", "http://me:secret@b"),
                "--proxy: a URL with a password, which every user could read; use --proxy-password-file",
            ),
            (
                ("-H", "a.example", "--proxy", "http://b", "--all-addresses"),
                "--all-addresses does not go with --proxy, which resolves the name itself",
            ),
            (("-H", "a.example", "--dtls", "--starttls", "smtp"), "--starttls does not go with --dtls"),
            (("-H", "a.example", "--dtls", "--proxy", "http://b"), "--proxy does not go with --dtls"),
            (("-H", "a.example", "--client-key", "k"), "--client-key needs --client-cert"),
            (("-H", "a.example", "--password-file", "k"), "--password-file needs --client-cert"),
            (
                ("-H", "a.example", "--alpn", "h2,"),
                '--alpn: "h2," is not a list of protocol names, such as h2,http/1.1',
            ),
            (("-H", "a.example", "-p", "-1"), None),
            (("-H", "a.example", "-p", "1" * 5000), None),
            (("-H", "[2001:db8::1]:x"), '-H: the port must be a number from 1 to 65535, not "x"'),
            (("-H", "a.example:443", "-p", "444"), "-H and -p name different ports, 443 and 444"),
            (("-H", "a.example", "--address", "-"), '--address: "-" is not a DNS name or IP address'),
            (("-H", "a.example", "--address", ""), '--address: "" is not a DNS name or IP address'),
            (
                ("-H", "a.example", "--sni", "192.0.2.1"),
                "--sni: an IP address is never sent as server name; use '' for none",
            ),
            (("-H", "a.example", "--sni", "a b"), '--sni: "a b" is not a DNS name or IP address'),
            (("-H", "a.example", "--name", "*.example"), '--name: "*.example" is not a DNS name or IP address'),
            (("-H", "a.example", "--san", "b.example,,"), '--san: "" is not a DNS name or IP address'),
            (("-H", "a.example", "-H", "b.example"), "use either -H or --file, not both"),
            (("-H", "192.0.2.1", "-6"), "-6 does not go with the address 192.0.2.1"),
            (
                ("-H", "www.example.org", "--address", "2001:db8::1", "-4"),
                "-4 does not go with the address 2001:db8::1",
            ),
            (("-H", "a.example", "-4", "-6"), "argument -6/--ipv6: not allowed with argument -4/--ipv4"),
        ],
    )
    def test_errors(self, arguments: tuple[str, ...], message: str | None) -> None:
        shown = error(*arguments)
        if message is not None:
            assert shown == message


class TestFile:
    """--file."""

    def test_without_a_name_no_name_is_expected(self) -> None:
        target = parsed("--file", "site.pem").target
        assert (target.label, target.paths, target.reference, target.required) == ("site.pem", ("site.pem",), None, ())

    def test_name_is_required_too(self) -> None:
        target = parsed("--file", "site.pem", "--name", "www.example.org").target
        assert target.required == (target.reference,)

    def test_required_names_need_no_reference_identifier(self) -> None:
        target = parsed("--file", "-", "--san", "www.example.org").target
        assert (target.label, target.reference) == ("standard input", None)
        assert [name.value for name in target.required] == ["www.example.org"]

    @pytest.mark.parametrize(
        "option",
        [
            *(("--port", "443"), ("--address", "192.0.2.1"), ("--sni", "a.example"), ("--ipv4",), ("--ipv6",)),
            *(("--starttls", "smtp"), ("--proxy", "http://b"), ("--all-addresses",), ("--deployed", "x")),
        ],
    )
    def test_options_of_an_endpoint(self, option: tuple[str, ...]) -> None:
        assert error("--file", "site.pem", *option) == f"{option[0]} does not go with --file"

    def test_empty_path(self) -> None:
        assert error("--file", "") == "--file: the path is empty"

    def test_label_is_printable(self) -> None:
        assert parsed("--file", "a|b\n\x1b[2J.pem").target.label == "a/b\\x0a\\x1b[2J.pem"


class TestTime:
    """--at and the present."""

    def test_present_is_in_whole_seconds(self) -> None:
        options = parsed("-H", "a.example")
        assert (options.validation_time, options.rehearsal) == (NOW.replace(microsecond=0), False)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2027-01-31", "2027-01-31T00:00:00+00:00"),
            ("2027-01-31T06:00Z", "2027-01-31T06:00:00+00:00"),
            ("2027-01-31T06:00:30z", "2027-01-31T06:00:30+00:00"),
            (" 2027-01-31 06:00 ", "2027-01-31T06:00:00+00:00"),
            ("2027-01-31T06:00+02:00", "2027-01-31T04:00:00+00:00"),
            ("+30d", "2026-02-14T12:00:00+00:00"),
            ("+30", "2026-02-14T12:00:00+00:00"),
            ("+1.5h", "2026-01-15T13:30:00+00:00"),
            ("+2w", "2026-01-29T12:00:00+00:00"),
        ],
    )
    def test_forms(self, text: str, expected: str) -> None:
        options = parsed("-H", "a.example", "--at", text)
        assert (options.validation_time.isoformat(), options.rehearsal) == (expected, True)
        assert options.validation_time.utcoffset() == timedelta(0)

    @pytest.mark.parametrize(
        "text", ["", "tomorrow", "2027-02-29", "+9999999w", "30d", "+d", "0001-01-01T00:00+14:00", "+1.5e3d"]
    )
    def test_no_times(self, text: str) -> None:
        assert error("-H", "a.example", f"--at={text}") == (
            f'--at: "{text}" is not a valid time; use for example 2027-01-31, 2027-01-31T06:00Z or +30d'
        )


class TestGeneral:
    """The rest."""

    @pytest.mark.parametrize(("text", "seconds"), [("1", 1.0), ("0.5", 0.5), ("86400", 86_400.0)])
    def test_timeout(self, text: str, seconds: float) -> None:
        assert parsed("-H", "a.example", "-t", text).timeout == seconds

    def test_the_word_default_is_a_range_that_is_not_given(self) -> None:
        assert parsed("-H", "a.example", "-w", "default", "--time-critical=default") == parsed("-H", "a.example")

    @pytest.mark.parametrize("text", ["", "0.0", "-1", "1e3", "nan", "inf", "86401", "ten", "1" * 400])
    def test_impossible_timeout(self, text: str) -> None:
        assert error("-H", "a.example", f"--timeout={text}").startswith("-t: the timeout must be a number of seconds")

    @pytest.mark.parametrize(
        ("arguments", "family"), [((), 0), (("-4",), socket.AF_INET), (("--ipv6",), socket.AF_INET6)]
    )
    def test_family(self, arguments: tuple[str, ...], family: int) -> None:
        assert parsed("-H", "a.example", *arguments).family == family

    @pytest.mark.parametrize(("arguments", "level"), [((), 0), (("-v",), 1), (("-vv", "-v"), 3), (("-vvvvv",), 3)])
    def test_verbosity(self, arguments: tuple[str, ...], level: int) -> None:
        assert parsed("-H", "a.example", *arguments).verbosity == level

    @pytest.mark.parametrize(
        ("arguments", "locations"),
        [
            ((), AnchorLocations((), (), True)),
            (("--ca-file", "a", "--ca-file", "b"), AnchorLocations(("a", "b"), (), False)),
            (("--ca-path", "d"), AnchorLocations((), ("d",), False)),
            (("--ca-path", "d", "--system-ca"), AnchorLocations((), ("d",), True)),
        ],
    )
    def test_trust_anchors(self, arguments: tuple[str, ...], locations: AnchorLocations) -> None:
        assert parsed("-H", "a.example", *arguments).anchors == locations

    def test_accepted_findings(self) -> None:
        options = parsed("-H", "a.example", "--accept", "chain.self-signed, expiry.soon", "--accept", "san.missing")
        assert options.accept == {"chain.self-signed", "expiry.soon", "san.missing"}

    def test_unknown_finding(self) -> None:
        assert error("-H", "a.example", "--accept", "chain.incomplet").startswith(
            '--accept: unknown finding id "chain.incomplet"; did you mean chain.incomplete or '
        )
        assert error("-H", "a.example", "--accept", "x") == (
            '--accept: unknown finding id "x"; -v shows the id of each finding'
        )

    def test_unknown_option(self) -> None:
        assert error("-H", "a.example", "--startls", "smtp") == "unknown option --startls (did you mean --starttls?)"
        assert error("-H", "a.example", "--startls=smtp") == "unknown option --startls (did you mean --starttls?)"
        assert error("-H", "a.example", "-x") == "unknown option -x"

    def test_host_without_its_option(self) -> None:
        assert error("www.example.org") == ("www.example.org: host names need -H: check_tls_cert -H www.example.org")

    def test_nothing_to_check(self) -> None:
        assert error() == "nothing to check: use -H HOST or --file PATH"

    def test_unknown_profile(self) -> None:
        assert "--profile" in error("-H", "a.example", "--profile", "strict")

    @pytest.mark.parametrize("name", METRICS)
    def test_thresholds_of_every_metric(self, name: str) -> None:
        option = name.replace("_", "-")
        pair = parsed("-H", "a.example", f"--{option}-warning=1:", f"--{option}-critical=0.5:").thresholds[name]
        assert [threshold and threshold.text for threshold in pair] == ["1:", "0.5:"]
        assert pair == parsed("-H", "a.example", f"--{option}-critical=0.5:", f"--{option}-warning=1:").thresholds[name]

    def test_short_thresholds_are_those_of_expiry(self) -> None:
        pair = parsed("-H", "a.example", "-w", "21", "-c7").thresholds["expiry"]
        assert [threshold and threshold.text for threshold in pair] == ["21", "7"]
