"""Every kind of finding, by id: what `--accept` takes, and what the documentation lists.

One table, so that no two rooms name one thing twice; whoever reports a kind refers to its constant.
"""

from __future__ import annotations

from check_tls_cert.model.finding import FindingKind

# The end-entity certificate's dates.
EXPIRY_EXPIRED = FindingKind("expiry.expired", "the end-entity certificate is past its notAfter")
EXPIRY_SOON = FindingKind("expiry.soon", "the end-entity certificate's notAfter is sooner than required", numeric=True)
EXPIRY_UNDETERMINED = FindingKind("expiry.undetermined", "the end-entity certificate's validity period cannot be read")
EXPIRY_NO_CERTIFICATE = FindingKind(
    "expiry.no-certificate", "no certificate was presented, so nothing can be said about it"
)
LIFETIME_USED = FindingKind("lifetime.used", "more of the validity period is used up than allowed", numeric=True)

# The certification path.
CHAIN_NO_TRUST_ANCHORS = FindingKind("chain.no-trust-anchors", "the trust anchors cannot be read, or there are none")
CHAIN_EXPIRES_SOON = FindingKind("chain.expires-soon", "the chain expires sooner than required", numeric=True)
CHAIN_INCOMPLETE = FindingKind(
    "chain.incomplete", "the issuer of the end-entity certificate was not presented and is not a trust anchor"
)
CHAIN_UNKNOWN_ANCHOR = FindingKind("chain.unknown-anchor", "the path ends at a CA that is not trusted here")
CHAIN_SELF_SIGNED = FindingKind(
    "chain.self-signed", "the end-entity certificate is signed by its own key and is not trusted"
)
CHAIN_EXPIRED = FindingKind("chain.expired", "a CA certificate on the path is past its notAfter")
CHAIN_NOT_YET_VALID = FindingKind("chain.not-yet-valid", "a certificate on the path is before its notBefore")
CHAIN_MALFORMED = FindingKind("chain.malformed", "a certificate on the path cannot be read or breaks RFC 5280")
CHAIN_TOO_COMPLEX = FindingKind("chain.too-complex", "no valid path among those that the work budget allows to try")
CHAIN_NOT_A_CA = FindingKind(
    "chain.not-a-ca", "a certificate that signed another is not a CA certificate (basicConstraints)"
)
CHAIN_PATH_LENGTH = FindingKind(
    "chain.path-length", "more CA certificates stand below a CA than its pathLenConstraint allows"
)
CHAIN_KEY_USAGE = FindingKind("chain.key-usage", "keyUsage forbids what the certificate is used for")
CHAIN_PURPOSE = FindingKind("chain.purpose", "extendedKeyUsage does not allow TLS servers (serverAuth)")
CHAIN_WEAK_SIGNATURE = FindingKind("chain.weak-signature", "signed over an MD5 or SHA-1 digest, which can be forged")
CHAIN_NAME_CONSTRAINTS = FindingKind(
    "chain.name-constraints", "a CA may not issue for a name in a certificate below it"
)
CHAIN_WEAK_KEY = FindingKind(
    "chain.weak-key", "the key is too small (RSA below 2048 bits, EC below 224), or is one for DSA"
)
CHAIN_BAD_SIGNATURE = FindingKind("chain.bad-signature", "a certificate was not signed by the key of the CA it names")
CHAIN_CRITICAL_EXTENSION = FindingKind(
    "chain.critical-extension", "a critical extension is unknown, so the certificate must be refused"
)
CHAIN_REFUSED = FindingKind("chain.refused", "OpenSSL refuses the path for another reason, which is quoted")

# Names.
HOSTNAME_MISMATCH = FindingKind("hostname.mismatch", "no presented identifier matches the reference identifier")
HOSTNAME_NO_IDENTIFIERS = FindingKind(
    "hostname.no-identifiers", "the certificate has no SAN for a DNS name or address; a CN does not count"
)
HOSTNAME_MALFORMED = FindingKind(
    "hostname.malformed", "the SAN extension is malformed, and what can be read of it does not match"
)
SAN_MISSING = FindingKind("san.missing", "the SANs do not cover all required names")

# The handshake's properties.
TIME_SLOW = FindingKind("time.slow", "connecting and the handshake took longer than allowed", numeric=True)
TLS_VERSION = FindingKind("tls.version", "the protocol version negotiated is outside the required range", numeric=True)

# The key and the validity period.
KEY_STRENGTH = FindingKind(
    "key.strength", "the security strength of the key is outside the required range", numeric=True
)
VALIDITY_PERIOD = FindingKind("validity.period", "the validity period is longer or shorter than required", numeric=True)

# What is served, compared.
ADDRESSES_DIFFER = FindingKind("addresses.differ", "an address presents another end-entity certificate than most do")
DEPLOYED_OTHER = FindingKind("deployed.other", "the endpoint presents another certificate than the file of --deployed")

# Judging itself.
JUDGING_TIMEOUT = FindingKind("judging.timeout", "the deadline passed before all chains in the files were judged")

# The way to the endpoint.
RESOLVE_FAILED = FindingKind("resolve.failed", "the host name has no address")
RESOLVE_TIMEOUT = FindingKind("resolve.timeout", "no name server answered before the deadline")
CONNECT_REFUSED = FindingKind("connect.refused", "nothing listens on the port")
CONNECT_TIMEOUT = FindingKind("connect.timeout", "no answer to the connection attempt before the deadline")
CONNECT_FAILED = FindingKind("connect.failed", "the connection failed for another reason, which is quoted")

# What precedes TLS.
STARTTLS_NOT_OFFERED = FindingKind(
    "starttls.not-offered", "the server speaks the protocol of --starttls, but offers no TLS in it"
)
STARTTLS_REFUSED = FindingKind("starttls.refused", "the server answered with an error, which is quoted")
STARTTLS_UNEXPECTED = FindingKind("starttls.unexpected", "what the server sent is not the protocol of --starttls")
STARTTLS_TRAILING_DATA = FindingKind(
    "starttls.trailing-data", "the server sent more in plaintext after its go-ahead for TLS"
)
STARTTLS_TOO_LONG = FindingKind("starttls.too-long", "the server sent more before TLS than any server has to")
STARTTLS_CLOSED = FindingKind("starttls.closed", "the server closed the connection before TLS")
STARTTLS_RESET = FindingKind("starttls.reset", "the connection was reset before TLS")
STARTTLS_TIMEOUT = FindingKind("starttls.timeout", "the deadline passed before TLS")
PROXY_REFUSED = FindingKind("proxy.refused", "the proxy refused to connect us, for the reason quoted")
PROXY_UNEXPECTED = FindingKind("proxy.unexpected", "what the proxy sent is not the protocol of --proxy")
PROXY_TOO_LONG = FindingKind("proxy.too-long", "the proxy sent more than any proxy has to")
PROXY_CLOSED = FindingKind("proxy.closed", "the proxy closed the connection before it connected us")
PROXY_RESET = FindingKind("proxy.reset", "the connection to the proxy was reset before it connected us")
PROXY_TIMEOUT = FindingKind("proxy.timeout", "the deadline passed before the proxy connected us")

# The handshake.
HANDSHAKE_NOT_TLS = FindingKind("handshake.not-tls", "the peer's first bytes are not a TLS record")
HANDSHAKE_TIMEOUT = FindingKind("handshake.timeout", "the deadline passed during the handshake")
HANDSHAKE_CLOSED = FindingKind("handshake.closed", "the peer closed the connection during the handshake")
HANDSHAKE_RESET = FindingKind("handshake.reset", "the connection was reset during the handshake")
HANDSHAKE_ALERT = FindingKind("handshake.alert", "the server refused the handshake with a TLS alert")
HANDSHAKE_FAILED = FindingKind("handshake.failed", "the handshake failed for another reason, which is quoted")

# Files.
CREDENTIALS_UNREADABLE = FindingKind(
    "credentials.unreadable", "a password, or the client certificate or its key, cannot be read or used"
)
FILE_UNREADABLE = FindingKind("file.unreadable", "the file cannot be opened or read, or not before the deadline")
FILE_TOO_LARGE = FindingKind("file.too-large", "the file is larger than any file of certificates")
FILE_NO_CERTIFICATE = FindingKind(
    "file.no-certificate", "the file holds no certificate; the text says what it seems to be"
)
FILE_NOT_UNDERSTOOD = FindingKind(
    "file.not-understood", "the file is of a known kind, but broken, or its password is missing or wrong"
)
CERTIFICATE_UNREADABLE = FindingKind(
    "certificate.unreadable", "what was presented as a certificate cannot be read as one"
)

# --profile webpki.
WEBPKI_KEY_IDENTIFIER = FindingKind(
    "webpki.key-identifier", "--profile webpki: authority or subject key identifier missing, critical or odd"
)
WEBPKI_COMMON_NAME = FindingKind(
    "webpki.common-name", "--profile webpki: the common name is not one of the SANs, letter by letter"
)
WEBPKI_BASIC_CONSTRAINTS = FindingKind(
    "webpki.basic-constraints", "--profile webpki: basicConstraints wrong for the role"
)
WEBPKI_KEY = FindingKind("webpki.key", "--profile webpki: a kind or size of key that the Web PKI does not have")
WEBPKI_PURPOSE = FindingKind("webpki.purpose", "--profile webpki: extendedKeyUsage missing, too wide, or on a root")
WEBPKI_SERIAL = FindingKind("webpki.serial", "--profile webpki: serial number not positive, or over 20 bytes")
WEBPKI_SAN = FindingKind(
    "webpki.san", "--profile webpki: subjectAltName of the wrong criticality, or with a name that nobody can have"
)
WEBPKI_NAME_CONSTRAINTS = FindingKind(
    "webpki.name-constraints", "--profile webpki: name constraints where none may be, or empty, or not critical"
)
WEBPKI_EXTENSION = FindingKind(
    "webpki.extension", "--profile webpki: another extension malformed or of the wrong criticality"
)
WEBPKI_REFUSED = FindingKind(
    "webpki.refused", "--profile webpki: a strict verifier refuses for another reason, which is quoted"
)
RANGE_VIOLATED = FindingKind(
    "range.violated", "a metric is outside the range given, although nothing is wrong with it", numeric=True
)

# Runs with several targets.
TARGET_NOT_UNDERSTOOD = FindingKind("target.not-understood", "a line of --targets is not understood; the text says why")
TARGET_NOT_REACHED = FindingKind("target.not-reached", "the time for the whole run was over before this target's turn")


#: Every kind by its id, in the order above.
ALL_FINDINGS = {kind.id: kind for kind in tuple(globals().values()) if isinstance(kind, FindingKind)}
