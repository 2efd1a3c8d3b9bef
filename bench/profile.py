"""Where Sekisho's CPU time goes under the form workload: each role's own functions, by stack samples from inside.

The lab is started by an interpreter that calls itself by another name: a script that runs `bench/profiled.py`. So every
process that the lab starts with `sys.executable` has the sampler, and the roles themselves know nothing of it.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import profiled
from bench.backend import Backend
from bench.cores import BenchRefused, Cores, pin
from bench.load import wrk
from bench.pki import Pki
from bench.processes import cpu_seconds
from bench.sekisho import MEASURED_ROLES, Lab
from bench.workloads import workloads

_ROWS = 25
_ROOT = Path(__file__).parents[1]

Stack = tuple[tuple[str, str], ...]  # file and function, innermost first


def main(directory: Path, cores: Cores, options: argparse.Namespace) -> None:
    name = options.workloads or "form"
    workload = next((one for one in workloads() if one.name == name), None)
    if workload is None:
        raise BenchRefused(f"no workload {name}")
    samples = directory / "samples"
    samples.mkdir(mode=0o777)
    with Backend(directory / "backend", Pki(directory / "pki"), cores.rest) as backend:
        started = Lab(
            directory,
            cores.rest,
            app=backend.url,
            open_routes=workload.open_route,
            limits={"body_bytes": workload.body_limit} if workload.open_route else None,
            command=[sys.executable, "-c", _START.format(python=str(_interpreter(directory, samples)))],
        )
        with started as lab:
            pids = lab.pids(*MEASURED_ROLES)
            pin(pids, [cores.measured])
            before = {role: cpu_seconds(lab.pids(role)) for role in MEASURED_ROLES}
            closed = wrk.run(lab.origin, workload, 2 if options.quick else 10, 2, directory, lambda: None)
            spent = {role: cpu_seconds(lab.pids(role)) - before[role] for role in MEASURED_ROLES}
    console = Console() if sys.stdout.isatty() else Console(width=120, no_color=True, highlight=False)
    for role in MEASURED_ROLES:
        stacks = _read(samples.glob(f"relay.{role}*.json"))
        console.print(_table(role, stacks, spent[role] * 1000 / closed.answered, workload.label))


_START = "import sys; sys.executable = {python!r}; from relay.cli import main; sys.exit(main())"


def _interpreter(directory: Path, samples: Path) -> Path:
    script = directory / "python"
    command = shlex.join([sys.executable, str(Path(profiled.__file__).resolve()), str(samples)])
    script.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    script.chmod(0o755)
    return script


def _read(files: Iterable[Path]) -> Counter[Stack]:
    counts: Counter[Stack] = Counter()
    for file in files:
        for stack, count in json.loads(file.read_text()):
            counts[tuple((name, function) for name, function in stack)] += count
    return counts


def _table(role: str, stacks: Counter[Stack], ms_per_request: float, label: str) -> Table:
    """The functions with the most time of their own, and how much more they caused below them."""
    total = sum(stacks.values())
    if not total:
        raise BenchRefused(f"no samples of {role}: the lab did not start it with its own interpreter, or it was killed")
    own: Counter[str] = Counter()
    below: Counter[str] = Counter()
    for stack, count in stacks.items():
        names = [_name(file, function) for file, function in stack]
        own[names[0]] += count
        for name in set(names):
            below[name] += count
    title = f"{role}: {ms_per_request:.3f} ms per request ({label}), {total} samples"
    table = Table("function", title=title, title_justify="left")
    for heading in ("own %", "own µs", "with callees %"):
        table.add_column(heading, justify="right")
    for name, count in own.most_common(_ROWS):
        table.add_row(
            name,
            f"{100 * count / total:.1f}",
            f"{1000 * ms_per_request * count / total:.0f}",
            f"{100 * below[name] / total:.1f}",
        )
    return table


def _name(file: str, function: str) -> str:
    """`relay/tls/engine.py TlsEngine.receive`; packages by their name, not their place on this disk."""
    path = Path(file)
    if path.is_relative_to(_ROOT) and ".venv" not in path.parts:
        return f"{path.relative_to(_ROOT)} {function}"
    parts = path.parts[path.parts.index("site-packages") + 1 :] if "site-packages" in path.parts else path.parts[-1:]
    return f"{'/'.join(parts)} {function}"
