"""The CheckCommand has every option of the program."""

from __future__ import annotations

from tools.icinga import LEFT_OUT, TEMPLATE, long_option, options, template


def test_template_is_current() -> None:
    """If this fails: python -m tools.icinga."""
    assert TEMPLATE.read_text() == template()


def test_every_option_is_a_variable() -> None:
    text = TEMPLATE.read_text()
    for action in options():
        assert f'"{long_option(action)}" = {{' in text
    assert not any(f'"{name}"' in text for name in LEFT_OUT)
