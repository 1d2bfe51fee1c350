"""Peers, files and circumstances that mean harm: the run ends, in one safe line, with a state that says what is known.

What can be broken octet by octet is in fuzz/; here is what takes a peer, a system or a user that plays along.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Callable, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from check_tls_cert.model.metrics import METRICS
from tests import pki, servers
from tests.pki import EPOCH, authority, days, end_entity
from tests.program import AT, ROOT, Run, run
from tests.servers import Behaviour

CA = authority("Example Root R1")
ISSUING = authority("Example Issuing CA 3", CA)

#: What each run is given, in seconds; one that does not end by itself is ended after a minute, and fails.
PATIENCE = "1.5"

#: Everything that means something to a shell, a terminal, a monitor or a browser.
EVIL = "a|b'c=d\ne\rf\x1b[31mg\0h\u202ei$(id)`id`<script>;\\\"%s"


class Site(NamedTuple):
    """Somewhere to connect to."""

    port: int
    options: tuple[str, ...] = ()
    environment: dict[str, str] = {}  # noqa: RUF012  # never changed


Place = Callable[[Path], "contextlib.AbstractContextManager[Site]"]


def at(behaviour: Behaviour, *options: str) -> Place:
    """Return what puts a server there that behaves like this."""

    @contextlib.contextmanager
    def place(_: Path) -> Iterator[Site]:
        with servers.serving(behaviour) as port:
            yield Site(port, options)

    return place


@contextlib.contextmanager
def dropping(_: Path) -> Iterator[Site]:
    with servers.dropping() as port:
        yield Site(port)


@contextlib.contextmanager
def stalling_proxy(_: Path) -> Iterator[Site]:
    with servers.serving(servers.drips(b"HTTP/1.1 200 Connection established\r\n\r\n")) as port:
        yield Site(443, ("--proxy", f"http://127.0.0.1:{port}"))


@contextlib.contextmanager
def deaf_resolver(directory: Path) -> Iterator[Site]:
    """A resolver that never answers: the library's call does not come back."""
    code = "import socket, threading\nsocket.getaddrinfo = lambda *_: threading.Event().wait()\n"
    (directory / "sitecustomize.py").write_text(code)
    yield Site(443, ("--address", "www.example.org"), {"PYTHONPATH": str(directory)})


@contextlib.contextmanager
def silent_addresses(directory: Path) -> Iterator[Site]:
    """64 addresses at which a connection comes about, and nothing else."""
    addresses = [f"127.0.0.{number}" for number in range(1, 65)]
    code = (
        "import socket\n"
        f"socket.getaddrinfo = lambda _, port, *__: [(2, 1, 6, '', (address, port)) for address in {addresses!r}]\n"
    )
    (directory / "sitecustomize.py").write_text(code)
    with ExitStack() as stack:
        port = 0
        for address in addresses:
            listener = stack.enter_context(socket.socket())
            listener.bind((address, port))
            listener.listen(1)
            port = listener.getsockname()[1]
        options = ("--address", "www.example.org", "--all-addresses")
        yield Site(port, options, {"PYTHONPATH": str(directory)})


def endless(piece: bytes) -> Behaviour:
    """Return a server that says the same for ever, as fast as it can."""

    def behave(connection: socket.socket) -> None:
        while True:
            connection.sendall(piece * 100)

    return behave


def dripping_greeting(connection: socket.socket) -> None:
    """Say an octet a second."""
    connection.settimeout(1)
    for octet in b"220 mail.example.org ESMTP\r\n":
        connection.sendall(bytes((octet,)))
        with contextlib.suppress(TimeoutError, socket.timeout):
            if not connection.recv(1):
                return


@contextlib.contextmanager
def dripping_certificate(_: Path) -> Iterator[Site]:
    """ServerHello at once and an octet a second of the certificate, which TLS 1.2 sends in the clear, in the same record."""
    with servers.tls(end_entity(ISSUING), ISSUING, maximum=servers.TLS_1_2) as port:

        def behave(connection: socket.socket) -> None:
            with socket.create_connection(("127.0.0.1", port), servers.PATIENCE) as upstream:
                upstream.sendall(connection.recv(65_536))
                answer = upstream.recv(65_536)
            connection.sendall(answer[:200])
            connection.settimeout(1)
            for octet in answer[200:]:
                connection.sendall(bytes((octet,)))
                with contextlib.suppress(TimeoutError, socket.timeout):
                    if not connection.recv(1):
                        return

        with servers.serving(behave) as front:
            yield Site(front)


SERVER_HELLO_OF_LATER = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + bytes(111)
SMTP = ("--starttls", "smtp")


@pytest.mark.parametrize(
    ("place", "known"),
    [
        (deaf_resolver, "cannot resolve www.example.org: no answer within 1.5 s"),
        (dropping, "no answer within 1.5 s"),
        (at(servers.silent), "timed out before the server sent anything"),
        (at(servers.drips(SERVER_HELLO_OF_LATER)), "timed out within its first message"),
        (dripping_certificate, "timed out within its first message"),
        (at(dripping_greeting, *SMTP), "of its greeting within"),
        (at(servers.silent, *SMTP), "did not send its greeting"),
        (at(endless(b"220-mail.example.org\r\n"), *SMTP), "more than 512 lines before TLS"),
        (at(endless(b"220-"), *SMTP), "more than 8192 bytes in one piece of its greeting"),
        (at(endless(b"\x16\x03\x03\x00\x04\x00\x00\x00\x00"), "--alpn", "h2"), "TLS handshake: "),
        (stalling_proxy, "within 1.5 s"),
        (silent_addresses, "and 59 more"),
    ],
)
def test_a_run_ends_with_what_is_known(place: Place, known: str, tmp_path: Path) -> None:
    with place(tmp_path) as site:
        host = f"127.0.0.1:{site.port}"
        done = run("-H", host, *AT, "-t", PATIENCE, *site.options, environment=site.environment)
    assert (done.code, done.err, done.out.count("\n")) == (2, "", 1)
    assert known in done.out


@pytest.mark.parametrize(
    "option", ["--file", "--targets", "--ca-file", "--client-cert", "--password-file", "--deployed"]
)
def test_a_pipe_that_nobody_writes_to(option: str, tmp_path: Path) -> None:
    """Whatever is to be read from it, the run ends, and no endpoint is OK for want of it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    client = pki.write(tmp_path / "client.pem", end_entity(ISSUING))
    with servers.tls(end_entity(ISSUING), ISSUING) as port:
        target = () if option in ("--file", "--targets") else ("-H", f"127.0.0.1:{port}", "--name", "www.example.org")
        trust = () if option == "--ca-file" else ("--ca-file", str(pki.write(tmp_path / "ca.pem", CA)))
        more = ("--client-cert", str(client)) if option == "--password-file" else ()
        limits = ("-t", PATIENCE, *(("--total-timeout", PATIENCE) if option == "--targets" else ()))
        done = run(*target, *trust, *more, option, pipe, *AT, *limits)
    assert (done.code in (2, 3), done.err, done.out.count("\n")) == (True, "", 1)
    assert str(pipe) in done.out


class Performance(NamedTuple):
    """Performance data as monitors read it: labels in their order, values with their units."""

    labels: list[str]
    values: list[str]


def as_icinga_reads(output: str) -> Performance:
    """Split by Icinga 2's rules: what follows the first bar of a line; labels to the "=", in quotes with blanks."""
    found: list[tuple[str, str]] = []
    for line in output.split("\n"):
        rest = line.partition("|")[2].strip()
        while rest:
            if rest.startswith("'"):
                label, _, rest = rest[1:].partition("'")
                rest = rest.removeprefix("=")
            else:
                label, _, rest = rest.partition("=")
            value, _, rest = rest.partition(" ")
            found.append((label, value))
    return Performance([label for label, _ in found], [value for _, value in found])


def as_nagios_reads(output: str) -> Performance:
    """Split by Nagios' rules: after the first bar of the first line, and of all that follows; labels in quotes or not."""
    first, _, long_output = output.partition("\n")
    data = f"{first.partition('|')[2]} {long_output.partition('|')[2]}"
    found = re.findall(r"(?:'([^']*)'|([^\s'=]+))=(\S+)", data)
    return Performance([quoted or bare for quoted, bare, _ in found], [value for _, _, value in found])


def hold_safe(done: Run) -> None:
    """Hold the output to be one status line, nothing but printable ASCII, and performance data that are ours alone."""
    assert done.err == ""
    assert done.code in (0, 1, 2, 3)
    assert re.fullmatch(r"[\x20-\x7e\n]+", done.out)
    assert len(done.out) <= 8_192
    state = ("OK", "WARNING", "CRITICAL", "UNKNOWN")[done.code]
    assert done.out.startswith(f"TLS_CERT {state} - ")
    assert done.out.count("|") <= 1
    read = as_icinga_reads(done.out)
    assert read == as_nagios_reads(done.out)
    assert read.labels == [name for name in METRICS if name in read.labels]
    for value in read.values:
        assert re.fullmatch(r"-?[0-9.]+[ds%]?(;[-@~0-9.:]*){0,4}", value)


def evil_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text, _validate=False)])


@pytest.mark.parametrize(
    "text", [EVIL, "x" * 1_000_000, "|" * 200, "' = '" * 40], ids=["all", "1 MB", "bars", "quotes"]
)
@pytest.mark.parametrize("verbosity", ["-v", "-vvv"])
def test_names_in_a_certificate(text: str, verbosity: str, tmp_path: Path) -> None:
    """Subject, issuer, and SANs of four kinds, in a file whose name is as bad."""
    dns = text.encode("ascii", "replace").decode()
    alternative = x509.SubjectAlternativeName(
        [
            x509.DNSName(dns),
            x509.RFC822Name._init_without_validation(dns),
            x509.UniformResourceIdentifier(dns),
            x509.DirectoryName(evil_name(text[:1_000])),
        ]
    )
    issue = partial(pki.issue, not_before=EPOCH - days(30), not_after=EPOCH + days(60))
    issuer = issue(evil_name(text[:10_000]), None)
    site = issue(evil_name(text[:10_000]), issuer, extensions=[(alternative, False)])
    path = tmp_path / (EVIL.replace("\0", "").replace("/", "") + ".pem")
    path.write_bytes(site.pem + issuer.pem)
    done = run("--file", path, "--name", "www.example.org", *AT, verbosity)
    hold_safe(done)
    assert done.code != 0


@pytest.mark.parametrize("text", [EVIL, "x" * 1_000_000])
@pytest.mark.parametrize("options", [(), SMTP, ("--starttls", "imap"), ("--starttls", "ldap")])
@pytest.mark.parametrize("verbosity", ["-v", "-vvv"])
def test_what_a_server_says(text: str, options: tuple[str, ...], verbosity: str) -> None:
    with servers.serving(servers.greets(text.encode() + b"\r\n")) as port:
        done = run("-H", f"127.0.0.1:{port}", *options, *AT, "-t", PATIENCE, verbosity)
    hold_safe(done)
    assert done.code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("-H", EVIL.replace("\0", "")),
        ("-H", "www.example.org", "--name", EVIL.replace("\0", "")),
        ("-H", "www.example.org", "--ca-file", EVIL.replace("\0", ""), "--address", "127.0.0.1", "-p", "1"),
        ("-H", "www.example.org", "-w", EVIL.replace("\0", "")),
        ("-H", "www.example.org", "--at", "|" * 100_000),
        ("--file", "\udcff\udcfe|x"),
        ("--file", "x" * 100_000),
        (EVIL.replace("\0", ""),),
    ],
)
def test_command_line(arguments: tuple[str, ...]) -> None:
    done = run(*arguments, *AT)
    hold_safe(done)
    assert done.code in (2, 3)


def test_aliases_in_a_keystore(tmp_path: Path) -> None:
    alias = EVIL.replace("\0", "").encode()
    site = end_entity(ISSUING)
    for number in range(2):
        stored = pkcs12.serialize_key_and_certificates(
            alias, site.key, site.certificate, None, serialization.NoEncryption()
        )
        (tmp_path / f"{number}.p12").write_bytes(stored)
    hold_safe(run("--file", tmp_path, "--name", "www.example.org", *AT, "-vv"))


#: Secrets must be told apart from any text of ours.
SECRET = "correct-horse-battery-staple"  # noqa: S105  # of nobody


@pytest.mark.parametrize("output", [("-vvv",), ("--output", "json"), ("--output", "openmetrics")])
@pytest.mark.parametrize("encrypted_with", [SECRET, "another"])
def test_no_secret_is_ever_shown(output: tuple[str, ...], encrypted_with: str, tmp_path: Path) -> None:
    """Right or wrong, from a file or the environment, for a key, a keystore or a proxy that repeats what it was told."""
    site = end_entity(ISSUING)
    encryption = serialization.BestAvailableEncryption(encrypted_with.encode())
    key = site.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    (tmp_path / "client.pem").write_bytes(site.pem + key)
    (tmp_path / "store.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(b"x", site.key, site.certificate, None, encryption)
    )
    (tmp_path / "password").write_text(f"{SECRET}\n")
    environment = {"CHECK_TLS_CERT_PASSWORD": SECRET, "CHECK_TLS_CERT_PROXY_PASSWORD": SECRET}
    with servers.serving(echo) as port:
        client = ("-H", f"127.0.0.1:{port}", "--client-cert", tmp_path / "client.pem", "-t", PATIENCE)
        proxied = ("-H", "www.example.org", "--proxy", f"http://user@127.0.0.1:{port}", "-t", PATIENCE)
        stored = ("--file", tmp_path / "store.p12")
        done = [
            run(*what, *AT, *output, *by, environment=environment)
            for what, by in (
                (client, ()),
                (client, ("--password-file", tmp_path / "password")),
                (stored, ()),
                (stored, ("--password-file", tmp_path / "password")),
                (proxied, ()),
                (proxied, ("--proxy-password-file", tmp_path / "password")),
            )
        ]
    assert all(one.out and SECRET not in one.out + one.err for one in done)


def echo(connection: socket.socket) -> None:
    """Say what was heard."""
    with contextlib.suppress(OSError):
        while heard := connection.recv(65_536):
            connection.sendall(heard)


def test_a_secret_that_everybody_may_read_is_mentioned(tmp_path: Path) -> None:
    site = end_entity(ISSUING)
    client, password = tmp_path / "client.pem", tmp_path / "password"
    client.write_bytes(site.pem + site.key_pem)
    password.write_text(SECRET)
    anchors = pki.write(tmp_path / "ca.pem", CA)
    with servers.tls(site, ISSUING) as port:
        arguments = ("-H", f"127.0.0.1:{port}", "--name", "www.example.org", "--ca-file", anchors, *AT, "-v")
        for mode, mentioned in ((0o644, 2), (0o640, 0), (0o600, 0)):
            client.chmod(mode)
            password.chmod(mode)
            done = run(*arguments, "--client-cert", client, "--password-file", password)
            assert done.code == 0
            assert done.out.count("every user of this machine may read ") == mentioned


def test_a_secret_that_is_not_there_and_not_needed(tmp_path: Path) -> None:
    """A proxy that wants no password: whether the file for one can be read is nobody's concern."""
    proxy = f"http://127.0.0.1:{servers.closed_port()}"
    done = run("-H", "www.example.org", "--proxy", proxy, "--proxy-password-file", tmp_path / "none", *AT)
    assert (done.code, done.err) == (2, "")
    assert "connection refused" in done.out


#: Fails the run if it starts a program, or opens a file to write to; what measures coverage does, and is not meant.
WATCH = """
import os, sys
def watch(event, arguments):
    if ".coverage." in str(arguments):
        return
    if event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "tempfile.mkstemp"):
        os.write(2, f"{event} {arguments}".encode())
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        os.write(2, f"writes to {arguments[0]}".encode())
    if event in ("os.mkdir", "os.remove", "os.rename", "os.chmod", "os.link", "os.symlink"):
        os.write(2, f"{event} {arguments}".encode())
sys.addaudithook(watch)
"""


def test_no_program_no_temporary_file_no_write(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    environment = {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    site = end_entity(ISSUING)
    anchors = pki.write(tmp_path / "ca.pem", CA)
    bundle = pki.write(tmp_path / "site.pem", site, ISSUING)
    targets = tmp_path / "targets"
    with servers.tls(site, ISSUING) as port:
        targets.write_text(f"localhost:{port} --name www.example.org\n" * 2)
        common = ("--ca-file", anchors, *AT, "-vvv")
        done = [
            run("-H", f"localhost:{port}", "--name", "www.example.org", *common, environment=environment),
            run("--file", bundle, *common, environment=environment),
            run("--targets", targets, *common, environment=environment),
        ]
    assert [(one.code, one.err) for one in done] == [(0, "")] * 3


def spawn(*arguments: str | Path, limit: int = 0, redirection: str = "") -> subprocess.CompletedProcess[bytes]:
    """Run the program with so much memory, or started by a shell with that ``redirection``."""

    def restrict() -> None:
        if limit:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    command = [sys.executable, "-m", "check_tls_cert", *map(str, arguments)]
    if redirection:
        command = ["/bin/sh", "-c", f'exec "$@" {redirection}', "sh", *command]
    return subprocess.run(
        command,
        capture_output=True,
        check=False,
        cwd=ROOT,
        timeout=60,
        preexec_fn=restrict,  # alone
    )


def test_closed_standard_input(tmp_path: Path) -> None:
    bundle = pki.write(tmp_path / "site.pem", end_entity(ISSUING), ISSUING)
    anchors = pki.write(tmp_path / "ca.pem", CA)
    common = ("--ca-file", anchors, *AT)
    done = spawn("--file", bundle, *common, redirection="<&-")
    assert (done.returncode, done.stderr) == (0, b"")
    for option in ("--file", "--targets"):
        done = spawn(option, "-", *common, redirection="<&-")
        assert (done.returncode, done.stderr) == (3, b"")
        assert done.stdout.startswith(b"TLS_CERT UNKNOWN - ")


@pytest.mark.parametrize("mebibytes", [20, 40, 60, 80, 100, 140])
def test_little_memory(mebibytes: int, tmp_path: Path) -> None:
    """Where there is too little to start, or to go on, that is UNKNOWN; below what the interpreter needs, nobody can say."""
    bundle = pki.write(tmp_path / "site.pem", end_entity(ISSUING), ISSUING)
    anchors = pki.write(tmp_path / "ca.pem", CA)
    done = spawn("--file", bundle, "--ca-file", anchors, *AT, limit=mebibytes * 2**20)
    if b"TLS_CERT" not in done.stdout:  # the interpreter itself did not come up
        assert done.returncode not in (0, 2)
        pytest.skip("too little for the interpreter")
    assert done.returncode in (0, 3)
    assert done.stderr == b""


def test_memory_that_ends_during_start_up() -> None:
    code = (
        "import sys\nfrom check_tls_cert.__main__ import run\n"
        "class Poor:\n    def find_spec(self, name, *_):\n"
        "        if name == 'nagiosplugin': raise {error}\n"
        "sys.meta_path.insert(0, Poor())\nrun()\n"
    )
    for error, wanted in (("MemoryError", "memory"), ("ImportError('no', name='nagiosplugin')", "nagiosplugin")):
        command = [sys.executable, "-c", code.format(error=error), "-H", "www.example.org"]
        done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, text=True)
        said = f"TLS_CERT UNKNOWN - cannot run for want of {wanted}\n"
        assert (done.returncode, done.stdout, done.stderr) == (3, said, "")


def test_interrupted_among_many_targets() -> None:
    with servers.serving(servers.silent_once_heard()) as port:
        command = [sys.executable, "-m", "check_tls_cert", *(["-H", f"127.0.0.1:{port}"] * 2), "-H", "127.0.0.1:1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
            servers.wait_until_heard(port)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=60)
    said = b"TLS_CERT UNKNOWN - interrupted by SIGTERM before there was a verdict\n"
    assert (process.returncode, out, err) == (3, said, b"")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-16", "cp037"])
def test_whatever_the_locale(encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_tls_cert", "-H", "b\u00fccher.example|\u202e"],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "1"},
    )
    assert (done.returncode, done.stderr) == (3, b"")
    assert done.stdout.decode(encoding).startswith("TLS_CERT UNKNOWN - usage: -H: ")
