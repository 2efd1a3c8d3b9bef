"""One nginx in front of the backend: TLS 1.3 towards the client, kept-alive mutual TLS behind, one worker.

Set up in its favour where that is a choice: no access log, whole bodies in memory, connections that never expire.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from bench.backend import Backend
from bench.cores import BenchRefused
from bench.ports import LOOPBACK, accepts, free_port
from bench.processes import Daemon, tree
from bench.systems import Ground, Origin, Running

_CONFIG = """\
daemon off;
worker_processes 1;
{user}
pid {directory}/nginx.pid;
error_log {directory}/error.log notice;
{modules}
events {{ worker_connections 16384; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
    client_max_body_size 16m;
    client_body_buffer_size 2m;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    upstream backend {{
        server {address}:{backend_port};
        keepalive 128;
        keepalive_requests 1000000000;
        keepalive_timeout 1h;
    }}
    server {{
        listen {address}:{port} ssl backlog=1024;
        server_name {name};
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.3;
        ssl_session_tickets off;
        ssl_session_cache off;
        {inspection}
        location / {{
            proxy_pass https://backend;
            proxy_http_version 1.1;
            proxy_set_header Connection '';
            proxy_set_header Host $host;
            proxy_ssl_protocols TLSv1.3;
            proxy_ssl_certificate {client_certificate};
            proxy_ssl_certificate_key {client_key};
            proxy_ssl_trusted_certificate {backend_anchor};
            proxy_ssl_verify on;
            proxy_ssl_name {backend_name};
        }}
    }}
}}
"""


class Nginx(Running):
    """A started instance; `modules` and `inspection` are the lines that tell the inspecting one from the plain one."""

    def __init__(self, ground: Ground, directory: Path, modules: str = "", inspection: str = "") -> None:
        self._directory = directory
        name = "localhost"
        server = ground.pki.outer.issue(name, "server")
        client = ground.pki.inner.issue("proxy.bench.test", "client")
        self.origin = Origin(name, free_port(), ground.pki.outer.anchor)
        config = directory / "nginx.conf"
        config.write_text(
            _CONFIG.format(
                user="user root;" if os.geteuid() == 0 else "",
                directory=directory,
                modules=modules,
                inspection=inspection,
                address=LOOPBACK,
                port=self.origin.port,
                name=name,
                certificate=server.chain,
                key=server.key,
                client_certificate=client.chain,
                client_key=client.key,
                backend_port=ground.backend.tls_port,
                backend_anchor=ground.backend.anchor,
                backend_name=Backend.name,
            )
        )
        self._cores = [ground.cores.measured]
        self._command = ["nginx", "-c", str(config), "-p", str(directory), "-e", str(directory / "error.log")]
        self._daemon: Daemon | None = None

    def start(self) -> None:
        self._daemon = Daemon(self._command, self._cores, self._directory / "output")
        self._daemon.wait_until(lambda: accepts(self.origin.port), 20)
        self._workers_settled()

    def stop(self) -> None:
        if self._daemon is not None:
            self._daemon.stop()

    def measured(self) -> list[int]:
        if self._daemon is None:
            raise BenchRefused("nginx has not been started")
        self._daemon.check_alive()
        return tree(self._daemon.pid)

    def log(self) -> str:
        return (self._directory / "error.log").read_text(errors="replace")

    def _workers_settled(self) -> None:
        deadline = time.monotonic() + 10
        while len(self.measured()) != 2:
            if time.monotonic() > deadline:
                raise BenchRefused(f"nginx has processes {self.measured()}, not a master and one worker")
            time.sleep(0.05)
