"""From a refusal to an exclusion: the reference that the citizen quotes is explained, and what is proposed lets the same form pass."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.live.labs import head_of, running_lab, sekisho
from tests.ruled import policy_tables

pytestmark = pytest.mark.live

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NOTES = "備考（union select）"


def test_a_refusal_by_rules_is_explained(tmp_path: Path) -> None:
    body = b"memo=" + quote(NOTES).encode()
    with running_lab(tmp_path / "lab", config=policy_tables(tmp_path / "ruled")) as lab:
        answer = lab.request("POST", "/memo", FORM, body)
        assert answer.status == 403
        record = lab.record(kind="refusal", transfer=answer.transfer)
        assert [finding["rule"]["id"] for finding in record["findings"]] == [102, 949]
        config = Path(lab.about["config"])
        done = sekisho("policy", "explain", answer.transfer.upper(), "--config", str(config))
        assert done.returncode == 0, done.stderr
        for words in ("rules_matched", "ARGS:memo（備考 Notes）", "Union", "protects against: SQL injection"):
            assert words in done.stdout
        assert NOTES not in done.stdout
        known = json.loads(sekisho("policy", "explain", answer.transfer, "--config", str(config), "--json").stdout)
        as_sent = tmp_path / "request.http"
        as_sent.write_bytes(head_of("POST", "/memo", FORM, length=len(body)) + body)
        tried = json.loads(sekisho("policy", "test", str(as_sent), "--config", str(config), "--json").stdout)
        in_the_record = [(finding["target"], finding["rule"]) for finding in record["findings"]]
        assert [(rule["target"], rule["id"], rule["start"], rule["end"]) for rule in tried["rules"]] == [
            (target, rule["id"], rule["start"], rule["end"]) for target, rule in in_the_record
        ]
        lab.verify_log()
    with config.open("a", encoding="utf-8") as file:
        file.write("\n" + known["exclusions"][0]["toml"].replace("…", "notes of this form quote SQL"))
    passed = sekisho("policy", "test", str(as_sent), "--config", str(config))
    assert passed.returncode == 0, passed.stdout + passed.stderr
