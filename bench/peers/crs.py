"""ModSecurity's configuration for both peers: what Debian recommends, switched on, with the Core Rule Set at level 1.

Changed from the recommended file: `SecRuleEngine On` (it only detects as shipped), paths below the bench's directory,
and no status calls to the Internet. Rule 941310 is removed, because as shipped it refuses Japanese text in UTF-8.
"""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass
from pathlib import Path

from bench.cores import BenchRefused
from bench.systems import Evidence, Probe

REMOVED_RULE = 941310
BLOCKING_RULE = 949110  # "Inbound Anomaly Score Exceeded": the rule that denies in CRS 3
_SETUP = "/etc/modsecurity/crs/crs-setup.conf"
_RULES = "/usr/share/modsecurity-crs/rules/*.conf"

_ATTACKED = frozenset({403})
_FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
PROBES = (
    Probe("xss in the query", "GET", "/?q=%3Cscript%3Ealert(1)%3C/script%3E", (), b"", _ATTACKED, False),
    Probe("sqli in the form", "POST", "/", _FORM, b"name=1%27%20or%20%271%27%3D%271%27--%20&b=2", _ATTACKED, False),
)


class CrsConfig:
    """One generated main file, its audit log, and how many rules it has."""

    def __init__(self, directory: Path, recommended: Path, unicode_map: Path, writable: Path) -> None:
        self.audit_log = directory / "audit.log"
        self.main = directory / "modsecurity.conf"
        text = recommended.read_text()
        for pattern, line in (
            (r"^SecRuleEngine .*$", "SecRuleEngine On"),
            (r"^SecTmpDir .*$", f"SecTmpDir {writable}/"),
            (r"^SecDataDir .*$", f"SecDataDir {writable}/"),
            (r"^SecAuditLog .*$", f"SecAuditLog {self.audit_log}"),
            (r"^SecUnicodeMapFile .*$", f"SecUnicodeMapFile {unicode_map} 20127"),
            (r"^SecStatusEngine .*$", "SecStatusEngine Off"),
        ):
            text, replaced = re.subn(pattern, line, text, flags=re.MULTILINE)
            if replaced != 1:
                raise BenchRefused(f"{recommended} has {replaced} lines like {pattern!r}; one was expected")
        text += f"\nInclude {_SETUP}\nInclude {_RULES}\nSecRuleRemoveById {REMOVED_RULE}\n"
        self.main.write_text(text)
        self.rules = rules_in([self.main, Path(_SETUP), *map(Path, sorted(glob.glob(_RULES)))]) - {REMOVED_RULE}
        if len(self.rules) < 400:
            raise BenchRefused(f"only {len(self.rules)} rules were found below {_RULES}")

    def refusals(self) -> int:
        """Requests that the rule set has denied so far. One entry of the audit log may name a rule more than once."""
        if not self.audit_log.exists():
            return 0
        entries = re.split(rb"-Z--\n", self.audit_log.read_bytes())
        return sum(b'[id "%d"]' % BLOCKING_RULE in entry for entry in entries)

    def check_refusals(self, before: int, probed: int) -> Evidence:
        """The planted attacks, each time, and nothing else were denied since `before`, and by the rule set itself."""
        denied = self.refusals() - before
        if denied != probed * len(PROBES):
            raise BenchRefused(
                f"rule {BLOCKING_RULE} denied {denied} requests; {probed * len(PROBES)} attacks were planted"
            )
        return {"denied": denied}


@dataclass(frozen=True, slots=True)
class SekishoRuleSet:
    """The same files for Sekisho: its settings, and how many rules they hold."""

    toml: str
    count: int


def sekisho_rule_set(directory: Path, cache: Path) -> SekishoRuleSet:
    """`cache`: shared by the runs of one bench, which need not compile the same rules each time."""
    removal = directory / "removed.conf"
    removal.write_text(f"SecRuleRemoveById {REMOVED_RULE}\n")
    cache.mkdir(exist_ok=True)
    count = len(rules_in([Path(_SETUP), *map(Path, sorted(glob.glob(_RULES)))]) - {REMOVED_RULE})
    toml = (
        f'[host]\ncache_dir = "{cache}"\n[policy]\nrule_set = "crs"\n[[rule_set]]\nname = "crs"\n'
        f'setup = ["{_SETUP}"]\nrules = ["{_RULES}", "{removal}"]\n'
    )
    return SekishoRuleSet(toml, count)


def rules_in(files: list[Path]) -> set[int]:
    """Ids of all rules in files whose lines may be continued and commented out."""
    found: set[int] = set()
    for file in files:
        live = [line for line in file.read_text().splitlines() if not line.lstrip().startswith("#")]
        found.update(int(number) for number in re.findall(r"\bid:'?(\d+)", "\n".join(live)))
    return found
