"""Looking trust anchors up where there are none."""

from __future__ import annotations

from check_tls_cert.judge.path.anchors import NoAnchors
from tests.judge import cases


def test_nothing_is_trusted() -> None:
    (root,) = cases.chain(cases.ROOT)
    anchors = NoAnchors()
    assert root not in anchors
    assert list(anchors.named(root.subject)) == []
