"""The servers, each with the least configuration that speaks its protocols. None is asked to do its work."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.real.running import HOST, Server, Setting


def _postfix(at: Setting) -> list[str]:
    configuration, queue, data = at.make("etc"), at.make("queue"), at.make("data")
    shutil.chown(data, "postfix")
    (configuration / "main.cf").write_text(
        f"""
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = {HOST}
inet_protocols = ipv4
myhostname = mail.example.org
alias_maps =
alias_database =
default_database_type = hash
smtpd_peername_lookup = no
smtpd_tls_chain_files = {at.key}, {at.chain}
smtpd_tls_security_level = may
maillog_file = {at.directory}/mail.log
maillog_file_prefixes = {at.directory}
"""
    )
    (configuration / "master.cf").write_text(
        f"""
{HOST}:{at.ports[0]} inet n - n - - smtpd
{HOST}:{at.ports[1]} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
    )
    subprocess.run(["postfix", "-c", str(configuration), "check"], check=True, capture_output=True)  # makes its queues
    return ["/usr/lib/postfix/sbin/master", "-c", str(configuration), "-d"]


def _dovecot(at: Setting) -> list[str]:
    imap, imaps, pop3, sieve, lmtp = at.ports
    configuration = at.write(
        "dovecot.conf",
        f"""
base_dir = {at.make("run")}
state_dir = {at.make("state")}
log_path = {at.directory}/dovecot.log
protocols = imap pop3 lmtp sieve
listen = {HOST}
ssl = yes
ssl_cert = <{at.chain}
ssl_key = <{at.key}
mail_location = maildir:{at.directory}/mail
default_vsz_limit = 256M
passdb {{
  driver = static
  args = password=x
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home={at.directory}/mail
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service managesieve-login {{
  inet_listener sieve {{
    port = {sieve}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = {HOST}
    port = {lmtp}
  }}
}}
""",
    )
    return ["dovecot", "-F", "-c", str(configuration)]


def _vsftpd(at: Setting) -> list[str]:
    configuration = at.write(
        "vsftpd.conf",
        f"""
listen=YES
listen_address={HOST}
listen_port={at.ports[0]}
background=NO
anonymous_enable=YES
anon_root={at.make("ftp")}
secure_chroot_dir={at.make("empty")}
ssl_enable=YES
allow_anon_ssl=YES
rsa_cert_file={at.chain}
rsa_private_key_file={at.key}
seccomp_sandbox=NO
""".lstrip(),
    )
    return ["vsftpd", str(configuration)]


def _slapd(at: Setting) -> list[str]:
    configuration = at.write(
        "slapd.conf",
        f"""
pidfile {at.directory}/slapd.pid
argsfile {at.directory}/slapd.args
TLSCertificateFile {at.chain}
TLSCertificateKeyFile {at.key}
TLSCACertificateFile {at.chain}
TLSVerifyClient never
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_null
database null
suffix "dc=example,dc=org"
""",
    )
    urls = f"ldap://{HOST}:{at.ports[0]} ldaps://{HOST}:{at.ports[1]}"
    return ["slapd", "-f", str(configuration), "-h", urls, "-d", "0"]


def _postgresql() -> Path:
    """Return the directory of PostgreSQL's programs, which no PATH has."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/lib/postgresql/bin"))


def _postgres(at: Setting) -> list[str]:
    data = at.make("data")
    shutil.chown(at.directory, "postgres")
    shutil.chown(data, "postgres")
    identity = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
    initialize = [str(_postgresql() / "initdb"), "-D", str(data), "-A", "trust", "-N", "--locale=C.UTF-8"]
    subprocess.run([*identity, *initialize], check=True, capture_output=True, cwd=at.directory)
    settings = {
        "listen_addresses": HOST,
        "port": at.ports[0],
        "unix_socket_directories": at.directory,
        "ssl": "on",
        "ssl_cert_file": at.chain,
        "ssl_key_file": at.key,
        "fsync": "off",
    }
    options = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
    return [str(_postgresql() / "postgres"), "-D", str(data), *options]


def _mariadb(at: Setting) -> list[str]:
    data = at.make("data")
    for path in (at.directory, data):
        shutil.chown(path, "mysql")
    common = ["--no-defaults", "--user=mysql", f"--datadir={data}", "--innodb-log-file-size=4M"]
    initialize = ["mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run(initialize, check=True, capture_output=True, cwd=at.directory)
    return [
        "mariadbd",
        *common,
        f"--socket={at.directory}/socket",
        f"--pid-file={at.directory}/pid",
        f"--bind-address={HOST}",
        f"--port={at.ports[0]}",
        f"--ssl-cert={at.chain}",
        f"--ssl-key={at.key}",
        "--skip-name-resolve",
    ]


def _prosody(at: Setting) -> list[str]:
    configuration = at.write(
        "prosody.cfg.lua",
        f"""
daemonize = false
pidfile = "{at.directory}/prosody.pid"
data_path = "{at.make("data")}"
interfaces = {{ "{HOST}" }}
c2s_ports = {{ {at.ports[0]} }}
s2s_ports = {{ {at.ports[1]} }}
c2s_direct_tls_ports = {{ {at.ports[2]} }}
modules_enabled = {{ "tls", "saslauth", "dialback" }}
modules_disabled = {{ "http" }}
authentication = "internal_hashed"
ssl = {{ certificate = "{at.chain}", key = "{at.key}" }}
c2s_direct_tls_ssl = {{ certificate = "{at.chain}", key = "{at.key}" }}
log = {{ info = "{at.directory}/prosody.log" }}
VirtualHost "www.example.org"
""",
    )
    return ["prosody", "-F", "--config", str(configuration)]


def _inspircd(at: Setting) -> list[str]:
    configuration = at.write(
        "inspircd.conf",
        f"""
<server name="irc.example.org" description="test" network="test" id="0AA">
<admin name="a" nick="a" email="a@example.org">
<path configdir="{at.directory}" logdir="{at.directory}" datadir="{at.directory}" runtimedir="{at.directory}">
<module name="ssl_gnutls">
<module name="starttls">
<sslprofile name="p" provider="gnutls" certfile="{at.chain}" keyfile="{at.key}">
<starttls profile="p">
<bind address="{HOST}" port="{at.ports[0]}" type="clients">
<bind address="{HOST}" port="{at.ports[1]}" type="clients" sslprofile="p">
<connect name="m" allow="*" resolvehostnames="no" useident="no">
<pid file="{at.directory}/inspircd.pid">
""",
    )
    return ["inspircd", "--nofork", "--config", str(configuration)]


def _xrdp(at: Setting) -> list[str]:
    shipped = Path("/etc/xrdp/xrdp.ini").read_text()
    for name, value in (
        ("port", f"tcp://{HOST}:{at.ports[0]}"),
        ("certificate", at.chain),
        ("key_file", at.key),
        ("security_layer", "tls"),
        ("LogFile", f"{at.directory}/xrdp.log"),
        ("EnableSyslog", "false"),
    ):
        shipped = re.sub(rf"^{name}=.*", f"{name}={value}", shipped, count=1, flags=re.MULTILINE)
    return ["xrdp", "-n", "-c", str(at.write("xrdp.ini", shipped))]


def _mosquitto(at: Setting) -> list[str]:
    configuration = at.write(
        "mosquitto.conf",
        f"listener {at.ports[0]} {HOST}\nallow_anonymous true\ncertfile {at.chain}\nkeyfile {at.key}\n",
    )
    return ["mosquitto", "-c", str(configuration)]


SERVERS = (
    Server("Postfix", "3.7.11", "/usr/lib/postfix/sbin/master", ("smtp", ""), _postfix),
    Server("Dovecot", "2.3.19", "dovecot", ("imap", "", "pop3", "sieve", "lmtp"), _dovecot),
    Server("vsftpd", "3.0.3", "vsftpd", ("ftp",), _vsftpd),
    Server("OpenLDAP", "2.5.13", "slapd", ("ldap", ""), _slapd, "openldap"),
    Server("PostgreSQL", "15", str(_postgresql() / "postgres"), ("postgres",), _postgres, "postgres"),
    Server("MariaDB", "10.11", "mariadbd", ("mysql",), _mariadb, "mysql"),
    Server("Prosody", "0.12.3", "prosody", ("xmpp-client", "xmpp-server", ""), _prosody, "prosody"),
    Server("InspIRCd", "3.15.0", "inspircd", ("irc", ""), _inspircd, "irc"),
    Server("xrdp", "0.9.21", "xrdp", ("rdp",), _xrdp),
    Server("Mosquitto", "2.0.11", "mosquitto", ("",), _mosquitto, "mosquitto"),
)
