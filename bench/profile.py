"""Where Sekisho's CPU time goes under the form workload, with rules: each role's own functions, by stack samples from inside.

The lab is started by an interpreter that calls itself by another name: a script that runs `bench/profiled.py`. So every
process that the lab starts with `sys.executable` has the sampler, and the roles themselves know nothing of it.

What was compiled ahead of time (docs/adr/0012) has no Python frames: its time counts for the function that called it.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import profiled
from bench.backend import Backend
from bench.cores import BenchRefused, Cores, pin
from bench.load import wrk
from bench.peers import crs
from bench.pki import Pki
from bench.processes import cpu_seconds
from bench.sekisho import MEASURED_ROLES, Lab
from bench.workloads import workloads
from policy.engine import evaluate

_ROLES = (*MEASURED_ROLES, "gate")  # the gate is not measured by the table, but it can be what keeps the others waiting
_ROWS = 15
# `cryptography` asks isinstance at the end of a long operation, and there the signal is first seen: the time is the caller's
_CALLED_BACK = "<frozen abc>"
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
            more=crs.sekisho_rule_set(directory, directory / "rules-cache").toml,
            command=[sys.executable, "-c", _START.format(python=str(_interpreter(directory, samples)))],
        )
        with started as lab:
            pin(lab.pids(*MEASURED_ROLES), [cores.measured])
            pids = lab.pids(*_ROLES)
            wrk.run(lab.origin, workload, 1, 2, directory, lambda: None)
            _signal(pids, signal.SIGUSR1)
            before = {role: cpu_seconds(lab.pids(role)) for role in _ROLES}
            closed = wrk.run(lab.origin, workload, 2 if options.quick else 10, 2, directory, lambda: None)
            spent = {role: cpu_seconds(lab.pids(role)) - before[role] for role in _ROLES}
            _signal(pids, signal.SIGUSR2)
            stacks = {role: _read(samples, role, len(lab.pids(role))) for role in _ROLES}
    console = Console() if sys.stdout.isatty() else Console(width=170, no_color=True, highlight=False)
    if not evaluate.__file__.endswith(".py"):
        console.print("compiled modules count for what calls them; to see into them: make interpreted, then again")
    for role in _ROLES:
        console.print(_table(role, stacks[role], spent[role] * 1000 / closed.answered, workload.label))


_START = "import sys; sys.executable = {python!r}; from relay.cli import main; sys.exit(main())"


def _interpreter(directory: Path, samples: Path) -> Path:
    script = directory / "python"
    command = shlex.join([sys.executable, str(Path(profiled.__file__).resolve()), str(samples)])
    script.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    script.chmod(0o755)
    return script


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, number)


def _read(samples: Path, role: str, processes: int) -> Counter[Stack]:
    """Once every process of the role has written its line."""
    deadline = time.monotonic() + 10
    while True:
        lines = [line for file in samples.glob(f"relay.{role}-*.json") for line in file.read_text().splitlines(True)]
        if len(lines) == processes and all(line.endswith("\n") for line in lines):
            break
        if time.monotonic() > deadline:
            raise BenchRefused(f"{role} wrote no samples: the lab did not start it with its own interpreter")
        time.sleep(0.1)
    counts: Counter[Stack] = Counter()
    for line in lines:
        for stack, count in json.loads(line):
            counts[tuple((name, function) for name, function in stack)] += count
    return counts


def _table(role: str, stacks: Counter[Stack], ms_per_request: float, label: str) -> Table:
    """The functions with the most time of their own, and how much more they caused below them."""
    total = sum(stacks.values())
    if not total:
        raise BenchRefused(f"{role} used no CPU time")
    own: Counter[str] = Counter()
    below: Counter[str] = Counter()
    callers: dict[str, Counter[str]] = {}
    for stack, count in stacks.items():
        names = [_name(file, function) for file, function in stack if file != _CALLED_BACK]
        own[names[0]] += count
        callers.setdefault(names[0], Counter())[names[1] if len(names) > 1 else ""] += count
        for name in set(names):
            below[name] += count
    title = f"{role}: {ms_per_request:.3f} ms per request ({label}), {total} samples"
    table = Table("function", title=title, title_justify="left")
    for heading in ("own %", "own µs", "with callees %"):
        table.add_column(heading, justify="right")
    table.add_column("called most by")
    for name, count in own.most_common(_ROWS):
        table.add_row(
            name,
            f"{100 * count / total:.1f}",
            f"{1000 * ms_per_request * count / total:.0f}",
            f"{100 * below[name] / total:.1f}",
            callers[name].most_common(1)[0][0],
        )
    return table


def _name(file: str, function: str) -> str:
    """`relay/tls/engine.py TlsEngine.receive`; packages by their name, not their place on this disk."""
    path = Path(file)
    if path.is_relative_to(_ROOT) and ".venv" not in path.parts:
        return f"{path.relative_to(_ROOT)} {function}"
    parts = path.parts[path.parts.index("site-packages") + 1 :] if "site-packages" in path.parts else path.parts[-1:]
    return f"{'/'.join(parts)} {function}"
