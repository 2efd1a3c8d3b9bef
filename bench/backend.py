"""The application behind the peers, and behind the gate of Sekisho's lab: cheap, not measured, and it counts.

An nginx that answers 200 with a small page once it has read the whole request. It is reached by mutual TLS (peers) and
by plain HTTP on loopback (Sekisho's gate, whose mutual TLS is the one between egress and gate). For every answer its
access log gains one line of four bytes, the status: the file's size is the count.

`return 200` alone would answer before the body has been read, and a proxy may then throw the connection away: a request
with a body goes once around through a unix socket, because nginx reads all of it before it asks an upstream.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from bench.cores import BenchRefused
from bench.pki import Pki
from bench.ports import LOOPBACK, accepts, free_port
from bench.processes import Daemon

PAGE = "<!doctype html><title>受付</title><p>受け付けました。</p>"
_LINE = 4  # "200\n"

_CONFIG = """\
daemon off;
worker_processes 1;
{user}
pid {directory}/nginx.pid;
error_log {directory}/error.log warn;
events {{ worker_connections 4096; }}
http {{
    log_format status '$status';
    access_log {directory}/answers status;
    client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
    client_max_body_size 0;
    client_body_buffer_size 2m;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    default_type 'text/html; charset=utf-8';
    server {{
        listen unix:{directory}/page;
        access_log off;
        return 200 '{page}';
    }}
    server {{
        listen {address}:{plain_port};
        listen {address}:{tls_port} ssl;
        server_name {name};
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.3;
        ssl_client_certificate {anchor};
        ssl_verify_client on;
        location / {{
            if ($request_method = POST) {{ rewrite ^ /read-all last; }}
            return 200 '{page}';
        }}
        location = /read-all {{
            internal;
            proxy_pass http://unix:{directory}/page;
            proxy_pass_request_body off;
            proxy_pass_request_headers off;
            proxy_method GET;
            proxy_set_header Content-Length '';
        }}
    }}
}}
"""


class Backend:
    """Use as a context manager; `rest` are the cores that are not measured."""

    name = "localhost"

    def __init__(self, directory: Path, pki: Pki, rest: frozenset[int]) -> None:
        self.tls_port = free_port()
        self.plain_port = free_port()
        self.anchor = pki.inner.anchor
        self._answers = directory / "answers"
        directory.mkdir()
        identity = pki.inner.issue(self.name, "server")
        config = directory / "nginx.conf"
        config.write_text(
            _CONFIG.format(
                user="user root;" if os.geteuid() == 0 else "",
                directory=directory,
                page=PAGE,
                address=LOOPBACK,
                name=self.name,
                plain_port=self.plain_port,
                tls_port=self.tls_port,
                certificate=identity.chain,
                key=identity.key,
                anchor=pki.inner.anchor,
            )
        )
        self._daemon = Daemon(["nginx", "-c", str(config), "-p", str(directory)], rest, directory / "output")

    def __enter__(self) -> Backend:
        self._daemon.wait_until(lambda: accepts(self.plain_port) and accepts(self.tls_port), 10)
        return self

    def __exit__(self, *_: object) -> None:
        self._daemon.stop()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.plain_port}"

    def mark(self) -> int:
        """Where the count stands, once it has stood still for a moment."""
        seen = -1
        deadline = time.monotonic() + 30
        while (size := self._answers.stat().st_size) != seen:
            if time.monotonic() > deadline:
                raise BenchRefused("the backend is still answering 30 s after the load ended")
            seen = size
            time.sleep(0.2)
        return size

    def answered_since(self, mark: int) -> int:
        """Answers with 200 since `mark`; any other status is an error of the bench."""
        self.mark()
        with self._answers.open("rb") as answers:
            answers.seek(mark)
            lines = answers.read()
        count, odd = divmod(len(lines), _LINE)
        if odd or lines != b"200\n" * count:
            raise BenchRefused("the backend answered something else than 200")
        return count
