"""`sekisho log`: what it prints, and its exit codes."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from relay.base.rfc3339 import format_time
from relay.ledger import log_commands, log_words
from relay.ledger.store import LogStore
from relay.tree.note import Signer
from relay.tree.record import Operation, Review, State, encode_record
from tests.log_samples import JOURNAL_BYTES, ORIGIN, START_MS, encoded, make_log, transfer

SIGNER = Signer.generate(ORIGIN)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """303 records under a checkpoint of 300, one of each other kind among those beyond it."""
    directory = tmp_path_factory.mktemp("log")
    make_log(directory, 300, SIGNER)
    store = LogStore.open(directory, ORIGIN, SIGNER, START_MS, journal_bytes=JOURNAL_BYTES)
    time = format_time(START_MS + 500)
    store.append(
        [
            encode_record(Operation(time=time, role="ledger", operation="start", subject="", result="done", detail="")),
            encode_record(State(time=time, role="ledger", values={"size": 301})),
            encode_record(Review(time=time, reviewer="auditor", first=0, last=9, result="ok", detail="")),
        ]
    )
    store.close()
    return directory


def run(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    log_commands.add_parser(parser.add_subparsers())
    args = parser.parse_args(["log", *map(str, arguments)])
    code = args.run(args)
    assert isinstance(code, int)
    return code


def test_verify(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", log, "--key", SIGNER.vkey) == 0
    printed = capsys.readouterr().out
    assert "the log verifies: log.example/dmz-1" in printed
    assert "300 (+3 not yet published)" in printed
    key = tmp_path / "log.vkey"
    key.write_text(SIGNER.vkey + "\n")
    assert run("verify", log, "--key", key, "--checkpoint", log / "checkpoint", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is True
    assert (report["size"], report["unpublished"], report["earlier_size"]) == (300, 3, 300)
    assert report["kinds"] == {"intent": 100, "outcome": 100, "refusal": 100, "operation": 1, "state": 1, "review": 1}


def test_verify_a_changed_log(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(log, copy)
    path = copy / "tile/entries/000"
    path.write_bytes(path.read_bytes().replace(b"juminhyo", b"juminhyx", 1))
    assert run("verify", copy, "--key", SIGNER.vkey) == 1
    assert "does not verify: entry 0 of tile/entries/000" in capsys.readouterr().out
    assert run("verify", copy, "--key", SIGNER.vkey, "--json") == 1
    printed = json.loads(capsys.readouterr().out)
    assert printed["ok"] is False
    assert "entry 0" in printed["error"]
    assert run("verify", log, "--key", Signer.generate(ORIGIN).vkey) == 1


def test_what_cannot_be_used(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "words").write_text("no key here\n")
    cases = [
        ("verify", tmp_path / "missing", "--key", SIGNER.vkey),
        ("verify", log, "--key", "nothing"),
        ("verify", log, "--key", SIGNER.vkey[:-2]),
        ("verify", log, "--key", tmp_path / "binary"),
        ("verify", log, "--key", tmp_path / "words"),
        ("verify", log, "--key", SIGNER.vkey, "--checkpoint", tmp_path / "missing"),
        ("tail", tmp_path / "missing"),
        ("search", tmp_path / "missing"),
        ("show", tmp_path / "missing", transfer(1)),
        ("show", log, transfer(1), "--key", "nothing"),
    ]
    for case in cases:
        assert run(*case) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("sekisho log: ")
    assert len(cases) == 10


def test_without_a_key_the_one_beside_the_log_is_used_and_named(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "log"
    shutil.copytree(log, own)
    assert run("verify", own) == 2
    assert "give --key" in capsys.readouterr().err
    beside = tmp_path / "log.vkey"
    beside.write_text(SIGNER.vkey)
    assert run("verify", own) == 0
    assert str(beside) in capsys.readouterr().err


def test_arguments_that_argparse_refuses(log: Path) -> None:
    cases = [
        ("verify",),
        ("tail", log, "-n", "-1"),
        ("tail", log, "-n", "x"),
        ("search", log, "--kind", "gossip"),
        ("search", log, "--since", "yesterday"),
        ("search", log, "--transfer", "x"),
        ("show", log, "x"),
        ("show", log),
        (),
    ]
    for case in cases:
        with pytest.raises(SystemExit) as caught:
            run(*case)
        assert caught.value.code == 2
    assert len(cases) == 9


def test_tail(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("tail", log, "-n", 5) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["298", "299", "300", "301", "302"]
    assert [line.split()[2] for line in lines] == ["outcome", "refusal", "operation", "state", "review"]
    assert run("tail", log, "--json") == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["index"] for record in records] == list(range(293, 303))
    assert records[-1]["record"]["kind"] == "review"
    assert run("tail", log, "-n", 0) == 1
    make_log(tmp_path / "empty", 0, SIGNER)
    assert run("tail", tmp_path / "empty") == 1
    assert capsys.readouterr().out == ""


def test_search(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("search", log, "--transfer", transfer(7), "--json") == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(entry["index"], entry["record"]["kind"]) for entry in found] == [
        (21, "intent"),
        (22, "outcome"),
        (23, "refusal"),
    ]
    assert run("search", log, "--kind", "refusal", "--reason", "field_undeclared", "--tenant", "minato") == 0
    assert len(capsys.readouterr().out.splitlines()) == 100
    since = "2026-09-21T23:13:20.099+09:00"  # START_MS + 99 in Japan
    assert run("search", log, "--since", since, "--until", "2026-09-21T14:13:20.100", "--route", "juminhyo") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert run("search", log, "--reason", "no_such") == 1
    assert run("search", log, "--since", "2027-01-01") == 1
    assert capsys.readouterr().out == ""


def test_show(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", log, transfer(7), "--key", SIGNER.vkey) == 0
    printed = capsys.readouterr().out
    assert printed.count("included in the tree of 300") == 3
    for words in ("signature checked", "送出の記録", "結果", "拒否", "受け取れない項目", "does not take", "gate-a"):
        assert words in printed
    assert run("show", log, transfer(7), "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["size"], shown["signature_checked"], len(shown["records"])) == (300, False, 3)
    assert all(len(record["proof"]) == 9 for record in shown["records"])
    assert run("show", log, transfer(7)) == 0
    assert "signature not checked" in capsys.readouterr().out
    assert run("show", log, transfer(5000)) == 1
    assert "no record of this transfer" in capsys.readouterr().out


def test_show_a_changed_record(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(log, copy)
    path = copy / "tile/entries/000"
    path.write_bytes(path.read_bytes().replace(b'"fields":23', b'"fields":24', 1))
    assert run("show", copy, transfer(0)) == 1
    assert "leaf 0 is not in the tree" in capsys.readouterr().out
    assert run("show", log, transfer(0), "--key", Signer.generate(ORIGIN).vkey) == 1


def test_show_what_is_not_published(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_log(tmp_path / "log", 9, SIGNER, published=6)
    assert run("show", tmp_path / "log", transfer(2)) == 0
    assert capsys.readouterr().out.count("not in a checkpoint yet") == 3


FOLLOW = """
import argparse, signal, sys
from relay.ledger import log_commands
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job has it ignored
parser = argparse.ArgumentParser()
log_commands.add_parser(parser.add_subparsers())
args = parser.parse_args(["log", "tail", sys.argv[1], "-n", "1", "--follow", "--json"])
sys.exit(args.run(args))
"""


@pytest.mark.live
@pytest.mark.slow
def test_following_shows_what_is_appended_until_it_is_interrupted(tmp_path: Path) -> None:
    make_log(tmp_path / "log", 3, SIGNER)
    with subprocess.Popen(
        [sys.executable, "-c", FOLLOW, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    ) as tail:
        assert tail.stdout is not None
        assert json.loads(tail.stdout.readline())["index"] == 2
        store = LogStore.open(tmp_path / "log", ORIGIN, SIGNER, START_MS, journal_bytes=JOURNAL_BYTES)
        for index in (3, 4, 5):
            store.append(encoded(6)[index : index + 1])
            if index == 4:
                store.publish(START_MS)
            assert json.loads(tail.stdout.readline())["index"] == index
        store.close()
        tail.send_signal(signal.SIGINT)
        assert tail.wait() == 0


@pytest.mark.live
@pytest.mark.slow
def test_a_reader_that_has_seen_enough(log: Path) -> None:
    for as_json in (', "--json"', ""):
        command = FOLLOW.replace('"1", "--follow", "--json"', f'"300"{as_json}')
        assert command != FOLLOW
        with subprocess.Popen([sys.executable, "-c", command, str(log)], stdout=subprocess.PIPE, text=True) as tail:
            assert tail.stdout is not None
            tail.stdout.readline()
            tail.stdout.close()
            assert tail.wait() == 0


def test_every_kind_has_its_words() -> None:
    assert set(log_words._WORDS) == set(log_commands.KIND_NAMES)
