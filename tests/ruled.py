"""A relay's configuration with a small rule set on one route: for what explains, lists and tries rules."""

from __future__ import annotations

from pathlib import Path

from relay.settings.pki import LabChoices, create_pki, write_lab_config

PROCEDURE = """\
format = 1

[route]
id = "memo"
mode = "exchange"
method = "POST"
path = "/memo"
body = ["urlencoded", "multipart", "json"]

[[field]]
name = "memo"
label_ja = "備考"
label_en = "Notes"
class = "free_text"
max_chars = 200
"""
RULES = r"""SecRule REQUEST_HEADERS:X-Probe "@streq one" "id:101,phase:1,deny,status:403,msg:'Probe',tag:'attack-generic',severity:2"
SecRule ARGS "@rx (?i)union\s+select" "id:102,phase:2,pass,t:none,msg:'Union',tag:'attack-sqli',severity:2,setvar:tx.anomaly_score=+5"
SecRule REQUEST_BODY "@contains %0A%0A%0A" "id:104,phase:2,deny,msg:'Blank lines'"
SecRule RESPONSE_BODY "@contains Traceback" "id:105,phase:4,deny,msg:'Stack trace',tag:'attack-disclosure'"
SecRule TX:anomaly_score "@ge 5" "id:949,phase:2,deny,msg:'Inbound Anomaly Score Exceeded',tag:'anomaly-evaluation'"
"""


def policy_tables(directory: Path) -> str:
    """Writes the procedure and the rules below `directory`; the tables that name them, for a sekisho.toml."""
    (directory / "procedures").mkdir(parents=True)
    (directory / "procedures" / "memo.toml").write_text(PROCEDURE, "utf-8")
    (directory / "rules.conf").write_text(RULES, "utf-8")
    return f"""
[policy]
procedures = ["{directory}/procedures"]
rule_set = "small"

[[rule_set]]
name = "small"
rules = ["{directory}/rules.conf"]
"""


def configuration(directory: Path, more: str = "") -> Path:
    """A sekisho.toml with all that it names. `more`: tables laid over it."""
    extra = directory / "extra.toml"
    extra.write_text(policy_tables(directory / "ruled") + more, "utf-8")
    pki = create_pki(directory / "site", tenants={"city-a": ["shinsei.example.jp"]})
    choices = LabChoices(
        front_port=18443,
        exporter_port=19464,
        gate_ports=[19001],
        applications={"city-a": "http://127.0.0.1:18000"},
        extra=extra,
    )
    config = write_lab_config(pki, choices)
    (directory / "site" / "cache").mkdir(exist_ok=True)
    return config.host_file
