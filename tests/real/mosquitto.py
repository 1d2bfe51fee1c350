"""Mosquitto: MQTT over TLS."""

from __future__ import annotations

from tests.real.server import Command, Place, Server

_SETTINGS = """\
listener $mqtts 127.0.0.1
allow_anonymous true
certfile $chain
keyfile $key
"""


def _configure(place: Place) -> Command:
    return [place.program, "-c", place.write("mosquitto.conf", _SETTINGS)]


SERVER = Server("Mosquitto", "2.0.11", "mosquitto", ("mosquitto",), _configure, implicit=("mqtts",))
