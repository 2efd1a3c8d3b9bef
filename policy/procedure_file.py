"""Reading one procedure file into a Route, strictly. The format is docs/spec/policy.md section 3.

A file that has any problem gives no route. A stage or mode that this installation does not have is a problem of the file
that names it: a route never runs with less than it asks for.
"""

from __future__ import annotations

import re

from policy.attachments import Attachment, read_attachments
from policy.classes import PATH_CLASSES
from policy.common_items import CommonItems
from policy.faults import Invalid
from policy.field_table import read_form
from policy.headers import DEFAULT_FORWARDED, MAY_BE_FORWARDED
from policy.leak_kinds import KINDS
from policy.leak_numbers import MASKS_MOST, compile_mask
from policy.leaks import LeakCheck
from policy.route import (
    BODY_KINDS,
    CHARSETS,
    METHODS,
    MODES,
    SERVICES,
    STAGE_ORDER,
    PathParameter,
    Procedure,
    Route,
    canonical_path,
)
from policy.schema import Declaration, Field, Form
from policy.toml_table import Source, Table

FORMAT = 1
AVAILABLE_STAGES = frozenset(
    {"route", "normalise", "schema", "rules", "files"}
)  # files: where a scanner is configured, rules: a rule set
AVAILABLE_MODES = frozenset({"exchange"})
NEEDED_STAGES = ("route", "normalise", "schema")

MAX_BODY_BYTES = 1 << 40  # bytes; the bound of relay's limit body_bytes

_ID = re.compile(r"[a-z][a-z0-9-]{0,62}[a-z0-9]")
_SEGMENT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})+")
_TYPED = re.compile(r"\{([a-z][a-z0-9_]{0,31})\}")


def read_route(document: dict[str, object], source: Source, common: CommonItems) -> Route | None:
    """The route of one file, `common` being the common items of its directory; None when the source has problems."""
    top = Table(source, document, ())
    version = top.integer("format", f"write format = {FORMAT} as the first line", None, (FORMAT, FORMAT), required=True)
    procedure_table = top.table("procedure")
    shared = common.named_by(procedure_table) if procedure_table else ()
    procedure = _procedure(procedure_table, shared) if procedure_table else None
    route_table = top.table("route", "add a [route] table with id, mode, method and path", required=True)
    form = read_form(top.tables("field"), shared, top.tables("check"))
    query = read_form(top.tables("query"))
    attachments = read_attachments(top.tables("attachment"), form.fields)
    top.end()
    route = _route(route_table, source, procedure, form, query, attachments) if route_table else None
    return None if source.problems or version is None else route


def _procedure(table: Table, shared: tuple[Declaration, ...]) -> Procedure | None:
    service = table.choice("service", SERVICES, SERVICES[0])
    number = table.integer(
        "number", "write the number of the register, such as number = 3", None, (1, 9999), required=True
    )
    name = table.text("name", 'write the Japanese name, such as name = "飼い犬の死亡届"')
    department = table.text("department", 'write the department, such as department = "衛生課"')
    version = table.integer(
        "version", "write version = 1, and one more with each change", None, (1, 99_999), required=True
    )
    since = table.day("effective_from", "write the first day (JST), such as effective_from = 2026-04-01", required=True)
    until = table.day("effective_until", "write the last day (JST), or leave it out", required=False)
    table.end()
    if since and until and until < since:
        table.report("effective_until", "effective_until is before effective_from", "write a later day")
    if not (service and number and name and department and version and since):
        return None
    common_fields = frozenset(declaration.name for declaration in shared)
    return Procedure(number, name, department, version, since, until, service, common_fields)


def _route(
    table: Table,
    source: Source,
    procedure: Procedure | None,
    form: Form,
    query: Form,
    attachments: tuple[Attachment, ...],
) -> Route | None:
    route_id = table.text("id", 'write a name such as id = "dog-death-notice"')
    if route_id is not None and not _ID.fullmatch(route_id):
        table.report("id", f'id is "{route_id}"', "use 2 to 64 of a-z, 0-9 and -, beginning with a letter")
    mode = table.choice("mode", MODES)
    if mode is not None and mode not in AVAILABLE_MODES:
        table.report("mode", f'mode "{mode}" is not available in this installation', 'write mode = "exchange"')
    method = table.choice("method", METHODS)
    path = table.text("path", 'write a path such as path = "/procedures/dog-death-notice"')
    parameters = table.table("segments")
    segments = _segments(table, path, parameters) if path is not None else ()
    tenants = table.texts("tenants", 'write the names of the tenants, such as tenants = ["example"]', None)
    stages = _stages(table)
    bodies = _bodies(table, method, form)
    _require_files_stage(table, stages, bodies, attachments)
    body_bytes = table.integer("body_bytes", "write a number of bytes", None, (1, MAX_BODY_BYTES))
    charsets = _charsets(table, bodies)
    headers = _forward_headers(table)
    leaks = _leaks(table)
    rule_set = table.text("rule_set", "write the name of a [[rule_set]] of sekisho.toml", required=False)
    table.end()
    return Route(
        id=route_id or "",
        mode=mode or "",
        method=method or "",
        path=path or "",
        segments=segments,
        body_kinds=frozenset(bodies),
        body_bytes=body_bytes,
        charsets=charsets,
        stages=stages,
        rule_set=rule_set,
        tenants=None if tenants is None else frozenset(tenants),
        form=form,
        query=query,
        attachments=attachments,
        forward_headers=headers,
        leaks=leaks,
        procedure=procedure,
        source=source.path,
        source_line=source.lines.line("route"),
        lines={key: source.lines.line("route", key) for key in ("id", "path", "tenants", "stages", "rule_set")}
        | {"effective_from": source.lines.line("procedure", "effective_from")},
    )


def _stages(table: Table) -> tuple[str, ...]:
    stages = table.texts("stages", f"write stages = {list(NEEDED_STAGES)}", NEEDED_STAGES) or NEEDED_STAGES
    available = ", ".join(stage for stage in STAGE_ORDER if stage in AVAILABLE_STAGES)
    for stage in stages:
        if stage not in STAGE_ORDER:
            table.report("stages", f'there is no stage "{stage}"', f"name stages among: {', '.join(STAGE_ORDER)}")
        elif stage not in AVAILABLE_STAGES:
            table.report(
                "stages",
                f'stage "{stage}" is not available in this installation',
                f'remove "{stage}", or install a version that has it; available: {available}',
            )
    for needed in NEEDED_STAGES:
        if needed not in stages:
            table.report("stages", f'stage "{needed}" is missing', f'add "{needed}": no route goes without it')
    return tuple(stage for stage in STAGE_ORDER if stage in stages)


def _require_files_stage(
    table: Table, stages: tuple[str, ...], bodies: tuple[str, ...], attachments: tuple[Attachment, ...]
) -> None:
    if attachments and "files" not in stages:
        table.report("stages", "attachments need the stage files", 'add "files" to stages')
    if attachments and "multipart" not in bodies:
        table.report("body", "no body that may come here could hold a file", 'add "multipart" to body')
    if "files" in stages and not attachments:
        table.report("stages", "the stage files has no attachment to look at", 'declare one, or remove "files"')


def _bodies(table: Table, method: str | None, form: Form) -> tuple[str, ...]:
    bodies = table.texts("body", f"write some of: {', '.join(BODY_KINDS)}") or ()
    for body in bodies:
        if body not in BODY_KINDS:
            table.report("body", f'"{body}" is not a kind of body', f"write some of: {', '.join(BODY_KINDS)}")
    if bodies and method in ("GET", "DELETE"):
        table.report("body", f"a {method} request has no body", "remove body, or use POST")
    if bodies and not form.fields:
        table.report("body", "a body without any [[field]] could hold nothing", "declare its fields, or remove body")
    if form.fields and not bodies:
        table.report("", "there are fields but no body to hold them", 'add body = ["urlencoded"] or use [[query]]')
    return bodies


def _charsets(table: Table, bodies: tuple[str, ...]) -> tuple[str, ...]:
    charsets = table.texts("charsets", f"write some of: {', '.join(CHARSETS)}", None) or ()
    for charset in charsets:
        if charset not in CHARSETS:
            table.report("charsets", f'there is no charset "{charset}" here', f"write some of: {', '.join(CHARSETS)}")
    if charsets and not {"urlencoded", "multipart"} & set(bodies):
        table.report("charsets", "no form comes here that could be in them: JSON is UTF-8", "remove charsets")
    return charsets


def _leaks(table: Table) -> LeakCheck:
    """What its answers may show (docs/spec/leaks.md section 2)."""
    shown = table.texts("answers_may_show", f"write some of: {', '.join(KINDS)}") or ()
    for kind in shown:
        if kind not in KINDS:
            table.report(
                "answers_may_show", f'"{kind}" is nothing that answers show', f"write some of: {', '.join(KINDS)}"
            )
    mend = 'write patterns such as "R8-######", with at least two letters or figures that stay and # for the others'
    masks = table.texts("receipt_numbers", mend) or ()
    if len(masks) > MASKS_MOST:
        table.report("receipt_numbers", f"there are more than {MASKS_MOST} patterns", "leave some out")
    compiled = {mask: compile_mask(mask) for mask in masks}
    for mask in [mask for mask, pattern in compiled.items() if pattern is None]:
        table.report("receipt_numbers", f'"{mask}" is no pattern of receipt numbers', mend)
    return LeakCheck(frozenset(shown), tuple(pattern for pattern in compiled.values() if pattern is not None))


def _forward_headers(table: Table) -> frozenset[bytes]:
    more = table.texts("forward_headers", "write names of header fields in lower case") or ()
    for name in more:
        if name.encode() not in MAY_BE_FORWARDED:
            allowed = ", ".join(sorted(header.decode() for header in MAY_BE_FORWARDED))
            table.report(
                "forward_headers", f'the header field "{name}" cannot be forwarded', f"choose among: {allowed}"
            )
    return DEFAULT_FORWARDED | {name.encode() for name in more}


def _segments(table: Table, path: str, parameters: Table | None) -> tuple[str | PathParameter, ...]:
    classes = parameters.rest() if parameters else {}
    if not path.startswith("/") or canonical_path(path) != path:
        table.report(
            "path", f'path is "{path}"', "begin with /, and escape only what must be, in upper case: %E5%B1%8A"
        )
        return ()
    made: list[str | PathParameter] = []
    for segment in path[1:].split("/"):
        typed = _TYPED.fullmatch(segment)
        if typed:
            made.append(_parameter(table, typed.group(1), classes.pop(typed.group(1), None)))
        elif segment in (".", "..") or not (_SEGMENT.fullmatch(segment) or path == "/"):
            table.report("path", f'path has the segment "{segment}"', "use letters, digits and -._~ in each segment")
        else:
            made.append(segment)
    for name in classes:
        (parameters or table).report(name, f"path has no {{{name}}}", "remove it, or add the segment to path")
    return tuple(made)


def _parameter(table: Table, name: str, field_class: str | None) -> PathParameter:
    if field_class not in PATH_CLASSES:
        known = ", ".join(sorted(PATH_CLASSES))
        table.report(
            "segments",
            f"segment {{{name}}} has no class that fits a path",
            f"in [route.segments] give it one of: {known}",
        )
        return PathParameter(name, "", lambda _: None)
    probe = Field(Declaration(name=name, field_class=field_class, label_ja="", label_en=""))
    return PathParameter(name, field_class, lambda segment: _in_normal_form(probe, segment))


def _in_normal_form(probe: Field, segment: str) -> str | None:
    try:
        return segment if segment and probe.admit(segment) == segment else None
    except Invalid:
        return None
