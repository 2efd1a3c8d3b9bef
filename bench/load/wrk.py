"""The closed loop: wrk with a generated script, kept-alive connections, as fast as the system answers.

The script stops *sending* after the measured time and lets wrk run on for a quiet tail, so that nothing is in flight when
wrk ends: then every request that the measured side worked on is answered and counted, and CPU per request is exact.
The rate is taken from the first request to the last answer.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.cores import BenchRefused
from bench.systems import Origin
from bench.workloads import Workload

_SCRIPT = """\
local ffi = require("ffi")
ffi.cdef[[ typedef struct {{ long s; long ns; }} moment; int clock_gettime(int clock, moment *now); ]]
local moment = ffi.new("moment")
local function now()
    ffi.C.clock_gettime(1, moment)
    return tonumber(moment.s) + tonumber(moment.ns) / 1e9
end

wrk.method = "{method}"
{body}
{headers}

local threads = {{}}
function setup(thread) table.insert(threads, thread) end

first, last = 0, 0
function delay()
    local instant = now()
    if first == 0 then first = instant end
    if instant - first < {seconds} then return 0 end
    last = instant
    return 3600000
end

function done(summary, latency, requests)
    local begin, finish = math.huge, 0
    for _, thread in ipairs(threads) do
        begin = math.min(begin, thread:get("first"))
        finish = math.max(finish, thread:get("last"))
    end
    local errors = summary.errors
    io.write(string.format(
        '\\nBENCH {{"answered": %d, "elapsed": %.6f, "connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}}\\n',
        summary.requests, finish - begin, errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Closed:
    answered: int
    elapsed: float  # seconds from the first request to the last answer

    @property
    def rate(self) -> float:
        return self.answered / self.elapsed


def run(
    origin: Origin, workload: Workload, seconds: int, tail: int, directory: Path, halfway: Callable[[], None]
) -> Closed:
    """`halfway` is called once, in this process, while the load is on."""
    script = _script(workload, seconds, directory)
    command = ["wrk", "-t1", f"-c{workload.connections}", f"-d{seconds + tail}s", "--timeout", "60s", "-s", str(script)]
    wrk = subprocess.Popen(
        [*command, origin.url + workload.path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        time.sleep(seconds / 2)
        halfway()
        output, _ = wrk.communicate(timeout=seconds + tail + 60)
    finally:
        if wrk.poll() is None:
            wrk.kill()
            wrk.wait()
    return result_of(output, workload)


def result_of(output: str, workload: Workload) -> Closed:
    line = next((line for line in output.splitlines() if line.startswith("BENCH ")), None)
    if line is None:
        raise BenchRefused(f"wrk gave no result: {output[-500:]}")
    said = json.loads(line.removeprefix("BENCH "))
    wrong = {kind: said[kind] for kind in ("connect", "read", "write", "status", "timeout") if said[kind]}
    if wrong:
        raise BenchRefused(f"{workload.name}: not every request was answered with success: {wrong}")
    if said["answered"] < 1 or said["elapsed"] <= 0:
        raise BenchRefused(f"{workload.name}: wrk got no answer, or not all of them before it ended: {said}")
    return Closed(said["answered"], said["elapsed"])


def _script(workload: Workload, seconds: int, directory: Path) -> Path:
    headers = [*workload.headers, *([("Connection", "close")] if workload.closes else [])]
    body = ""
    if workload.body:
        file = directory / f"{workload.name}.body"
        file.write_bytes(workload.body)
        body = f"local file = io.open({_lua(str(file))}, 'rb'); wrk.body = file:read('*a'); file:close()"
    script = directory / f"{workload.name}-{seconds}.lua"
    script.write_text(
        _SCRIPT.format(
            method=workload.method,
            body=body,
            headers="\n".join(f"wrk.headers[{_lua(name)}] = {_lua(value)}" for name, value in headers),
            seconds=seconds,
        )
    )
    return script


def _lua(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
