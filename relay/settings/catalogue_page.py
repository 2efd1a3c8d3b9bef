"""The register for the council as one HTML page: to read, to read aloud and to print, with no script and nothing from elsewhere.

The overview has the columns of the register of the source; behind it every procedure has its fields. Everything that came
from a file is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from policy.bilingual import Said
from policy.catalogue import HEADINGS, KINDS, Destination, Entry, Item, common_items, in_language, service_of

_TITLE = Said("電子申請の手続と項目の登録簿", "Register of procedures and what they may carry")
_RULE = Said(
    "ここにない手続と項目は通りません（目的外利用の禁止）。この頁は、実際に働く定義から作られています。",
    "What does not stand here does not cross. This page is made of the declarations that are in force.",
)
_UNCONFIRMED = Said(
    "共通項目の印は元の資料に残っていなかったため、すべての手続にすべて置いてあります。運用者が審議会の登録簿と照らして一つずつ確かめ、通してはならないものを消してください。",
    "The marks of the common items did not survive in the source: every procedure has them all. The operator must confirm each "
    "against the council's register, and delete what may not cross.",
)
_OVERVIEW = Said("一覧", "Overview")
_GOES_TO = Said("送信先", "Goes to")
_PERIOD = Said("効力のある期間（日本時間）", "In effect (JST)")
_FROM = Said("{}から", "from {}")
_FROM_UNTIL = Said("{}から{}まで", "from {} until {}")
_FIELDS = Said("{} の項目", "What {} may carry")
_NAMED, _NOT_NAMED = Said("○", "yes"), Said("－", "no")
_NOTHING = Said("なし", "none")
_UNKNOWN = Said("設定を読んでいません", "no configuration was read")
_STYLE = """
body { font: 16px/1.6 system-ui, "Noto Sans CJK JP", "Yu Gothic", sans-serif; color: #111; background: #fff; margin: 1.5rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; } caption { text-align: left; font-weight: bold; padding: .25rem 0; }
th, td { border: 1px solid #555; padding: .2rem .5rem; text-align: left; vertical-align: top; } thead th { background: #eee; }
.mark { text-align: center; } .scroll { overflow-x: auto; } code { font-family: monospace; overflow-wrap: anywhere; }
.note { border-left: .4rem solid #a40; padding-left: .8rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: 0 0 .5rem; } dt { font-weight: bold; } dd { margin: 0; }
@media print { @page { size: A4 landscape; margin: 12mm; } body { font-size: 8pt; margin: 0; } .scroll { overflow: visible; }
 thead { display: table-header-group; } tr, dl { break-inside: avoid; } h2, caption { break-after: avoid; } }
"""


def as_page(catalogue: Sequence[Entry], language: str, *, unconfirmed: bool) -> str:
    """`unconfirmed`: the catalogue is the installed one, whose common items no operator has looked at."""
    return _Page(language).written(catalogue, unconfirmed=unconfirmed)


@dataclass(frozen=True, slots=True)
class _Page:
    language: str

    def written(self, catalogue: Sequence[Entry], *, unconfirmed: bool) -> str:
        title = self._said(_TITLE)
        note = f'<p class="note">{self._said(_UNCONFIRMED)}</p>\n' if unconfirmed else ""
        sections = "".join([self._section(f"route-{number}", entry) for number, entry in enumerate(catalogue)])
        return (
            f'<!DOCTYPE html>\n<html lang="{self.language}">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width">\n'
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
            f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
            f"<p>{self._said(_RULE)}</p>\n{note}{self._overview(catalogue)}{sections}</main>\n</body>\n</html>\n"
        )

    def _said(self, said: Said) -> str:
        return escape(in_language(said, self.language))

    def _japanese(self, text: str) -> str:
        """The register's own words, which a page in English must have read aloud in Japanese."""
        return escape(text) if self.language == "ja" or not text else f'<span lang="ja">{escape(text)}</span>'

    def _overview(self, catalogue: Sequence[Entry]) -> str:
        common = common_items(catalogue)
        columns = [self._said(HEADINGS[key]) for key in ("service", "number", "name", "department")]
        columns += [self._japanese(item) for item in common]
        columns += [self._said(KINDS["own"]), self._said(_GOES_TO)]
        rows = [self._overview_row(f"route-{number}", entry, common) for number, entry in enumerate(catalogue)]
        return self._table("overview", self._said(_OVERVIEW), columns, rows)

    def _overview_row(self, anchor: str, entry: Entry, common: Sequence[str]) -> str:
        procedure = entry.procedure
        named = {item.words for item in entry.items if item.kind == "common"}
        cells = [
            f"<td>{escape(service_of(procedure, self.language)) if procedure else ''}</td>",
            f"<td>{procedure.number if procedure else ''}</td>",
            f'<th scope="row"><a href="#{anchor}">{self._japanese(entry.name)}</a></th>',
            f"<td>{self._japanese(procedure.department) if procedure else ''}</td>",
            *[f'<td class="mark">{self._said(_NAMED if item in named else _NOT_NAMED)}</td>' for item in common],
            f"<td>{self._own_items(entry)}</td>",
            f"<td>{self._destinations(entry.destinations)}</td>",
        ]
        return f"<tr>{''.join(cells)}</tr>\n"

    def _own_items(self, entry: Entry) -> str:
        own = [
            self._japanese(item.words) if item.words else self._label(item)
            for item in entry.items
            if item.kind != "common"
        ]
        return " / ".join(dict.fromkeys(own))

    def _label(self, item: Item) -> str:
        label = self._said(item.label)
        return f"{label} ({self._said(KINDS['file'])})" if item.kind == "file" else label

    def _section(self, anchor: str, entry: Entry) -> str:
        procedure, route = entry.procedure, entry.route
        facts: list[tuple[Said, str]] = []
        heading = self._japanese(entry.name)
        if procedure is not None:
            heading = f"{escape(service_of(procedure, self.language))} {procedure.number} {heading}"
            until = procedure.effective_until
            period = in_language(_FROM_UNTIL if until else _FROM, self.language)
            facts += [
                (HEADINGS["department"], self._japanese(procedure.department)),
                (HEADINGS["version"], str(procedure.version)),
                (_PERIOD, escape(period.format(procedure.effective_from, until))),
            ]
        facts += [
            (HEADINGS["path"], f"<code>{escape(f'{route.method} {route.path}')}</code>"),
            (_GOES_TO, self._destinations(entry.destinations)),
        ]
        listed = "".join([f"<dt>{self._said(word)}</dt><dd>{fact}</dd>" for word, fact in facts])
        return (
            f'<section id="{anchor}">\n<h2>{heading}</h2>\n<dl>{listed}</dl>\n{self._fields(anchor, entry)}</section>\n'
        )

    def _fields(self, anchor: str, entry: Entry) -> str:
        caption = in_language(_FIELDS, self.language).format(self._japanese(entry.name))
        if not entry.items:
            return f"<p>{caption}: {self._said(_NOTHING)}</p>\n"
        keys = (
            "kind", "item", "label", "field", "class", "choices", "required", "max_chars", "max_bytes", "repeat", "done", "logged",
        )  # fmt: skip
        rows = [self._field_row(item) for item in entry.items]
        return self._table(f"{anchor}-fields", caption, [self._said(HEADINGS[key]) for key in keys], rows)

    def _field_row(self, item: Item) -> str:
        cells = [
            f"<td>{self._said(KINDS[item.kind])}</td><td>{self._japanese(item.words)}</td>",
            f'<th scope="row">{self._said(item.label)}</th>',
            f"<td><code>{escape(item.name)}</code></td><td><code>{escape(item.field_class)}</code></td>",
            f"<td>{self._japanese(' / '.join(item.choices))}</td>",
            f'<td class="mark">{self._said(item.need)}</td>',
            f"<td>{item.max_chars or ''}</td><td>{item.max_bytes or ''}</td><td>{item.repeat}</td>",
            f"<td>{self._said(item.done)}</td><td>{self._said(item.logged)}</td>",
        ]
        return f"<tr>{''.join(cells)}</tr>\n"

    def _destinations(self, destinations: Sequence[Destination] | None) -> str:
        if destinations is None:
            return self._said(_UNKNOWN)
        return "<br>".join([escape(str(one)) for one in destinations]) or self._said(_NOTHING)

    def _table(self, anchor: str, caption: str, columns: Sequence[str], rows: Sequence[str]) -> str:
        """Caption, columns and rows are escaped already. A table wider than the window is scrolled, with the keyboard too."""
        heads = "".join([f'<th scope="col">{column}</th>' for column in columns])
        return (
            f'<div class="scroll" role="region" aria-labelledby="{anchor}" tabindex="0">\n<table>\n'
            f'<caption id="{anchor}">{caption}</caption>\n<thead><tr>{heads}</tr></thead>\n'
            f"<tbody>\n{''.join(rows)}</tbody>\n</table>\n</div>\n"
        )
