"""The SecLang files that both engines load, in order: base settings, CRS set-up, this comparison's settings, rules.

CRS 3.3 is Debian's package `modsecurity-crs`. CRS 4 is what `bench/rules/crs4.py` laid into a directory. The base
settings stand for a connector's own configuration: what a body of which type is parsed as, which limits hold, and the
rules that report a body that could not be parsed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CRS3_SETUP = Path("/etc/modsecurity/crs/crs-setup.conf")
CRS3_RULES = Path("/usr/share/modsecurity-crs/rules")
UNICODE_MAP = Path("/etc/modsecurity/unicode.mapping")
LEVELS = (1, 2, 3, 4)

_BODY_LIMIT = 13_107_200  # bytes; above every request of the comparison
_NO_FILES_LIMIT = 1_048_576  # bytes
_RESPONSE_LIMIT = 1_048_576  # bytes

_BASE = """\
SecRuleEngine {engine}
SecRequestBodyAccess On
SecRequestBodyLimit {body}
SecRequestBodyNoFilesLimit {no_files}
SecRequestBodyLimitAction Reject
SecRequestBodyJsonDepthLimit 512
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html text/xml
SecResponseBodyLimit {response}
SecResponseBodyLimitAction ProcessPartial
SecPcreMatchLimit 500000
SecPcreMatchLimitRecursion 500000
SecArgumentSeparator &
SecCookieFormat 0
SecUnicodeMapFile {unicode_map} 20127
SecAuditEngine Off
SecRule REQUEST_HEADERS:Content-Type "@rx ^(?:application(?:/soap\\+|/)|text/)xml" \\
    "id:200000,phase:1,pass,nolog,t:none,t:lowercase,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "@rx ^application/(?:[a-z0-9.-]+\\+)?json" \\
    "id:200001,phase:1,pass,nolog,t:none,t:lowercase,ctl:requestBodyProcessor=JSON"
SecRule REQBODY_ERROR "!@eq 0" "id:200002,phase:2,deny,log,status:400,t:none,msg:'The body does not parse'"
SecRule MULTIPART_STRICT_ERROR "!@eq 0" \\
    "id:200003,phase:2,deny,log,status:400,t:none,msg:'The multipart body is not strictly valid'"
SecRule MULTIPART_UNMATCHED_BOUNDARY "@eq 1" \\
    "id:200004,phase:2,deny,log,status:400,t:none,msg:'A line may be a boundary'"
"""

_LEVEL = """\
SecAction "id:200900,phase:1,pass,nolog,t:none,\\
    setvar:tx.paranoia_level={level},setvar:tx.executing_paranoia_level={level},\\
    setvar:tx.blocking_paranoia_level={level},setvar:tx.detection_paranoia_level={level}"
"""

# What the set-up files of both releases leave switched off: checks of UTF-8, bounds on arguments and files, evaluation after phase 1.
_OPTIONAL = """\
SecAction "id:200901,phase:1,pass,nolog,t:none,setvar:tx.crs_validate_utf8_encoding=1,setvar:tx.max_num_args=255,\
    setvar:tx.arg_name_length=100,setvar:tx.arg_length=400,setvar:tx.total_arg_length=64000,\
    setvar:tx.max_file_size=1000,setvar:tx.combined_file_sizes=1500,setvar:tx.blocking_early=1,setvar:tx.early_blocking=1"
"""


class RulesMissing(Exception):
    """What the comparison needs is not installed; the text says which package has it."""


@dataclass(frozen=True, slots=True)
class Release:
    """One release of the Core Rule Set as it lies on this machine."""

    name: str
    setup: Path
    rules: Path


def crs3() -> Release:
    if not CRS3_RULES.is_dir() or not CRS3_SETUP.is_file():
        raise RulesMissing("CRS 3.3 is not installed; run scripts/debian-packages bench")
    return Release("crs-3.3", CRS3_SETUP, CRS3_RULES)


def files(
    release: Release, level: int, directory: Path, *, engine: str = "DetectionOnly", optional: bool = False
) -> tuple[Path, ...]:
    """Writes the two settings files into `directory` and returns everything in the order in which it is loaded.

    `optional`: checks that the release leaves to its operator are switched on.
    """
    directory.mkdir(parents=True, exist_ok=True)
    base = directory / "base.conf"
    base.write_text(base_settings(engine), encoding="utf-8")
    settings = directory / f"level-{level}.conf"
    settings.write_text(_LEVEL.format(level=level) + (_OPTIONAL if optional else ""), encoding="utf-8")
    return (base, release.setup, settings, *rule_files(release))


def rule_files(release: Release) -> Sequence[Path]:
    found = sorted(release.rules.glob("*.conf"))
    if not found:
        raise RulesMissing(f"no rule files in {release.rules}")
    return found


def base_settings(engine: str) -> str:
    if not UNICODE_MAP.is_file():
        raise RulesMissing(f"{UNICODE_MAP} is missing; run scripts/debian-packages bench")
    return _BASE.format(
        engine=engine, body=_BODY_LIMIT, no_files=_NO_FILES_LIMIT, response=_RESPONSE_LIMIT, unicode_map=UNICODE_MAP
    )
