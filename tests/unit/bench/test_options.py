"""What `bench/README.md` and `--help` say of the measurement is what it does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench import attachments, memory, run
from bench.workloads import CONNECTIONS, UPLOAD_CONNECTIONS, workloads

README = " ".join((Path(bench.__file__).parent / "README.md").read_text("utf-8").split())


def helped(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        bench.main(["--help"])
    assert ended.value.code == 0
    return re.sub(r"-\s+", "-", capsys.readouterr().out).replace("\n", " ")


def test_every_option_is_in_the_readme_and_every_option_of_the_readme_is_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = set(re.findall(r"(--[a-z]+)", helped(capsys))) - {"--help"}
    own = README.split("## Beside it")[0] + README.split("## The columns")[1]  # the corpus has options of its own
    assert set(re.findall(r"[` ](--[a-z]+)", own)) == known
    assert len(known) == 6


def test_the_loops_are_as_long_and_as_wide_as_the_readme_says() -> None:
    pace, quick = run.FULL, run.QUICK
    assert (
        f"(`wrk`, {pace.closed} s, {CONNECTIONS} kept-alive connections; {UPLOAD_CONNECTIONS} for the upload)" in README
    )
    assert f"The {run.ROUNDS} rounds" in README
    rates = ", ".join(f"{workload.rate}/s" for workload in workloads() if workload.rate)
    assert f"an open loop of {pace.open} s at the same fixed rate for all ({rates})" in README
    assert quick.closed == quick.open
    assert f"({run.QUICK_ROUNDS} round, {quick.closed} s a loop)" in README
    found = {workload.name: workload.connections for workload in workloads()}
    assert found.pop("multipart") == UPLOAD_CONNECTIONS
    assert set(found.values()) == {CONNECTIONS}


def test_the_memory_is_measured_as_the_readme_says() -> None:
    uploads = f"{memory.UPLOADS} concurrent uploads of {memory.UPLOAD_BYTES // memory.MIB} MiB"
    assert uploads in README
    assert f"{memory.PARTS:,} parts" in README
    assert f"{memory.IDLE_CONNECTIONS:,} idle TLS connections" in README


def test_the_help_has_the_defaults_and_every_name(capsys: pytest.CaptureFixture[str]) -> None:
    said = " ".join(helped(capsys).split())
    assert f"interleaved ({run.ROUNDS}, {attachments.ROUNDS})" in said
    assert f"{run.QUICK_ROUNDS} round, {run.QUICK.closed} s a loop" in said
    for name in [workload.name for workload in workloads()] + ["nginx-modsecurity", "nginx-plain", "sekisho-rules"]:
        assert name in said
