"""A request, or an answer, for each rule: what its operators look for, put where its targets look.

A rule that nothing fires is a rule in which two engines cannot be seen to differ. Strings come from the operators themselves (walked
expressions, phrases, words); all links of a chain leave what they look for in one and the same exchange. What a rule counts, sums up
or asks of another rule is left to `oddities.py`. As everywhere here, a string need not match.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote_from_bytes

from bench.rules.requests import FORM, Request, form_encoded, multipart, part, post
from bench.rules.rulesets import CRS3_RULES, Release, rule_files
from policy.seclang.ast import OperatorCall, Rule, Target
from policy.seclang.load import load
from tests.differential import patterns

PER_RULE = 4
_WORDS = frozenset({"pm", "within"})
_WORD_LISTS = frozenset({"pmf", "pmfromfile"})
_WHOLE = frozenset({"beginswith", "contains", "containsword", "endswith", "streq", "strmatch"})
_URI = frozenset(
    {
        "PATH_INFO",
        "QUERY_STRING",
        "REQUEST_BASENAME",
        "REQUEST_FILENAME",
        "REQUEST_LINE",
        "REQUEST_URI",
        "REQUEST_URI_RAW",
    }
)
_HTML = (b"Content-Type", b"text/html")


class Plain(random.Random):
    """Never does what is done only now and then: `patterns` changes no case with it, and adds nothing."""

    getrandbits = random.Random.getrandbits  # else choices would be made by `random`

    def random(self) -> float:
        return 1.0


@dataclass(slots=True)
class Draft:
    """One exchange that several links have written to."""

    target: bytes = b"/"
    method: bytes = b""
    protocol: bytes = b"HTTP/1.1"
    fields: list[tuple[bytes, bytes]] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)
    cookies: list[bytes] = field(default_factory=list)
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    xml: list[bytes] = field(default_factory=list)
    answer: bytes | None = None
    answer_headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    status: int = 200

    def put(self, target: Target, value: bytes, rng: random.Random) -> None:
        collection, key = target.collection, (target.key or "").encode()
        line = value.replace(b"\r", b" ").replace(b"\n", b" ").strip()
        if collection in _URI:
            self.target = b"/" + quote_from_bytes(value, safe="/?&=~.:;,!*()").removeprefix("/").encode()
        elif collection in ("ARGS_NAMES", "ARGS_GET_NAMES"):
            self.fields.append((value, b"1"))
        elif collection == "REQUEST_COOKIES":
            self.cookies.append((key or b"x") + b"=" + line)
        elif collection == "REQUEST_COOKIES_NAMES":
            self.cookies.append(line + b"=1")
        elif collection == "REQUEST_HEADERS":
            self.headers.append((key or b"X-Custom", line))
        elif collection == "REQUEST_HEADERS_NAMES":
            self.headers.append((line, b"1"))
        elif collection == "REQUEST_METHOD":
            self.method = line
        elif collection == "REQUEST_PROTOCOL":
            self.protocol = line
        elif collection in ("FILES", "FILES_NAMES", "MULTIPART_FILENAME"):
            self.files.append(part(b"file", b"x", line.replace(b'"', b""), b"text/plain"))
        elif collection == "MULTIPART_PART_HEADERS":
            self.files.append(b'Content-Disposition: form-data; name="a"\r\n' + value + b"\r\n\r\nx")
        elif collection == "XML":
            self.xml.append(value)
        elif collection == "RESPONSE_BODY":
            self.answer = (self.answer or b"") + value
        elif collection == "RESPONSE_HEADERS":
            self.answer_headers.append((key or b"X-Custom", line))
        elif collection in ("RESPONSE_STATUS", "STATUS"):
            self.status = int(value) if value.isdigit() and len(value) == 3 else self.status
        else:
            self.fields.append((rng.choice((b"q", b"name")), value))

    def request(self) -> Request:
        request = self._body()
        for name, value in self.headers:
            request = request.with_header(name, value)
        if self.cookies:
            request = request.with_header(b"Cookie", b"; ".join(self.cookies))
        return replace(request, method=self.method or request.method, protocol=self.protocol)

    def _body(self) -> Request:
        if self.files:
            return multipart([*self.files, *(part(name, value) for name, value in self.fields)], target=self.target)
        if self.xml:
            escaped = b" ".join(self.xml).replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b'"', b"&quot;")
            return post(b"text/xml", b'<a b="%b">%b</a>' % (escaped, escaped), self.target)
        if self.fields:
            pairs = b"&".join([form_encoded(name) + b"=" + form_encoded(value) for name, value in self.fields])
            return post(FORM, pairs, self.target)
        return Request(self.target)

    def response(self) -> bytes | None:
        if self.answer is None and not self.answer_headers and self.status == 200:
            return None
        lines = [b"%b: %b" % pair for pair in (_HTML, *self.answer_headers)]
        return b"HTTP/1.1 %d X\r\n%b\r\n\r\n%b" % (self.status, b"\r\n".join(lines), self.answer or b"")


def drafts(release: Release) -> Iterator[tuple[int, int, Draft]]:
    """(id of the rule, number of the turn, what was drafted for it)."""
    ruleset = load([release.setup, *rule_files(release)])
    for phase in sorted(ruleset.phases):
        for rule in ruleset.phases[phase]:
            if isinstance(rule, Rule) and rule.operator is not None:
                randomness = (Plain(rule.id), random.Random(rule.id))
                for turn in range(PER_RULE):
                    draft = _draft(rule, randomness[turn % 2])
                    if draft is not None:
                        yield rule.id, turn, draft


def listed(release: Release) -> frozenset[int]:
    """Rules of the release that are on the list of what fired, once they match, and that look at an exchange."""
    ruleset = load([release.setup, *rule_files(release)])
    rules = [rule for phase in ruleset.phases.values() for rule in phase if isinstance(rule, Rule)]
    return frozenset(rule.id for rule in rules if rule.operator is not None and _logs(rule))


def _logs(rule: Rule) -> bool:
    said = [action.name for action in rule.actions if action.name in ("log", "auditlog", "nolog", "noauditlog")]
    return not said or not said[-1].startswith("no")


def _draft(rule: Rule, rng: random.Random) -> Draft | None:
    """None where no link says what it looks for."""
    draft, written = Draft(), False
    for link in rule.links:
        targets = [target for target in link.targets if not target.exclude and not target.count]
        if link.operator is None or not targets or (link.operator.negated and written):
            continue
        found = text(link.operator, Path(link.position.file), rng)
        if found is not None:
            draft.put(rng.choice(targets), found, rng)
            written = True
    return draft if written else None


def text(operator: OperatorCall, file: Path, rng: random.Random) -> bytes | None:
    """Something that the operator may match; None for operators that look for no text, and for macros."""
    name, argument = operator.name.lower(), operator.argument
    if "%{" in argument:
        return None
    if name in ("rx", "rxglobal"):
        strings = patterns.strings(argument, rng, 1)
        return as_sent(strings[0], rng) if strings and strings[0] else None
    if name in _WORD_LISTS:
        words = _phrases(file.parent / argument.split()[0])
    elif name in _WORDS:
        words = argument.split()
    else:
        words = [argument] if name in _WHOLE else []
    return rng.choice(words).encode("utf-8", "surrogateescape") if words else None


def as_sent(string: str, rng: random.Random) -> bytes:
    """Expressions are about bytes: a letter below U+0100 is one, half of the time."""
    if max(string) < "\u0100" and rng.choice((True, False)):
        return string.encode("latin-1")
    return string.encode("utf-8", "surrogatepass")


def _phrases(path: Path) -> list[str]:
    path = path if path.is_file() else CRS3_RULES / path.name
    lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines() if path.is_file() else []
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
