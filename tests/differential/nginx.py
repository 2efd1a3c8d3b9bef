"""nginx with Debian's ModSecurity 3 on loopback, behind the interface of the comparison: the same rules, another build and a real server.

One worker, one request at a time; the audit log, in JSON, says which rules fired. Requests go out byte for byte. What nginx refuses by
itself has no entry there.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Sequence
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from bench.ports import LOOPBACK, accepts, free_port
from bench.processes import Daemon

_MODULE = "/usr/lib/nginx/modules/ngx_http_modsecurity_module.so"
_NEEDS_NO_RELOAD = "REQUEST-910-IP-REPUTATION.conf"
_SECONDS = 20
_CONFIG = """\
daemon off; worker_processes 1; {user} pid {directory}/pid; error_log {directory}/error.log notice;
load_module {module};
events {{ worker_connections 64; }}
http {{
    access_log off; client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
    client_max_body_size 16m; client_body_buffer_size 2m; large_client_header_buffers 8 256k;
    ignore_invalid_headers off; underscores_in_headers on; merge_slashes off;
    server {{
        listen {address}:{port};
        modsecurity on; modsecurity_rules_file {rules};
        location / {{ proxy_pass http://{address}:{behind}; }}
    }}
    server {{
        listen {address}:{behind};
        location / {{ default_type text/plain; return 200 ok; }}
    }}
}}
"""
_AUDIT = """\
SecAuditEngine On
SecAuditLogParts AHZ
SecAuditLogType Serial
SecAuditLogFormat JSON
SecAuditLog {log}
"""


class NginxModSecurity3:
    """Started with it; `close` ends it."""

    def __init__(self, files: Sequence[Path], directory: Path) -> None:
        self._log = directory / "audit.json"
        (directory / "audit.conf").write_text(_AUDIT.format(log=self._log))
        included = [*(file for file in files if file.name != _NEEDS_NO_RELOAD), directory / "audit.conf"]
        rules = directory / "rules.conf"
        rules.write_text("".join(f"Include {file}\n" for file in included))
        self._port, behind = free_port(), free_port()
        config = directory / "nginx.conf"
        config.write_text(
            _CONFIG.format(
                user="user root;" if os.geteuid() == 0 else "",
                module=_MODULE,
                directory=directory,
                rules=rules,
                address=LOOPBACK,
                port=self._port,
                behind=behind,
            )
        )
        command = ["nginx", "-c", str(config), "-p", str(directory), "-e", str(directory / "error.log")]
        self._daemon = Daemon(command, os.sched_getaffinity(0), directory / "output")
        self._daemon.wait_until(lambda: accepts(self._port), _SECONDS)
        self._read = 0

    def close(self) -> None:
        self._daemon.stop()

    def fired(self, request: bytes) -> frozenset[int] | None:
        """Ids of the rules that fired; None where nginx answered without asking ModSecurity about everything."""
        with socket.create_connection((LOOPBACK, self._port), _SECONDS) as connection:
            connection.sendall(request)
            answer = HTTPResponse(connection)
            try:
                answer.begin()
                answer.read()
            except (HTTPException, OSError):
                return None
        entry = self._entry() if answer.status == 200 else None
        if entry is None:
            self._read = self._log.stat().st_size if self._log.exists() else 0
            return None
        return frozenset(int(message["details"]["ruleId"]) for message in entry["transaction"]["messages"])

    def _entry(self) -> dict[str, dict[str, list[dict[str, dict[str, str]]]]] | None:
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            if self._log.exists():
                written = self._log.read_bytes()[self._read :]
                if written.endswith(b"\n"):
                    self._read += len(written)
                    return json.loads(written.splitlines()[-1].decode("utf-8", "replace"))  # type: ignore[no-any-return]
            time.sleep(0.002)
        return None
