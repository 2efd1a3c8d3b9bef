"""Apache httpd (event) + ModSecurity 2 + CRS 3 from Debian, one child with as many threads as the load has connections."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from bench.backend import Backend
from bench.cores import BenchRefused
from bench.peers import crs
from bench.ports import LOOPBACK, accepts, free_port
from bench.processes import Daemon, tree
from bench.systems import Evidence, Ground, Origin, Probe, Running, System
from bench.workloads import Workload

_MODULES = "/usr/lib/apache2/modules"
_RECOMMENDED = Path("/etc/modsecurity/modsecurity.conf-recommended")
_UNICODE = Path("/etc/modsecurity/unicode.mapping")

_CONFIG = """\
ServerRoot {directory}
DefaultRuntimeDir {directory}
PidFile {directory}/apache.pid
Mutex file:{directory} default
ServerName {name}
{user}
{modules}
Listen {address}:{port}
ListenBacklog 1024
ErrorLog {directory}/error.log
LogLevel warn
StartServers 1
ServerLimit 1
ThreadsPerChild 128
ThreadLimit 128
MaxRequestWorkers 128
MaxConnectionsPerChild 0
AsyncRequestWorkerFactor 128
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 3600
SSLSessionCache none
<VirtualHost {address}:{port}>
    ServerName {name}
    SSLEngine on
    SSLProtocol TLSv1.3
    SSLSessionTickets off
    SSLCertificateFile {certificate}
    SSLCertificateKeyFile {key}
    ProxyPreserveHost On
    ProxyPass / https://{backend_name}:{backend_port}/ keepalive=On ttl=3600 max=128
    SSLProxyEngine on
    SSLProxyProtocol TLSv1.3
    SSLProxyMachineCertificateFile {client}
    SSLProxyCACertificateFile {backend_anchor}
    SSLProxyVerify require
    SSLProxyCheckPeerName on
</VirtualHost>
Include {rules}
"""


class ApacheModSecurity(System):
    name = "apache-modsecurity"
    label = "Apache + ModSecurity 2"
    packages = ("apache2", "libapache2-mod-security2", "modsecurity-crs")

    def launch(self, ground: Ground, directory: Path, workload: Workload) -> Running:  # noqa: ARG002 - one set-up for all
        return _Apache(ground, directory)


class _Apache(Running):
    def __init__(self, ground: Ground, directory: Path) -> None:
        name = "localhost"
        self._directory = directory
        self.origin = Origin(name, free_port(), ground.pki.outer.anchor)
        writable = directory / "writable"
        writable.mkdir()
        user = ""
        if os.geteuid() == 0:  # httpd refuses to serve as root
            user = "User www-data\nGroup www-data"
            shutil.chown(writable, "www-data", "www-data")
        self._crs = crs.CrsConfig(directory, _RECOMMENDED, _UNICODE, writable)
        self._refused = 0
        server = ground.pki.outer.issue(name, "server")
        client = ground.pki.inner.issue("proxy.bench.test", "client")
        both = directory / "client.pem"  # mod_ssl wants the certificate and the key in one file
        both.touch(0o600)
        both.write_bytes(client.chain.read_bytes() + client.key.read_bytes())
        wanted = ("mpm_event", "authz_core", "unique_id", "socache_shmcb", "ssl", "proxy", "proxy_http", "security2")
        config = directory / "apache.conf"
        config.write_text(
            _CONFIG.format(
                directory=directory,
                name=name,
                user=user,
                modules="\n".join(f"LoadModule {module}_module {_MODULES}/mod_{module}.so" for module in wanted),
                address=LOOPBACK,
                port=self.origin.port,
                certificate=server.chain,
                key=server.key,
                client=both,
                backend_name=Backend.name,
                backend_port=ground.backend.tls_port,
                backend_anchor=ground.backend.anchor,
                rules=self._crs.main,
            )
        )
        self._cores = [ground.cores.measured]
        self._command = ["apache2", "-DFOREGROUND", "-f", str(config)]
        self._daemon: Daemon | None = None

    def start(self) -> None:
        self._daemon = Daemon(self._command, self._cores, self._directory / "output")
        self._daemon.wait_until(lambda: accepts(self.origin.port), 20)
        deadline = time.monotonic() + 10
        while len(self.measured()) != 2:
            if time.monotonic() > deadline:
                raise BenchRefused(f"Apache has processes {self.measured()}, not a parent and one child")
            time.sleep(0.05)

    def stop(self) -> None:
        if self._daemon is not None:
            self._daemon.stop()

    def measured(self) -> list[int]:
        if self._daemon is None:
            raise BenchRefused("Apache has not been started")
        self._daemon.check_alive()
        return tree(self._daemon.pid)

    def probes(self) -> tuple[Probe, ...]:
        return crs.PROBES

    def begin(self) -> None:
        self._refused = self._crs.refusals()

    def verify(self, answered: int, probed: int) -> Evidence:  # noqa: ARG002 - the backend counts the answers
        return {"rules": len(self._crs.rules), **self._crs.check_refusals(self._refused, probed)}
