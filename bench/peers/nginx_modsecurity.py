"""nginx + libmodsecurity 3 + CRS 3 from Debian: the connector is loaded and inspects every request and answer."""

from __future__ import annotations

import re
from pathlib import Path

from bench.cores import BenchRefused
from bench.peers import crs
from bench.peers.nginx import Nginx
from bench.systems import Evidence, Ground, Probe, Running, System
from bench.workloads import Workload

_MODULE = "/usr/lib/nginx/modules/ngx_http_modsecurity_module.so"
_RECOMMENDED = Path("/etc/nginx/modsecurity.conf")
_UNICODE = Path("/etc/nginx/unicode.mapping")


class NginxModSecurity(System):
    name = "nginx-modsecurity"
    label = "nginx + ModSecurity 3"
    packages = ("nginx", "libnginx-mod-http-modsecurity", "libmodsecurity3", "modsecurity-crs")

    def launch(self, ground: Ground, directory: Path, workload: Workload) -> Running:  # noqa: ARG002 - one set-up for all
        return _Inspecting(ground, directory)


class _Inspecting(Nginx):
    def __init__(self, ground: Ground, directory: Path) -> None:
        self._crs = crs.CrsConfig(directory, _RECOMMENDED, _UNICODE, directory)
        self._refused = 0
        super().__init__(
            ground,
            directory,
            modules=f"load_module {_MODULE};",
            inspection=f"modsecurity on; modsecurity_rules_file {self._crs.main};",
        )

    def start(self) -> None:
        super().start()
        self._loaded = self._rules_loaded()

    def probes(self) -> tuple[Probe, ...]:
        return crs.PROBES

    def begin(self) -> None:
        self._refused = self._crs.refusals()

    def verify(self, answered: int, probed: int) -> Evidence:  # noqa: ARG002 - the backend counts the answers
        return {
            "rules": len(self._crs.rules),
            "rules_as_loaded": self._loaded,
            **self._crs.check_refusals(self._refused, probed),
        }

    def _rules_loaded(self) -> int:
        """What the library itself says it loaded: `rules loaded inline/local/remote: 0/921/0`."""
        said = re.search(r"rules loaded inline/local/remote: (\d+)/(\d+)/(\d+)", self.log())
        if said is None:
            raise BenchRefused("nginx did not say how many ModSecurity rules it loaded")
        loaded = int(said[2])
        if loaded < len(self._crs.rules):
            raise BenchRefused(f"ModSecurity loaded {loaded} rules; its files have {len(self._crs.rules)}")
        return loaded
