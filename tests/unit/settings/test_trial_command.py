"""`sekisho policy test`: a request from a file, by the rules alone and as the front would judge it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relay import cli
from tests.ruled import RULES, configuration

FORM = "Content-Type: application/x-www-form-urlencoded"
Http = Callable[..., Path]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return configuration(tmp_path_factory.mktemp("trial"))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))


@pytest.fixture
def http(tmp_path: Path) -> Http:
    def write(body: str = "", *headers: str, line: str = "POST /memo HTTP/1.1", name: str = "request.http") -> Path:
        path = tmp_path / name
        path.write_text("\n".join([line, "Host: shinsei.example.jp", *headers, "", body]), "utf-8")
        return path

    return write


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.conf"
    path.write_text(RULES)
    return path


def run(*arguments: object) -> int:
    return cli.main(["policy", "test", *map(str, arguments)])


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    code = run(*arguments, "--json")
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert code == (1 if found["verdict"] == "refused" else 0)
    return found


def test_the_rules_alone(http: Http, rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = http(line="GET /any?q=1+UNION%20select+2&r=x HTTP/1.1")
    found = said(capsys, request, "--rules", rules)
    assert (found["verdict"], found["status"], found["reason"], found["stage"]) == (
        "refused",
        403,
        "rules_matched",
        "rules",
    )
    assert found["scores"] == {"inbound": {"points": 5, "threshold": None}}
    union, total = found["rules"]
    assert (union["id"], union["phase"], union["target"], union["start"], union["end"]) == (102, 2, "ARGS:q", 2, 14)
    assert (union["piece"], union["message"], union["severity"]) == ("UNION select", "Union", "critical")
    assert (union["tags"], union["refuses"], union["place"]) == (["attack-sqli"], False, f"{rules}:2")
    assert (total["id"], total["refuses"]) == (949, True)
    assert run(request, "--rules", rules) == 1
    plain = capsys.readouterr().out
    assert "拒否  refused  403 rules_matched" in plain
    assert "102 phase 2 ARGS:q [2:14] '1 UNION select 2' Union (critical)" in plain
    assert "anomaly score inbound: 5" in plain


def test_what_is_admitted(http: Http, rules: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = http(line="GET /any?q=hello HTTP/1.1")
    assert run(request, "--rules", rules) == 0
    printed = capsys.readouterr().out
    assert "通す  admitted" in printed
    assert "no rule fired" in printed
    found = said(capsys, http("memo=hello", FORM), "--config", config)
    assert (found["verdict"], found["reason"], found["status"]) == ("admitted", None, None)
    assert (found["tenant"], found["route"], found["rule_set"]) == ("city-a", "memo", "small")


def test_a_long_piece_is_cut_and_no_control_reaches_the_terminal(
    http: Http, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "all.conf"
    rules.write_text('SecRule ARGS:q "@rx (?s)b.*c" "id:1,phase:2,deny,msg:\'All\'"')
    query = "a" * 40 + "b%1b%5B31m" + "x" * 200 + "c" + "d" * 40
    assert run(http(line=f"GET /?q={query} HTTP/1.1"), "--rules", rules) == 1
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "'…" + "a" * 16 + "b\\\\x1b[31m" + "x" * 24 + "…" + "x" * 29 + "c" + "d" * 16 + "…'" in printed


def test_as_the_front_on_a_route(http: Http, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = said(capsys, http("memo=union++select", FORM), "--config", config)
    assert (found["verdict"], found["status"], found["route"], found["alone"]) == ("refused", 403, "memo", False)
    assert [(rule["id"], rule["target"]) for rule in found["rules"]] == [(102, "ARGS:memo"), (949, "TX:anomaly_score")]
    found = said(capsys, http('{"memo": "union select"}', "Content-Type: application/json"), "--config", config)
    assert [rule["id"] for rule in found["rules"]] == [102, 949]
    found = said(capsys, http("memo=%0A%0A%0Ax", FORM), "--config", config)
    assert [rule["id"] for rule in found["rules"]] == [104]  # the body as it crosses
    found = said(capsys, http("memo=x", FORM, "X-Probe: one"), "--config", config)
    assert [(rule["id"], rule["phase"]) for rule in found["rules"]] == [(101, 1)]


def test_a_multipart_body(http: Http, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = '--b\r\nContent-Disposition: form-data; name="memo"\r\n\r\nunion select\r\n--b--\r\n'
    path = http(parts, "Content-Type: multipart/form-data; boundary=b")
    path.write_bytes(path.read_bytes().replace(b"\n--b", b"\r\n--b").replace(b"\r\r", b"\r"))
    assert [rule["id"] for rule in said(capsys, path, "--config", config)["rules"]] == [102, 949]
    file = parts.replace('name="memo"', 'name="memo"; filename="a.txt"')
    path.write_bytes(path.read_bytes().partition(b"--b\r\n")[0] + file.encode())
    found = said(capsys, path, "--config", config)
    assert [finding["detail"] for finding in found["findings"]] == ["file_for_text"]


def test_refused_before_the_rules_they_are_asked_about_the_bytes(
    http: Http, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = [
        (http("other=union+select", FORM, name="1"), "field_undeclared", "schema"),
        (http("memo=union+select", FORM, line="POST /nowhere HTTP/1.1", name="2"), "route_unknown", "route"),
        (http("memo=union+select", FORM, line="PUT /memo HTTP/1.1", name="3"), "method_not_allowed", "route"),
        (http("memo=union+select&%", FORM, name="4"), "urlencoded_invalid", "body"),
        (
            http("memo=union+select", line="POST /memo?a=union+select HTTP/1.1", name="5"),
            "content_type_unsupported",
            "body",
        ),
        (http("memo=x", FORM, line="POST /memo?a=union+select HTTP/1.1", name="6"), "query_invalid", "route"),
    ]
    assert len(cases) == 6
    for path, reason, stage in cases:
        found = said(capsys, path, "--config", config)
        assert (found["reason"], found["stage"], found["alone"]) == (reason, stage, True)
        assert 102 in [rule["id"] for rule in found["rules"]], reason
    assert run(cases[0][0], "--config", config) == 1
    printed = capsys.readouterr().out
    assert "schema: field_undeclared" in printed
    assert "手続に定めのない項目です" in printed
    assert "refused before the rules" in printed


def test_a_route_may_be_asked_for(http: Http, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = http("memo=x", FORM)
    assert run(request, "--config", config, "--route", "memo") == 0
    assert run(request, "--config", config, "--route", "absent") == 78
    assert "there is no route `absent`\n    mend: write one of: memo" in capsys.readouterr().err


def test_exclusions_are_those_of_the_route(http: Http, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = configuration(
        tmp_path,
        '\n[[rule_exclusion]]\nrule_set = "small"\nrule = 102\ntarget = "ARGS:memo"\nroute = "memo"\n'
        'reason = "notes quote laws"\nexpires = "2999-12-31"\n',
    )
    request = http("memo=union+select", FORM)
    assert run(request, "--config", config) == 0
    assert run(request, "--config", config, "--rule-set", "small") == 1
    assert run(request, "--config", config, "--rule-set", "small", "--route", "memo") == 0
    capsys.readouterr()


def test_the_response_behind_it(http: Http, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = tmp_path / "answer.http"
    answer.write_text("HTTP/1.1 500 Oops\nContent-Type: text/html\n\nTraceback (most recent call last)")
    found = said(capsys, http("memo=x", FORM), "--response", answer, "--config", config)
    assert (found["reason"], [rule["id"] for rule in found["rules"]]) == ("response_refused", [105])
    found = said(capsys, http("memo=x", FORM), "--response", answer, "--config", config, "--rule-set", "small")
    assert (found["reason"], [rule["phase"] for rule in found["rules"]]) == ("response_refused", [4])


def test_detection_only_and_open_routes(http: Http, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = configuration(tmp_path)
    config.write_text(
        config.read_text()
        .replace('name = "small"', 'name = "small"\nmode = "detect"')
        .replace("open_routes = false", "open_routes = true")
    )
    request = http("anything=union+select", FORM, line="POST /anything HTTP/1.1")
    assert run(request, "--config", config) == 0
    assert "admitted by detection only" in capsys.readouterr().out
    found = said(capsys, request, "--config", config)
    assert (found["verdict"], found["mode"], found["route"]) == ("would refuse", "detect", None)


def test_a_limit_of_the_engine_is_said(http: Http, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = tmp_path / "small.conf"
    rules.write_text("SecRequestBodyLimit 8\n")
    assert run(http("123456789"), "--rules", rules) == 1
    assert "the engine refused: body: SecRequestBodyLimit" in capsys.readouterr().out


def test_what_cannot_be_tried(http: Http, rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = [
        ((tmp_path / "absent.http", "--rules", rules), 2, f"{tmp_path}/absent.http: error: cannot be read"),
        ((http(), "--response", tmp_path / "absent", "--rules", rules), 2, f"{tmp_path}/absent: error: cannot be read"),
        ((http(), "--rules", tmp_path / "absent.conf"), 78, f"{tmp_path}/absent.conf: error: "),
        ((http(), "--config", tmp_path / "absent.toml"), 78, f"{tmp_path}/absent.toml: error: does not exist"),
    ]
    assert len(cases) == 4
    for arguments, code, words in cases:
        assert run(*arguments) == code
        printed = capsys.readouterr().err
        assert printed.startswith(words)
        assert "mend: " in printed
        assert run(*arguments, "--json") == code
        assert json.loads(capsys.readouterr().out)["problems"][0]["mend"]
