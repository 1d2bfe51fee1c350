"""Chains: in any order, with loops, copies and strangers, of a hundred certificates, of megabytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import mutations, seeds
from tests.fuzz.invariants import hold_to_openssl, run
from tests.fuzz.test_certificates import MODES, NAMES
from tests.pki import Entity, pem, tlv
from tests.program import AT

_POOL = [entity.der for entity in (*seeds.SITES, *seeds.AUTHORITIES)]
_ANCHORS = (seeds.ROOT, seeds.OTHER_ROOT, seeds.LOOP_A, seeds.ISSUING, seeds.SITE)


@given(
    st.sampled_from(seeds.SITES),
    st.lists(st.sampled_from(_POOL), max_size=12),
    st.lists(st.sampled_from(_ANCHORS), min_size=1, max_size=3),
    NAMES,
)
def test_any_order(directory: Path, site: Entity, above: list[bytes], trusted: list[Entity], name: str) -> None:
    """Wrong order, loops, copies, cross-certificates, more anchors than one."""
    chain = [site.der, *above]
    path, anchors = directory / "order.pem", directory / "order-ca.pem"
    path.write_bytes(b"".join(map(pem, chain)))
    anchors.write_bytes(b"".join(entity.pem for entity in trusted))
    hold_to_openssl(__name__, ("--file", str(path)), chain, anchors, [entity.der for entity in trusted], name)


@given(st.lists(st.sampled_from(_POOL), min_size=1, max_size=20), st.data(), st.sampled_from(MODES))
def test_in_files(
    directory: Path, anchors: Path, chain: list[bytes], data: st.DataObject, mode: tuple[str, ...]
) -> None:
    """As lone certificates, which are put in order by us, one of them broken."""
    broken = data.draw(st.sampled_from((*seeds.SITES, *seeds.AUTHORITIES)).flatmap(mutations.certificate))
    paths = directory / "order-1.der", directory / "order-2.der"
    cut = data.draw(st.integers(0, len(chain)))
    for path, part in zip(paths, (chain[:cut], [broken, *chain[cut:]])):
        path.write_bytes(b"".join(part))
    run(__name__, *(f"--file={path}" for path in paths), "--ca-file", str(anchors), *AT, *mode)


def _cross_certificates(number: int, levels: int) -> list[bytes]:
    """Return ``levels`` of CAs of one name each, every one of ``number`` keys signed by all of those above."""
    found = []
    for level in range(levels):
        for key in range(number):
            above = seeds.authority(f"Example CA {level + 1}", 100 + 10 * level + 10 + key)
            found += [
                seeds.authority(f"Example CA {level}", 100 + 10 * level + below, above).der for below in range(number)
            ]
    return found


_CROSS = _cross_certificates(4, 6)


@settings(max_examples=settings().max_examples // 4)
@given(st.lists(st.sampled_from(_CROSS), min_size=20, max_size=100), st.sampled_from(MODES))
def test_many_paths(directory: Path, anchors: Path, above: list[bytes], mode: tuple[str, ...]) -> None:
    """A hundred certificates with few names: exponentially many paths."""
    site = seeds.site(seeds.authority("Example CA 0", 100), 99)
    path = directory / "many.pem"
    path.write_bytes(b"".join(map(pem, [site.der, *above])))
    run(__name__, "--file", str(path), "--ca-file", str(anchors), *AT, *mode)


def _padded(size: int) -> bytes:
    """Return the DER of a certificate with ``size`` octets more, in an extension that nobody reads."""
    tree = mutations.parse(seeds.SITE.certificate.tbs_certificate_bytes)
    wrapped = tree.children[-1].children[0]
    filling = tlv(0x30, bytes.fromhex("06082b0601040181fd59") + tlv(0x04, bytes(size)))
    tbs = mutations.replaced(tree, wrapped, tlv(0x30, b"".join(node.raw for node in wrapped.children) + filling))
    return seeds.signed(tbs, seeds.ISSUING)


@pytest.mark.parametrize("mode", MODES, ids=" ".join)
@pytest.mark.parametrize(
    ("size", "number"), [(1_000, 100), (100_000, 1), (1_000_000, 15), (2_000_000, 1), (1_000, 5_000)]
)
def test_large(directory: Path, anchors: Path, size: int, number: int, mode: tuple[str, ...]) -> None:
    """From 100 KB to the 16 MB that a file may have."""
    path = directory / "large"
    for encode in (pem, bytes):
        path.write_bytes(encode(_padded(size)) * number + encode(seeds.ISSUING.der))
        run(__name__, "--file", str(path), "--ca-file", str(anchors), *AT, *mode)
