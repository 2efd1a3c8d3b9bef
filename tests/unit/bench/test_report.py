"""Medians, ratios and footnotes of the table."""

import io
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from bench.report import Report
from bench.run import Block
from bench.systems import Ground, Running, System
from bench.workloads import Workload, workloads

GET, _, MULTIPART, HANDSHAKE = workloads()


class Named(System):
    packages = ()

    def __init__(self, name: str) -> None:
        self.name = self.label = name

    def launch(self, ground: Ground, directory: Path, workload: Workload) -> Running:
        raise AssertionError

    def note(self, workload: Workload) -> str | None:
        return "not alike" if self.name.startswith("sekisho") and workload.open_route else None


SYSTEMS = [Named("nginx-modsecurity"), Named("apache-modsecurity"), Named("sekisho")]
BLOCK = Block("", "get", 1.0, 100.0, 0.95, 0.01, (0.001, 0.003), 2**20, 2**20, 2, "TLSv1.3", {})


def blocks(workload: str, **cpu: tuple[float, ...]) -> list[Block]:
    return [
        replace(BLOCK, system=system.replace("_", "-"), workload=workload, cpu_ms=value)
        for system, values in cpu.items()
        for value in values
    ]


def test_ratio_is_to_the_better_modsecurity_of_the_workload() -> None:
    taken = blocks("get", nginx_modsecurity=(1.0, 3.0, 2.0), apache_modsecurity=(4.0,), sekisho=(0.5,))
    taken += blocks("multipart", nginx_modsecurity=(70.0,), apache_modsecurity=(8.0,), sekisho=(2.0,))
    report = Report(SYSTEMS, [GET, MULTIPART], taken)
    assert [(row.system.name, row.workload.name, row.cpu_ms, report.ratio(row)) for row in report.rows] == [
        ("nginx-modsecurity", "get", 2.0, 1.0),
        ("apache-modsecurity", "get", 4.0, 0.5),
        ("sekisho", "get", 0.5, 4.0),
        ("nginx-modsecurity", "multipart", 70.0, 8.0 / 70.0),
        ("apache-modsecurity", "multipart", 8.0, 1.0),
        ("sekisho", "multipart", 2.0, 4.0),
    ]


def test_no_ratio_without_a_modsecurity() -> None:
    report = Report(SYSTEMS, [GET], blocks("get", sekisho=(0.5,)))
    assert report.ratio(report.rows[0]) is None
    assert report.as_json()[0]["ratio_to_better_modsecurity"] is None


def test_cpu_of_a_handshake_is_the_difference_to_the_kept_connection() -> None:
    taken = [*blocks("get", sekisho=(0.5,)), *blocks("handshake", sekisho=(1.25,))]
    rows = Report(SYSTEMS, [GET, HANDSHAKE], taken).as_json()
    assert "cpu_ms_per_handshake" not in rows[0]
    assert rows[1]["cpu_ms_per_handshake"] == 0.75


def test_footnotes_are_printed_below_the_table() -> None:
    taken = blocks("multipart", nginx_modsecurity=(70.0,), apache_modsecurity=(8.0,), sekisho=(2.0,))
    out = io.StringIO()
    Report(SYSTEMS, [MULTIPART], taken).print(Console(file=out, width=160))
    text = out.getvalue()
    assert "sekisho [1]" in text
    assert "\n[1] not alike\n" in text


def test_what_two_systems_have_to_say_is_printed_once() -> None:
    systems = [*SYSTEMS, Named("sekisho-rules")]
    out = io.StringIO()
    taken = blocks("multipart", sekisho=(2.0,), sekisho_rules=(3.0,))
    Report(systems, [MULTIPART], taken).print(Console(file=out, width=160))
    text = out.getvalue()
    assert all(f"{system} [1]" in text for system in ("sekisho", "sekisho-rules"))
    assert text.count("not alike") == 1


def test_says_when_others_used_the_measured_core() -> None:
    for foreign, said in ((0.05, False), (0.06, True)):
        out = io.StringIO()
        block = replace(BLOCK, system="sekisho", foreign=foreign)
        Report(SYSTEMS, [GET], [block]).print(Console(file=out, width=160))
        assert ("others used up to 6% of the measured core" in out.getvalue()) == said


def test_a_rate_with_another_limit_is_marked() -> None:
    for busy, cell in ((0.91, "│        100 │"), (0.9, "│      > 100 │")):
        out = io.StringIO()
        Report(SYSTEMS, [GET], [replace(BLOCK, system="sekisho", busy=busy)]).print(Console(file=out, width=160))
        assert cell in out.getvalue()
