"""The basket for Icinga Director has every option of the program, and every field where it is needed."""

from __future__ import annotations

from tools.director import BASKET, COMMAND, SERVICE, basket, text
from tools.icinga import LEFT_OUT, long_option, options, variable


def test_basket_is_current() -> None:
    """If this fails: python -m tools.director."""
    assert BASKET.read_text() == text()


def test_every_option_is_an_argument() -> None:
    arguments = basket()["Command"][COMMAND]["arguments"]
    assert list(arguments) == [long_option(action) for action in options()]
    assert not LEFT_OUT & set(arguments)
    for action in options():
        used = "set_if" if action.nargs == 0 else "value"
        assert arguments[long_option(action)][used] == f"${variable(action)}$"


def test_every_variable_is_a_field() -> None:
    """With a label and a type, and known to the command and the template."""
    made = basket()
    fields = made["Datafield"]
    assert [field["varname"] for field in fields.values()] == [variable(action) for action in options()]
    for owner in (made["Command"][COMMAND], made["ServiceTemplate"][SERVICE]):
        assert [str(field["datafield_id"]) for field in owner["fields"]] == list(fields)
    types = {field["varname"]: field["datatype"].rpartition("DataType")[2] for field in fields.values()}
    names = ("tls_cert_host", "tls_cert_san", "tls_cert_dtls", "tls_cert_starttls", "tls_cert_expiry_warning")
    assert [types[name] for name in names] == ["String", "Array", "Boolean", "Datalist", "String"]
    captions = {field["caption"] for field in fields.values()}
    assert {"Host", "CA file", "TLS version warning", "SAN", "IPv4"} <= captions
    assert len(captions) == len(fields)


def test_choices_are_lists() -> None:
    made = basket()
    lists = {field["settings"].get("datalist") for field in made["Datafield"].values()} - {None}
    assert set(made["DataList"]) == lists
    for action in options():
        if action.choices:
            name = f"{COMMAND} {long_option(action)[2:]}"
            entries = made["DataList"][name]["entries"]
            assert [entry["entry_name"] for entry in entries] == sorted(action.choices)


def test_fields_are_sorted_into_categories() -> None:
    made = basket()
    assert {field["category"] for field in made["Datafield"].values()} == set(made["DatafieldCategory"])
