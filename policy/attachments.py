"""The files that a procedure takes: what is declared of them, and the files of one request until each has its verdict.

Rules:
1. A file that is not declared is refused by its name alone. One that is declared is counted and measured here, and looked at by
   the scanner, which the caller asks: `judged` is told what it said.
2. While one verdict is missing the stage has not run, and then nothing is admitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from policy.faults import Fault, FileFault
from policy.toml_table import Table
from policy.verdict import Code, Finding

STAGE: Final = "files"
KINDS: Final = (
    "pdf",
    "jpeg",
    "png",
    "gif",
    "tiff",
    "docx",
    "xlsx",
    "pptx",
    "zip",
    "txt",
    "csv",
)  # those of the scanner
# What becomes of a file that holds something active (docs/spec/content.md section 9), and the kinds that can be made anew without it.
REFUSE, DISARM, AS_IS = ACTIVE = ("refuse", "disarm", "as-is")
DISARMED_KINDS: Final = ("pdf", "jpeg", "png", "docx", "xlsx", "pptx")
# Files of one request that are made anew. Source: each has its digests in the record of the transfer, and a record has a bound.
DISARMED_FILES_MAX: Final = 20
MAX_FILE_BYTES: Final = 100 * 2**20  # bytes; what the scanner takes
MAX_FILES: Final = 20  # of one attachment; a browser's file control has no bound of its own


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    label_ja: str
    label_en: str
    kinds: tuple[str, ...]
    max_bytes: int  # of one file
    required: bool
    repeat: int
    active: str = REFUSE


def read_attachments(tables: list[Table], fields: Mapping[str, object]) -> tuple[Attachment, ...]:
    made: dict[str, Attachment] = {}
    for table in tables:
        name = table.text("name", 'write the name of the file control, such as name = "scan"')
        label_ja = table.text("label_ja", 'write what the citizen calls it, such as label_ja = "診断書"')
        label_en = table.text("label_en", 'write the English label, such as label_en = "Certificate"')
        kinds = table.texts("kinds", f"write some of: {', '.join(KINDS)}", None) or ()
        size = table.integer("max_bytes", "write the bytes of one file", None, (1, MAX_FILE_BYTES), required=True)
        required = table.flag("required", "write required = true, or leave it out")
        repeat = table.integer("repeat", "write how many files may come", 1, (1, MAX_FILES))
        active = table.choice("active", ACTIVE, REFUSE)
        table.end()
        for kind in kinds:
            if kind not in KINDS:
                table.report("kinds", f'"{kind}" is not a kind of file', f"write some of: {', '.join(KINDS)}")
        if active == DISARM and (lasting := [kind for kind in kinds if kind in KINDS and kind not in DISARMED_KINDS]):
            mend = f"leave it to another attachment; what can be: {', '.join(DISARMED_KINDS)}"
            table.report("active", f"{', '.join(lasting)} cannot be made anew", mend)
        if not kinds:
            table.report("kinds", "an attachment of no kind could hold nothing", f"write some of: {', '.join(KINDS)}")
        if name in fields or name in made:
            table.report("name", f'there is another field or attachment "{name}"', "give each a name of its own")
        if name and label_ja and label_en and size and repeat and active:
            made[name] = Attachment(name, label_ja, label_en, kinds, size, required, repeat, active)
            disarmed = sum(one.repeat for one in made.values() if one.active == DISARM)
            if active == DISARM and disarmed > DISARMED_FILES_MAX:
                mend = f"let at most {DISARMED_FILES_MAX} come in all"
                table.report("active", f"{disarmed} files of one request would be made anew", mend)
    return tuple(made.values())


class Attached:
    """The files of one request, in the order in which they come."""

    def __init__(self, declared: tuple[Attachment, ...]) -> None:
        self._declared = {attachment.name: attachment for attachment in declared}
        self._counts: dict[str, int] = {}
        self._due: list[tuple[str, int]] = []  # attachment and number of each file whose verdict is missing
        self._current: Attachment | None = None
        self._size = 0
        self._too_large: set[tuple[str, int]] = set()
        self.passed = 0

    def declared(self, name: str) -> Attachment:
        return self._declared[name]

    def is_declared(self, name: str) -> bool:
        return name in self._declared

    def start(self, name: str) -> Finding | None:
        """A declared file begins, unless there are too many."""
        attachment = self._declared[name]
        count = self._counts.get(name, 0) + 1
        self._counts[name] = count
        if count > attachment.repeat:
            fault = Fault.REPEATED if attachment.repeat == 1 else Fault.TOO_MANY
            return Finding(STAGE, Code.FILE_INVALID, name, fault)
        self._current = attachment
        self._size = 0
        self._due.append((name, count))
        return None

    def is_in_file(self) -> bool:
        return self._current is not None

    def data(self, data: bytes) -> Finding | None:
        """More of the file: whether it is too large by now, said each time."""
        current = self._current
        if current is None:
            return None
        self._size += len(data)
        if self._size <= current.max_bytes:
            return None
        number = self._counts[current.name]
        self._too_large.add((current.name, number))
        return self._finding(current.name, number, FileFault.FILE_TOO_LARGE)

    def end(self) -> None:
        self._current = None

    def judged(self, name: str, words: tuple[str, ...]) -> list[Finding]:
        """The scanner's verdict on the oldest file of `name`. Raises ValueError where none is due."""
        numbers = [number for due, number in self._due if due == name]
        number = min(numbers)
        self._due.remove((name, number))
        if (name, number) in self._too_large:  # it has its finding, and the scanner has not seen it whole
            return []
        if not words:
            self.passed += 1
        return [self._finding(name, number, word) for word in words]

    def unexamined(self) -> list[Finding]:
        """No more verdicts will come: every file that has none is refused for that."""
        due, self._due = self._due, []
        return [
            self._finding(name, number, FileFault.NOT_EXAMINED)
            for name, number in due
            if (name, number) not in self._too_large
        ]

    def _finding(self, name: str, number: int, word: str) -> Finding:
        """Where several files may come it says which one."""
        return Finding(STAGE, Code.FILE_INVALID, name, word, number=number if self._declared[name].repeat > 1 else 0)

    @property
    def is_empty(self) -> bool:
        return not self._counts

    def is_settled(self) -> bool:
        return bool(self._declared) and not self._due and self._current is None

    def missing(self) -> list[Finding]:
        return [
            Finding(STAGE, Code.FILE_MISSING, attachment.name, FileFault.MISSING_FILE)
            for attachment in self._declared.values()
            if attachment.required and not self._counts.get(attachment.name)
        ]
