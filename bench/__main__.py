"""`python -m bench [table|attachments|memory|profile]`: the comparison, an application with files, memory, or where Sekisho's time goes."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from bench import attachments, machine, memory, profile, run
from bench.backend import Backend
from bench.cores import BenchRefused, Cores
from bench.peers.apache_modsecurity import ApacheModSecurity
from bench.peers.nginx_modsecurity import NginxModSecurity
from bench.peers.nginx_plain import NginxPlain
from bench.pki import Pki
from bench.report import Report
from bench.sekisho import Sekisho, SekishoRules
from bench.systems import Ground, System
from bench.workloads import Workload, workloads

_Named = TypeVar("_Named", System, Workload)
_SYSTEMS: tuple[System, ...] = (NginxModSecurity(), ApacheModSecurity(), NginxPlain(), Sekisho(), SekishoRules())
_PROGRAMS = ("nginx", "apache2", "wrk", "taskset")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every `finally` runs
    try:
        _check_programs()
        cores = Cores.choose()
        cores.keep_for_rest()
        with _directory(options.keep) as directory:
            if options.what == "attachments":
                attachments.main(directory, cores, options)
            elif options.what == "memory":
                memory.main(directory, cores, options)
            elif options.what == "profile":
                profile.main(directory, cores, options)
            else:
                _compare(directory, cores, options)
    except BenchRefused as refused:
        print(f"bench: no figures: {refused}", file=sys.stderr)
        return 1
    return 0


def _compare(directory: Path, cores: Cores, options: argparse.Namespace) -> None:
    progress = Console(stderr=True, highlight=False)
    systems = _chosen(_SYSTEMS, options.systems)
    pace = run.QUICK if options.quick else run.FULL
    rounds = options.rounds or (run.QUICK_ROUNDS if options.quick else run.ROUNDS)
    facts = machine.facts(cores, [package for system in systems for package in system.packages])
    compared = _chosen(workloads(), options.workloads)
    pki = Pki(directory / "pki")
    blocks: list[run.Block] = []
    with Backend(directory / "backend", pki, cores.rest) as backend:
        ground = Ground(cores, pki, backend)
        for number in range(rounds):
            for workload in compared:
                for system in systems:
                    block = run.measure(
                        ground, system, workload, pace, directory / f"{number}-{workload.name}-{system.name}"
                    )
                    blocks.append(block)
                    progress.print(
                        f"round {number + 1}/{rounds}  {workload.label:28}  {system.label:26}  "
                        f"{block.cpu_ms:8.3f} ms  {block.rate:8,.0f}/s",
                        soft_wrap=True,
                    )
    report = Report(systems, compared, blocks)
    report.print(_console())
    about = {
        "machine": facts,
        "rounds": rounds,
        "seconds": {"warm_up": pace.warm_up, "closed_loop": pace.closed, "open_loop": pace.open},
        "workloads": [
            {"name": one.name, "method": one.method, "body_bytes": len(one.body), "connections": one.connections}
            for one in compared
        ],
        "results": report.as_json(),
    }
    path = options.json or Path("out/bench.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n")
    progress.print(f"written to {path}")


def _chosen(known: Sequence[_Named], names: str | None) -> list[_Named]:
    if names is None:
        return list(known)
    wanted = names.split(",")
    unknown = set(wanted) - {one.name for one in known}
    if unknown:
        raise BenchRefused(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(one.name for one in known)}")
    return [one for one in known if one.name in wanted]


def _console() -> Console:
    """Colour and width as the terminal has them; plain and wide enough for the table in a file or pipe."""
    return Console() if sys.stdout.isatty() else Console(width=150, no_color=True, highlight=False)


def _check_programs() -> None:
    missing = [program for program in _PROGRAMS if shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin") is None]
    if missing:
        raise BenchRefused(f"{', '.join(missing)} not found; run scripts/debian-packages bench")


@contextmanager
def _directory(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="sekisho-bench-") as name:
        directory = Path(name)
        directory.chmod(0o755)  # Apache's children are another user
        yield directory


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("table", "attachments", "memory", "profile"), default="table")
    quick = f"{run.QUICK_ROUNDS} round, {run.QUICK.closed} s a loop (memory: a tenth): does everything work? Not for quoting"
    parser.add_argument("--quick", action="store_true", help=quick)
    rounds = f"table, attachments: how often everything is measured, interleaved ({run.ROUNDS}, {attachments.ROUNDS})"
    parser.add_argument("--rounds", type=int, metavar="N", help=rounds)
    names = ",".join(system.name for system in _SYSTEMS)
    parser.add_argument("--systems", metavar="NAMES", help=f"table: only these, by comma: {names}")
    names = ",".join(workload.name for workload in workloads())
    parser.add_argument(
        "--workloads", metavar="NAMES", help=f"table: only these, by comma; profile: one of {names} (form)"
    )
    where = "where the figures go (out/bench.json, out/attachments.json, out/memory.json)"
    parser.add_argument("--json", type=Path, metavar="FILE", help=where)
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="work in this new directory and leave everything there"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
