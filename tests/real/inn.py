"""INN's nnrpd, which serves newsreaders: NNTP with STARTTLS."""

from __future__ import annotations

from tests.real.server import Command, Place, Server

_SETTINGS = """\
domain: example.org
mta: /bin/false
hismethod: hisv6
enableoverview: true
ovmethod: tradindexed
pathoverview: $directory
pathnews: /usr/lib/news
pathdb: $directory
pathetc: $directory
pathlog: $directory
pathrun: $directory
pathspool: $directory
pathtmp: $directory
runasuser: $user
runasgroup: $group
tlscertfile: $chain
tlskeyfile: $key
"""

_STORAGE = """\
method trash { newsgroups: * class: 0 }
"""

_READERS = """\
auth all { hosts: "*" default: "<anonymous>" }
access all { users: "*" newsgroups: "*" access: "R" }
"""


def _configure(place: Place) -> Command:
    user, group = place.names
    settings = place.write("inn.conf", _SETTINGS, user=user, group=group)
    place.write("active", "")
    place.write("group.index", "")
    place.write("storage.conf", _STORAGE)
    options: Command = ["-D", "-f", "-b", "127.0.0.1", "-p", str(place.ports["nntp"])]
    # There is no option for the one file that names all others.
    return ["/usr/bin/env", f"INNCONF={settings}", place.program, *options, "-c", place.write("readers.conf", _READERS)]


SERVER = Server("INN", "2.7.1", "/usr/lib/news/bin/nnrpd", ("inn2",), _configure, starttls=("nntp",), needs_root=True)
