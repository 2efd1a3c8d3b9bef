"""Sekisho's lab as one of the compared systems: front, egress and ledger are measured, gate and application are not.

What proves the inspected way: an undeclared field is refused with 422 before, during and after the load; the log has one
intent and one delivered outcome for each answer that a client got, and one refusal for each planted request; and the log
verifies when the load is over.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from bench.cores import BenchRefused, pin
from bench.peers import crs
from bench.processes import Daemon, cpu_seconds, tree
from bench.systems import Evidence, Ground, Origin, Probe, Running, System
from bench.workloads import Workload
from policy.samples import samples as catalogue

_START_S = 180  # the first start with rules compiles them
MEASURED_ROLES = ("front", "egress", "ledger")
COMMAND = Path(sys.executable).with_name("sekisho")


class Sekisho(System):
    """Everything but rules."""

    name = "sekisho"
    label = "Sekisho, no rules"
    packages = ()

    def launch(self, ground: Ground, directory: Path, workload: Workload) -> Running:
        return _Measured(ground, directory, workload)

    def note(self, workload: Workload) -> str | None:
        if not workload.open_route:
            return None
        return (
            "measured with --open-routes: framed, sealed, permitted and logged like all else, but the body is taken as it "
            "is: no peer looks into files. What that costs: python -m bench attachments"
        )


class SekishoRules(Sekisho):
    """Everything, with the rules that the peers have."""

    name = "sekisho-rules"
    label = "Sekisho"
    packages = ("modsecurity-crs",)

    def launch(self, ground: Ground, directory: Path, workload: Workload) -> Running:
        return _Inspecting(ground, directory, workload)


class LabFile:
    """What a running lab says of itself in `lab.json`."""

    def __init__(self, file: Path) -> None:
        about = json.loads(file.read_text())
        url = urlsplit(about["front_url"])
        if url.hostname is None or url.port is None:
            raise BenchRefused(f"the lab's front_url has no host or port: {about['front_url']}")
        self.origin = Origin(url.hostname, url.port, Path(about["ca_file"]))
        self.transfers = Path(about["transfers_jsonl"])
        self.log_dir = Path(about["log_dir"])
        self.log_key = Path(about["log_vkey"])
        self._pids = about["pids"]

    def verify_log(self) -> None:
        """By the command that an auditor would use. Raises BenchRefused."""
        verify = [str(COMMAND), "log", "verify", str(self.log_dir), "--key", str(self.log_key)]
        done = subprocess.run(verify, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BenchRefused(f"the log does not verify: {done.stdout[-500:]}{done.stderr[-500:]}")

    def pids(self, *roles: str) -> list[int]:
        """The roles' processes with their descendants."""
        found: list[int] = []
        for role in roles:
            named = self._pids[role]
            for pid in [named] if isinstance(named, int) else named:
                found.extend(one for one in tree(pid) if one not in found)
        return found


class Lab:
    """`sekisho lab` as a process of ours, on the cores that are not measured until somebody pins its roles."""

    def __init__(
        self,
        directory: Path,
        cores: frozenset[int],
        *,
        app: str | None = None,
        workers: int = 1,
        open_routes: bool = False,
        limits: Mapping[str, int] | None = None,
        procedures: Path | None = None,
        more: str = "",
        command: Sequence[str] = (str(COMMAND),),
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory / "lab"
        self._output = directory / "lab.output"
        self._cores = cores
        self._command = [*command, "lab", "--dir", str(self._directory), "--workers", str(workers)]
        if app is not None:
            self._command += ["--app", app]
        if open_routes:
            self._command.append("--open-routes")
        extra = "[limits]\n" + "".join(f"{name} = {value}\n" for name, value in (limits or {}).items())
        if procedures is not None:
            extra += f'[policy]\nprocedures = ["{procedures}"]\n'
        extra += more
        (directory / "extra.toml").write_text(extra)
        self._command += ["--config", str(directory / "extra.toml")]
        self._daemon: Daemon | None = None

    def __enter__(self) -> LabFile:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> LabFile:
        self._daemon = Daemon(self._command, self._cores, self._output)
        file = self._directory / "lab.json"
        self._daemon.wait_until(file.exists, _START_S)
        return LabFile(file)

    def stop(self) -> None:
        if self._daemon is not None:
            self._daemon.stop(30)

    def check_alive(self) -> None:
        if self._daemon is None:
            raise BenchRefused("the lab has not been started")
        self._daemon.check_alive()


class _Measured(Running):
    def __init__(self, ground: Ground, directory: Path, workload: Workload) -> None:
        self._workload = workload
        self._core = ground.cores.measured
        limits = {"body_bytes": workload.body_limit} if workload.open_route else {}
        self._lab = Lab(
            directory,
            ground.cores.rest,
            app=ground.backend.url,
            open_routes=workload.open_route,
            limits=limits,
            more=self.settings(directory),
        )
        self._position = 0

    def settings(self, directory: Path) -> str:  # noqa: ARG002 - for those that have rules
        """TOML laid over the lab's configuration."""
        return ""

    def start(self) -> None:
        self._about = self._lab.start()
        self.origin = self._about.origin
        pin(self.measured(), [self._core])

    def stop(self) -> None:
        self._lab.stop()

    def measured(self) -> list[int]:
        self._lab.check_alive()
        return self._about.pids(*MEASURED_ROLES)

    def probes(self) -> tuple[Probe, ...]:
        if self._workload.open_route:
            return (Probe("NUL in the path", "GET", "/%00", (), b"", frozenset({400}), False),)
        form = next(sample for sample in catalogue() if sample.name == "form-urlencoded")
        return (
            Probe(
                "undeclared field",
                "POST",
                form.path,
                (("Content-Type", form.content_type or ""),),
                (form.body or b"") + b"&not_declared=1",
                frozenset({422}),
                False,
            ),
        )

    def begin(self) -> None:
        self._position = self._about.transfers.stat().st_size
        self._gate_before = cpu_seconds(self._about.pids("gate"))

    def verify(self, answered: int, probed: int) -> Evidence:
        counts = self._records()
        planted = probed * len(self.probes())
        expected = {"intent": answered, "outcome delivered": answered, "refusal": planted}
        found = {name: counts[name] for name in expected}
        if found != expected:
            raise BenchRefused(f"the log has {found}; the clients saw {expected}")
        gate = cpu_seconds(self._about.pids("gate")) - self._gate_before
        self._about.verify_log()
        return {
            "intents": answered,
            "refusals": planted,
            "log": "verified",
            "gate_cpu_ms_per_request": round(gate * 1000 / answered, 3),
        }

    def explain(self) -> str:
        return f"; its log since then: {dict(self._records())}"

    def _records(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        with self._about.transfers.open("rb") as lines:
            lines.seek(self._position)
            for line in lines:
                record = json.loads(line)
                kind = record["kind"]
                counts[kind] += 1
                if kind in ("outcome", "refusal"):
                    counts[f"{kind} {record['result' if kind == 'outcome' else 'reason']}"] += 1
        return counts


class _Inspecting(_Measured):
    """Rules are counted, and the planted attacks of the peers refused, each by the rule set and under its own id."""

    def settings(self, directory: Path) -> str:
        rules = crs.sekisho_rule_set(directory, directory.parent / "rules-cache")
        self._rules = rules.count
        return rules.toml

    def probes(self) -> tuple[Probe, ...]:
        if self._workload.open_route:
            return crs.PROBES
        attacked = Probe(
            "xss in a header",
            "GET",
            "/health",
            (("Referer", "https://example.jp/?q=<script>alert(1)</script>"),),
            b"",
            frozenset({403}),
            False,
        )
        return (*super().probes(), attacked)

    def verify(self, answered: int, probed: int) -> Evidence:
        evidence = super().verify(answered, probed)
        attacks = probed * sum(403 in probe.expected for probe in self.probes())
        refused = self._records()["refusal rules_matched"]
        if refused != attacks:
            raise BenchRefused(f"the rules refused {refused} requests; {attacks} attacks were planted")
        return {**evidence, "rules": self._rules, "refused_by_rules": refused}
