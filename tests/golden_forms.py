"""The golden files of the procedures, tests/golden/procedures: what each form takes and refuses, in words that a reviewer reads.

Inputs are made from the samples and from what the procedure declares; the outcomes are written down and compared exactly.
`make golden` writes the files anew: read the difference before you commit it, since it is what citizens will notice.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from policy.load import load_policy
from policy.pipeline import Policy
from policy.refusal_words import pointer
from policy.route import Route
from policy.samples import sample_path, samples
from policy.verdict import Admitted, Denied
from relay.base.reasons import Reason, row
from tests.forms import KINDS, TYPES, Outcome, Submitted, multipart, submit, submit_bytes
from tests.unit.policy.conftest import NOW_MS, TENANT

DIRECTORY = Path(__file__).parent / "golden" / "procedures"
SAMPLES = {sample.route_id: sample.fields for sample in samples() if sample.fields}
SHOWN_CHARS = 60  # of a value; longer ones are of one character, or cut
NARROW = frozenset(
    {
        "postal_code",
        "phone",
        "date",
        "birth_date",
        "number",
        "amount",
        "insured_number",
        "corporate_number",
        "account_number",
    }
)  # whose digits may be typed in full width
WIDE = {ord(digit): chr(ord(digit) + 0xFEE0) for digit in "0123456789"}
TOO_MUCH = 20_001  # characters: more than any field may have
# What people paste and programs send, none of which any class takes
ODD = {
    "a control character": "見\x07本",
    "a character that changes the direction of writing": "見本\u202e",
    "an invisible character": "見\u200b本",
    "a byte order mark": "\ufeff見本",
    "gaiji": "見本\ue000",
    "an unassigned code point": "見本\u0378",
    "an emoji": "見本😀",
    "a mark that combines with nothing": "\u3099見本",
}


class Case(NamedTuple):
    """`file`: what is sent as a file beside the fields, which multipart alone can say."""

    name: str
    fields: Submitted
    file: str | None = None


def policy() -> Policy:
    return load_policy([], {TENANT: ()}, open_routes=False)


def forms(policy: Policy) -> list[Route]:
    return [route for route in policy.routes if route.body_kinds]


def path_of(route: Route) -> Path:
    return DIRECTORY / (f"{route.id}.v{route.version}.txt" if route.version else f"{route.id}.txt")


def cases(route: Route) -> Iterator[Case]:
    """What is asked of every procedure, and each of its own fields filled in wrongly."""
    sample = SAMPLES[route.id]
    fields = route.form.fields
    yield Case("the sample", sample)
    wide = tuple(
        (name, value.translate(WIDE) if fields[name].field_class.name in NARROW else value) for name, value in sample
    )
    yield Case("digits in full width, as many type them", wide)
    yield Case("nothing but what is required", tuple(pair for pair in sample if fields[pair[0]].required))
    yield Case("a field that is not declared", (*sample, ("is_admin", "1")))
    yield Case("no field at all", ())
    yield Case("every field empty", tuple((name, "") for name in fields))
    yield Case("every required field left out", tuple(pair for pair in sample if not fields[pair[0]].required))
    yield Case("every field once more than it may come", (*sample, *_once_more(route, sample)))
    yield Case("every field filled in wrongly", tuple((name, "見本\u3000;見本") for name in fields))
    yield Case("every field too long", tuple((name, "1" * TOO_MUCH) for name in fields))
    yield Case("the names in capitals", tuple((name.upper(), value) for name, value in sample))
    first = next(name for name, _ in sample)
    yield Case("a file in place of the first field", tuple(pair for pair in sample if pair[0] != first), first)
    yield Case("a file that is not declared", sample, "attachment")
    textual = next(
        (name for name, _ in sample if fields[name].field_class.textual and not fields[name].declaration.choices), first
    )
    for name, value in ODD.items():
        yield Case(name, _with(sample, textual, value))
    for name in fields:
        yield Case(f"{name} filled in wrongly", _with(sample, name, "！？"))


def _once_more(route: Route, sample: Submitted) -> Submitted:
    values = dict(sample)
    return tuple((name, values[name]) for name in values for _ in range(route.form.fields[name].repeat))


def _with(sample: Submitted, name: str, value: str) -> Submitted:
    """The sample with this one value in the field, where it stands in the sample or else at the end."""
    first = [place for place, pair in enumerate(sample) if pair[0] == name]
    if not first:
        return (*sample, (name, value))
    return tuple(
        (name, value) if place == first[0] else pair for place, pair in enumerate(sample) if place not in first[1:]
    )


def outcomes(policy: Policy, route: Route, case: Case) -> dict[str, Outcome]:
    path = sample_path(route.id)
    if case.file is None:
        return {kind: submit(policy, path, kind, case.fields) for kind in KINDS if kind in route.body_kinds}
    parts = [(f'name="{name}"', value.encode()) for name, value in case.fields]
    body = multipart([*parts, (f'name="{case.file}"; filename="mihon.pdf"', b"%PDF-1.7")])
    return {"multipart": submit_bytes(policy, path, TYPES["multipart"], body)}


def written(policy: Policy, route: Route) -> str:
    """The golden file of one procedure."""
    about = f"手続 {route.procedure.number} {route.procedure.name}" if route.procedure else "no 手続 of the register"
    lines = [
        f"{about}: {route.method} {route.path} ({route.id}, version {route.version})",
        "Written by `make golden`, compared by tests/unit/front/test_golden_procedures.py. Of a case that is no sample only what",
        "differs from it is shown: + a value more, - one less.",
    ]
    sample = SAMPLES[route.id]
    for case in cases(route):
        found = outcomes(policy, route, case)
        lines += ["", f"== {case.name}"]
        lines += (
            [f"  {name} = {_shown(value)}" for name, value in sample]
            if case.name == "the sample"
            else _difference(sample, case)
        )
        told = {kind: _told(policy, outcome, case.fields) for kind, outcome in found.items()}
        if len({tuple(each) for each in told.values()}) == 1:
            lines += [f"-> {', '.join(told)}: {_head(next(iter(found.values())))}", *next(iter(told.values()))[1:]]
        else:
            for kind, each in told.items():
                lines += [f"-> {kind}: {each[0]}", *each[1:]]
    return "\n".join(lines) + "\n"


def _difference(sample: Submitted, case: Case) -> list[str]:
    left = list(sample)
    more = []
    for pair in case.fields:
        if pair in left:
            left.remove(pair)
        else:
            more.append(pair)
    if not case.fields:
        return ["  - everything"]
    lines = [f"  - {name} = {_shown(value)}" for name, value in left]
    lines += [f"  + {name} = {_shown(value)}" for name, value in more]
    return lines + ([f"  + {case.file} = a file mihon.pdf"] if case.file else [])


def _head(outcome: Outcome) -> str:
    verdict = outcome.verdict
    if isinstance(verdict, Admitted):
        return f"admitted, {verdict.fields} fields"
    reason = verdict if isinstance(verdict, Reason) else Reason(verdict.code.value)
    return f"refused, {row(reason).status} {reason.value}"


def _told(policy: Policy, outcome: Outcome, fields: Submitted) -> list[str]:
    """The verdict, and what crosses otherwise than it came or what the citizen is told."""
    lines = [_head(outcome)]
    if isinstance(outcome.verdict, Admitted):
        came = list(fields)
        lines += [
            f"     crosses as {name} = {_shown(value)}" for name, value in outcome.crossed if (name, value) not in came
        ]
    elif isinstance(outcome.verdict, Denied):
        for told in policy.told(outcome.verdict, NOW_MS):
            lines.append(f"     {told.code.value} {told.detail} {pointer(told.target, told.element)}")
            lines.append(f"       {told.sentence.ja}")
            lines.append(f"       {told.sentence.en}")
    return lines


def _shown(value: str) -> str:
    """In quotes, with what does not show as an escape; a long one shortened."""
    if len(value) > SHOWN_CHARS and len(set(value)) == 1:
        return f'"{value[0]}" × {len(value)}'
    text = json.dumps(value, ensure_ascii=False)
    text = "".join(
        c if (unicodedata.category(c)[0] in "LNPSZ" and c.isprintable()) or c == "\u3000" else f"\\u{ord(c):04x}"
        for c in text
    )
    return text if len(value) <= SHOWN_CHARS else f'{text[:SHOWN_CHARS]}…" ({len(value)} characters)'


def main() -> int:
    """Write every file anew and say which ones differ."""
    loaded = policy()
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    wanted = {path_of(route): written(loaded, route) for route in forms(loaded)}
    for path in sorted(set(DIRECTORY.iterdir()) - set(wanted)):
        print(f"removed {path.name}")
        path.unlink()
    for path, text in wanted.items():
        if not path.is_file() or path.read_text("utf-8") != text:
            print(f"written {path.name}")
            path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
