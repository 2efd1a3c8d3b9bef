"""The register for the council (審議会): which procedure may carry which item, and where it goes (手続 × 項目 × 送信先).

Made of the routes as they were read, so that it says what crosses and nothing else. The same catalogue gives the same bytes:
no date of printing, no order of chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from policy.attachments import AS_IS, DISARM, REFUSE, Attachment
from policy.bilingual import Said
from policy.cross_field import NeededIf, OneOf
from policy.route import SERVICES, PathParameter, Procedure, Route
from policy.schema import Field, Form

LANGUAGES = Said._fields
_SERVICES_EN = {"電子申請": "e-application", "電子調達": "e-procurement"}

KINDS = {  # of what crosses
    "common": Said("共通項目", "common item"),
    "own": Said("その他の項目", "item of its own"),
    "query": Said("照会の条件", "in the query"),
    "path": Said("アドレスの一部", "in the path"),
    "file": Said("添付ファイル", "attached file"),
}
REQUIRED, OPTIONAL = Said("○", "yes"), Said("－", "no")
CONDITIONAL = Said("△", "in some cases")  # a check of the form may ask for it
# Never a value. Of a sensitive class not even where in it a rule matched, which would tell how long it is.
LOGGED = Said("欄の符号・理由・ルールが当たった位置", "field name, reason, where a rule matched")
LOGGED_OF_SENSITIVE = Said("欄の符号・理由のみ", "field name and reason only")
LOGGED_OF_FILE = Said("欄の符号・理由・ファイルの数", "field name, reason, number of files")
NOTHING_DONE = Said("", "")  # a field is judged by its class
EXAMINED = {
    REFUSE: Said(
        "種類・中身・ウイルスを検査し、一つでも問題があれば断る",
        "kind, content and viruses examined; refused if anything is wrong",
    ),
    DISARM: Said(
        "種類・中身・ウイルスを検査し、無害化したものを渡す（マクロなどを除いて作り直す）",
        "kind, content and viruses examined; made anew without macros and the like, and the new file crosses",
    ),
    AS_IS: Said(
        "種類・中身・ウイルスを検査し、マクロなどがあってもそのまま渡す",
        "kind, content and viruses examined; crosses as it is, with macros and the like",
    ),
}
HEADINGS = {
    "service": Said("サービス", "Service"),
    "number": Said("No.", "No."),
    "name": Said("手続名", "Procedure"),
    "department": Said("担当所轄", "Department"),
    "version": Said("版", "Version"),
    "effective_from": Said("効力の始まる日", "In effect from"),
    "effective_until": Said("効力の終わる日", "In effect until"),
    "route": Said("経路", "Route"),
    "method": Said("メソッド", "Method"),
    "path": Said("アドレス", "Path"),
    "kind": Said("区分", "Kind"),
    "item": Said("項目", "Item"),
    "label": Said("欄の名称", "Field"),
    "field": Said("欄の符号", "Field name"),
    "class": Said("形式", "Class"),  # of a file: the kinds that are taken
    "choices": Said("選択肢", "Choices"),
    "required": Said("必須", "Required"),
    "max_chars": Said("最大文字数", "Characters at most"),
    "max_bytes": Said("最大の大きさ（バイト）", "Bytes at most"),
    "repeat": Said("最大個数", "Values at most"),
    "done": Said("取扱い", "What is done with it"),
    "logged": Said("記録に残るもの", "The log tells"),
    "tenant": Said("団体", "Tenant"),
    "gates": Said("送信先の受け口", "Goes to the gate"),
    "application": Said("送信先の業務システム", "Goes to the application"),
}


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the requests of one tenant end."""

    tenant: str
    gates: tuple[str, ...]  # in order of preference
    application: str = ""  # "": only the gate's own configuration says

    def __str__(self) -> str:
        return f"{self.tenant}: {' → '.join(part for part in (' / '.join(self.gates), self.application) if part)}"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that may cross. `words`: the register's, or none where it has none."""

    kind: str
    name: str
    words: str
    label: Said
    field_class: str
    choices: tuple[str, ...] = ()
    need: Said = OPTIONAL
    max_chars: int = 0
    repeat: int = 1
    logged: Said = LOGGED
    max_bytes: int = 0  # of one file
    done: Said = NOTHING_DONE


@dataclass(frozen=True, slots=True)
class Entry:
    """One route with all that may cross on it."""

    route: Route
    items: tuple[Item, ...]
    destinations: tuple[Destination, ...] | None  # None: no configuration was read; (): no tenant has this route

    @property
    def procedure(self) -> Procedure | None:
        return self.route.procedure

    @property
    def name(self) -> str:
        return self.route.procedure.name if self.route.procedure else self.route.id


def entries(routes: Iterable[Route], destinations: Sequence[Destination] | None) -> list[Entry]:
    """In the order of service, number and version; the plain routes last. `destinations`: None where they are not known."""
    return [
        Entry(route, tuple(_items(route)), None if destinations is None else _served(route, destinations))
        for route in sorted(routes, key=_order)
    ]


def _served(route: Route, destinations: Sequence[Destination]) -> tuple[Destination, ...]:
    return tuple(one for one in destinations if route.tenants is None or one.tenant in route.tenants)


def _order(route: Route) -> tuple[int, int, int, str]:
    procedure = route.procedure
    if procedure is None:
        return len(SERVICES), 0, 0, route.id
    return SERVICES.index(procedure.service), procedure.number, procedure.version, route.id


def _items(route: Route) -> Iterator[Item]:
    common = route.procedure.common_fields if route.procedure else frozenset()
    for segment in route.segments:
        if isinstance(segment, PathParameter):
            yield Item("path", segment.name, "", Said(segment.name, segment.name), segment.field_class, need=REQUIRED)
    yield from [_item("query", field, route.query) for field in route.query.fields.values()]
    fields = route.form.fields.values()
    yield from [_item("common", field, route.form) for field in fields if field.name in common]
    yield from [_item("own", field, route.form) for field in fields if field.name not in common]
    yield from map(_file, route.attachments)


def _item(kind: str, field: Field, form: Form) -> Item:
    declared = field.declaration
    return Item(
        kind,
        field.name,
        declared.item,
        Said(declared.label_ja, declared.label_en),
        field.field_class.name,
        declared.choices,
        REQUIRED if declared.required else CONDITIONAL if _may_be_needed(field.name, form) else OPTIONAL,
        max(map(len, declared.choices), default=0) or declared.max_chars or field.field_class.max_chars or 0,
        declared.repeat,
        LOGGED_OF_SENSITIVE if field.field_class.sensitive else LOGGED,
    )


def _file(attachment: Attachment) -> Item:
    return Item(
        "file",
        attachment.name,
        "",
        Said(attachment.label_ja, attachment.label_en),
        ", ".join(attachment.kinds),
        need=REQUIRED if attachment.required else OPTIONAL,
        repeat=attachment.repeat,
        logged=LOGGED_OF_FILE,
        max_bytes=attachment.max_bytes,
        done=EXAMINED[attachment.active],
    )


def _may_be_needed(name: str, form: Form) -> bool:
    return any(name in check.fields for check in form.checks if isinstance(check, NeededIf | OneOf))


def common_items(catalogue: Iterable[Entry]) -> list[str]:
    """The words of every common item that some procedure names, once each, in the order in which they come."""
    return list(dict.fromkeys(item.words for entry in catalogue for item in entry.items if item.kind == "common"))


def in_language(said: Said, language: str) -> str:
    return said.en if language == "en" else said.ja


def service_of(procedure: Procedure, language: str) -> str:
    return _SERVICES_EN.get(procedure.service, procedure.service) if language == "en" else procedure.service


def lines(catalogue: Iterable[Entry], language: str) -> Iterator[list[str]]:
    """The headings, then one line for each procedure, item and destination."""
    yield [in_language(heading, language) for heading in HEADINGS.values()]
    for entry in catalogue:
        for item in entry.items or (None,):
            for destination in entry.destinations or (None,):
                yield [*_of_route(entry, language), *_of_item(item, language), *_of_destination(destination)]


def _of_route(entry: Entry, language: str) -> list[str]:
    route, procedure = entry.route, entry.procedure
    where = [route.id, route.method, route.path]
    if procedure is None:
        return [""] * 7 + where
    until = procedure.effective_until
    about = [service_of(procedure, language), str(procedure.number), procedure.name, procedure.department]
    period = [procedure.effective_from.isoformat(), until.isoformat() if until else ""]
    return [*about, str(procedure.version), *period, *where]


def _of_item(item: Item | None, language: str) -> list[str]:
    if item is None:
        return [""] * 12
    about = (KINDS[item.kind], item.label, item.need, item.done, item.logged)
    kind, label, need, done, logged = [in_language(said, language) for said in about]
    counts = [str(item.max_chars or ""), str(item.max_bytes or ""), str(item.repeat)]
    return [kind, item.words, label, item.name, item.field_class, " / ".join(item.choices), need, *counts, done, logged]


def _of_destination(destination: Destination | None) -> list[str]:
    if destination is None:
        return [""] * 3
    return [destination.tenant, " / ".join(destination.gates), destination.application]
