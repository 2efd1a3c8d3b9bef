"""What a SecLang text says, after it is read: rules by phase, markers and settings.

Everything here is immutable and knows nothing of evaluation. Arguments are the text as it was written: neither macros nor the
escapes of a pattern are touched, as ModSecurity 3 leaves them. Files are decoded as UTF-8 with `surrogateescape`; `raw()` gives
the bytes of any argument back.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

PHASES = (1, 2, 3, 4, 5)


def raw(text: str) -> bytes:
    """The bytes of the file that `text` was read from."""
    return text.encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Position:
    """A line of a file; `line` is 1-based, 0 where the file as a whole is meant."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Target:
    """One part of a rule's first argument.

    `ARGS` has neither key nor pattern, `ARGS:x` a key, `ARGS:/x/` a pattern (without its slashes). `XML:/*` has the key `/*`:
    of XML the key is an XPath expression.
    """

    collection: str
    """Upper case."""
    key: str | None = None
    pattern: str | None = None
    exclude: bool = False
    count: bool = False

    def __str__(self) -> str:
        sign = "!" if self.exclude else "&" if self.count else ""
        selector = f":/{self.pattern}/" if self.pattern is not None else "" if self.key is None else f":{self.key}"
        return f"{sign}{self.collection}{selector}"


@dataclass(frozen=True, slots=True)
class OperatorCall:
    """`"!@rx foo"`: name `rx` (lower case), argument `foo`, negated."""

    name: str
    argument: str
    negated: bool = False

    def __str__(self) -> str:
        return f"{'!' if self.negated else ''}@{self.name}{' ' if self.argument else ''}{self.argument}"


@dataclass(frozen=True, slots=True)
class ActionCall:
    """`msg:'Found it'`: name `msg` (lower case), argument `Found it`. The quotation marks around an argument are gone."""

    name: str
    argument: str | None = None

    def __str__(self) -> str:
        return self.name if self.argument is None else f"{self.name}:{self.argument}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A SecRule or SecAction with the links of its chain.

    `transformations` is what is applied in order: SecDefaultAction's, unless the rule says `t:none`, then the rule's own since
    its last `t:none`. `actions` are SecDefaultAction's that the rule does not replace, then its own in order, without `t:`,
    `id`, `phase` and `chain`. A link of a chain has id 0, its starter's phase and no chain of its own.
    """

    position: Position
    id: int
    phase: int
    targets: tuple[Target, ...]
    operator: OperatorCall | None
    """None: a SecAction, which always matches."""
    transformations: tuple[str, ...]
    """Lower case."""
    actions: tuple[ActionCall, ...]
    chain: tuple[Rule, ...] = ()
    default_action: ActionCall = ActionCall("pass")
    """What `block` means: the disruptive action of SecDefaultAction for the phase. A rule without a disruptive action of its
    own passes, as in ModSecurity 3."""

    def arguments(self, name: str) -> tuple[str, ...]:
        """The arguments of every action called `name`, in order."""
        return tuple(action.argument or "" for action in self.actions if action.name == name)

    def argument(self, name: str) -> str | None:
        """The argument of the last action called `name`; None where there is none."""
        found = self.arguments(name)
        return found[-1] if found else None

    @property
    def tags(self) -> tuple[str, ...]:
        return self.arguments("tag")

    @property
    def links(self) -> tuple[Rule, ...]:
        """The rule itself, then the links after it."""
        return (self, *self.chain)


@dataclass(frozen=True, slots=True)
class Marker:
    """`SecMarker name`: where `skipAfter:name` goes on. It stands in every phase."""

    name: str
    position: Position


class EngineMode(enum.Enum):
    ON = "On"
    OFF = "Off"
    DETECTION_ONLY = "DetectionOnly"


class LimitAction(enum.Enum):
    REJECT = "Reject"
    PROCESS_PARTIAL = "ProcessPartial"


class ParseXml(enum.Enum):
    """Whether the texts of an XML body are arguments too."""

    OFF = "Off"
    ON = "On"
    ONLY_ARGS = "OnlyArgs"


@dataclass(frozen=True, slots=True)
class UnicodeMap:
    """`SecUnicodeMapFile FILE CODEPAGE`; the file is resolved against the one that names it."""

    file: str
    code_page: int


@dataclass(frozen=True, slots=True)
class Settings:
    """The directives that change what the engine decides, with the values that ModSecurity 3 has where they are not given."""

    rule_engine: EngineMode = EngineMode.OFF
    request_body_access: bool = False
    response_body_access: bool = False
    request_body_limit: int = 0
    """Bytes; 0: no limit but that of whoever runs the engine, here and below."""
    request_body_no_files_limit: int = 0
    """Bytes of a body without its files."""
    request_body_limit_action: LimitAction = LimitAction.REJECT
    request_body_json_depth: int = 10_000
    response_body_limit: int = 0
    """Bytes."""
    response_body_limit_action: LimitAction = LimitAction.REJECT
    response_body_mime_types: frozenset[str] | None = None
    """Lower case. None: every type; empty: none, after SecResponseBodyMimeTypesClear."""
    arguments_limit: int = 0
    """Arguments; those after it are not looked at."""
    argument_separator: str = "&"
    cookie_v0_separator: str = ";"
    cookie_format: int = 0
    upload_file_limit: int = 0
    """Files of one body."""
    upload_extract: bool = False
    """What files hold is in FILES_TMP_CONTENT (SecTmpSaveUploadedFiles); nothing is written to a disk for it."""
    collection_timeout_s: int = 3600
    xml_external_entity: bool = False
    parse_xml_into_args: ParseXml = ParseXml.OFF
    unicode_map: UnicodeMap | None = None
    web_app_id: str = ""
    without_effect: tuple[str, ...] = ()
    """Directives that were accepted and change nothing here, as docs/seclang.md lists them: names, each once."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something accepted that its writer should know of: it means less, or something else, than it may seem to."""

    position: Position
    message: str

    def __str__(self) -> str:
        return f"{self.position}: {self.message}"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A whole configuration. Phases without rules have an empty tuple; every phase has an entry."""

    settings: Settings
    phases: Mapping[int, tuple[Rule | Marker, ...]]
    files: tuple[str, ...]
    """Every file read, in order, without those that rules read themselves (`@pmFromFile`)."""
    digest: str
    """Hexadecimal SHA-256 over names and texts of what was read, in order."""
    notes: tuple[Note, ...] = ()
    contents: Mapping[str, str] = field(default_factory=dict)
    """Each of `files` that is one on disk ▸ hexadecimal SHA-256 of what was read."""
    included: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """What each Include named, and the files that this meant."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of all phases, without markers; a chain is one rule."""
        return tuple(rule for phase in PHASES for rule in self.phases[phase] if isinstance(rule, Rule))
