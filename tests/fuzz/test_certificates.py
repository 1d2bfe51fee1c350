"""Certificates: elements of DER broken, extensions of any content, signed anew so that nothing but that is wrong."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz import mutations, seeds
from tests.fuzz.invariants import hold_to_openssl, run
from tests.pki import Entity, pem, tlv
from tests.program import AT

MODES = (
    ("-v",),
    ("-vvv",),
    ("--profile", "webpki", "-vv"),
    ("--output", "json"),
    ("--output", "json", "--profile", "webpki"),
    ("--output", "openmetrics"),
    (),
)
NAMES = st.sampled_from(("www.example.org", "a.example.org", "192.0.2.1", "2001:db8::1", "example.net"))

#: OBJECT IDENTIFIERs of the extensions that somebody reads, and of one that nobody does.
_EXTENSIONS = [
    bytes.fromhex(oid)
    for oid in (
        *(f"0603551d{arc:02x}" for arc in (0x0E, 0x0F, 0x11, 0x12, 0x13, 0x1E, 0x1F, 0x20, 0x23, 0x25)),
        "06082b06010505070101",
        "06082b060105050701180a"[:20],
        "06082b0601040181fd59",
    )
]


def test_seeds_are_sane(directory: Path, anchors: Path) -> None:
    """What nobody accepts even whole would find nothing."""
    for site, name in ((seeds.SITES[0], seeds.NAME), (seeds.SITES[1], "192.0.2.1"), (seeds.SITES[2], "a.example.org")):
        chain = [site.der, seeds.ISSUERS[site.der].der]
        path = directory / "sane.pem"
        path.write_bytes(b"".join(map(pem, chain)))
        outcome = hold_to_openssl(__name__, ("--file", str(path)), chain, anchors, [seeds.ROOT.der], name)
        assert outcome.state == "OK"


@given(st.sampled_from(seeds.SITES), st.data(), NAMES)
def test_end_entity(directory: Path, anchors: Path, site: Entity, data: st.DataObject, name: str) -> None:
    """The end-entity certificate broken; OpenSSL must agree wherever we find no fault."""
    broken = data.draw(mutations.certificate(site))
    chain = [broken, *(entity.der for entity in (seeds.ISSUING, seeds.CONSTRAINED, seeds.LOOP_B))]
    path = directory / "end-entity.pem"
    path.write_bytes(b"".join(map(pem, chain)))
    hold_to_openssl(__name__, ("--file", str(path)), chain, anchors, [seeds.ROOT.der], name)


@given(st.data())
def test_intermediate(directory: Path, anchors: Path, data: st.DataObject) -> None:
    """The CA certificate between broken; the certificates above and below are sane."""
    issuing = data.draw(st.sampled_from((seeds.ISSUING, seeds.CONSTRAINED)))
    site = next(one for one in seeds.SITES if seeds.ISSUERS[one.der] is issuing)
    chain = [site.der, data.draw(mutations.certificate(issuing))]
    path = directory / "intermediate.pem"
    path.write_bytes(b"".join(map(pem, chain)))
    hold_to_openssl(__name__, ("--file", str(path)), chain, anchors, [seeds.ROOT.der], seeds.NAME)


@given(st.data(), NAMES)
def test_extensions(directory: Path, anchors: Path, data: st.DataObject, name: str) -> None:
    """Extensions added, of any kind and content, critical or not."""
    extensions = data.draw(st.lists(_extension(), min_size=1, max_size=4))
    tree = mutations.parse(seeds.SITE.certificate.tbs_certificate_bytes)
    wrapped = tree.children[-1].children[0]
    keep = data.draw(st.integers(0, len(wrapped.children)))
    members = [node.raw for node in wrapped.children[:keep]] + extensions
    tbs = mutations.replaced(tree, wrapped, tlv(0x30, b"".join(data.draw(st.permutations(members)))))
    chain = [seeds.signed(tbs, seeds.ISSUING), seeds.ISSUING.der]
    path = directory / "extensions.pem"
    path.write_bytes(b"".join(map(pem, chain)))
    hold_to_openssl(__name__, ("--file", str(path)), chain, anchors, [seeds.ROOT.der], name)


@st.composite
def _extension(draw: st.DrawFn) -> bytes:
    donors = [node.content for node in mutations.every(mutations.parse(seeds.CONSTRAINED.der)) if node.tag == 0x04]
    value = draw(st.sampled_from(donors).flatmap(mutations.octets) | _general_names() | mutations.nasty)
    critical = draw(st.sampled_from((b"", b"\x01\x01\xff", b"\x01\x01\0", b"\x01\0")))
    return tlv(0x30, draw(st.sampled_from(_EXTENSIONS)) + critical + tlv(0x04, value))


def _general_names() -> st.SearchStrategy[bytes]:
    """Return strategies for sequences of names, as in subjectAltName, and of subtrees of names."""
    good = (b"www.example.org", b"*.example.org", b"\xc0\0\x02\1", b"WWW.EXAMPLE.ORG.", b"*.org", b"w*.example.org")
    content = st.sampled_from(good) | mutations.nasty
    names = st.lists(st.builds(tlv, st.sampled_from((0x81, 0x82, 0x86, 0x87, 0xA4, 0xA0, 0x88)), content), max_size=6)
    sequences = names.map(lambda members: tlv(0x30, b"".join(members)))
    subtrees = names.map(lambda members: b"".join(tlv(0x30, member) for member in members))
    tagged = st.tuples(st.sampled_from((0xA0, 0xA1)), subtrees).map(lambda pair: tlv(*pair))
    return sequences | st.lists(tagged, max_size=3).map(lambda both: tlv(0x30, b"".join(both)))


@given(st.sampled_from(seeds.SITES), st.data(), st.sampled_from(MODES), st.booleans())
def test_every_output(
    directory: Path, anchors: Path, site: Entity, data: st.DataObject, mode: tuple[str, ...], encoded: bool
) -> None:
    """Everywhere in the chain, in PEM or DER, shown in every way."""
    chain = [data.draw(mutations.certificate(one)) for one in (site, seeds.ISSUING)]
    path = directory / "chain"
    path.write_bytes(b"".join(map(pem, chain)) if encoded else b"".join(chain))
    run(__name__, "--file", str(path), "--ca-file", str(anchors), "--name", seeds.NAME, *AT, *mode)
    run(__name__, "--file", str(path), "--ca-file", str(path), *AT, *mode)
