"""nginx: HTTPS with HTTP/2."""

from __future__ import annotations

from tests.real.server import Command, Place, Server

_SETTINGS = """\
daemon off;
pid $directory/nginx.pid;
events { }
http {
    access_log off;
    client_body_temp_path $directory; proxy_temp_path $directory; fastcgi_temp_path $directory;
    uwsgi_temp_path $directory; scgi_temp_path $directory;
    server {
        listen 127.0.0.1:$https ssl http2;
        ssl_certificate $chain;
        ssl_certificate_key $key;
        return 204;
    }
}
"""


def _configure(place: Place) -> Command:
    return [place.program, "-e", "stderr", "-c", place.write("nginx.conf", _SETTINGS)]


SERVER = Server("nginx", "1.22.1", "nginx", ("nginx-light",), _configure, implicit=("https",))
