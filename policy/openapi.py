"""An OpenAPI 3.1 document of declared routes, for whoever builds the forms that are sent to them.

Everything in it is made of the declarations that judge requests, so that it cannot say something else than they do. The schemas
describe values in their normal form. What fits them is admitted, but for what a schema cannot say: check digits, days that are
bound by today, what fields say together; and 1.0 is an integer to JSON Schema, but not to us. What is admitted beyond them (digits
in full width, 2026年4月1日) is written anew in that form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from policy.attachments import Attachment
from policy.classes import CLASSES
from policy.examples import example_form, example_of
from policy.fields.numbers import MAX_DIGITS
from policy.openapi_files import FILE_SCHEMA, about_files, fault_schema, file_encoding, file_examples, file_properties
from policy.repertoire import DEFAULT_REPERTOIRE
from policy.route import PathParameter, Route
from policy.schema import TODAY, Declaration, Field, Form

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "urlencoded": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data",
    "json": "application/json",
}
_EXACT: Final = 2**53 - 1  # RFC 7493 section 2.2: a larger integer is refused in JSON
_FORMATS: Final = {"date": "date", "birth_date": "date", "email": "email", "secret": "password"}
# FIRST_YEAR to LAST_YEAR of policy.fields.dates; whether the day exists is said by the format
_DAY: Final = "^(?:18(?:6[89]|[7-9][0-9])|19[0-9]{2}|2[01][0-9]{2})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$"
# In the grammar that JSON Schema asks for (ECMA-262, with u) only syntax may be escaped
_needless_escape: Final = re.compile(r"\\([^0-9A-Za-z^$\\.*+?()\[\]{}|/-])")
_DESCRIPTION: Final = (
    "関所（Sekisho）を通る手続の一覧です。ここに定めのない項目、値、ファイルは通りません。"
    "同じ申請は、フォーム（urlencoded、multipart）でも JSON でも同じように判定されます。"
    "断られた申請には、直していただくところをすべて、項目ごとに日本語と英語でお答えします。\n\n"
    "The routes that cross the checkpoint. What is not declared here does not cross. A form has one verdict in every encoding. A refusal "
    "says of every field at once what to mend, in Japanese and English."
)
_PROBLEM: Final[dict[str, object]] = {
    "type": "object",
    "description": "断った理由（RFC 9457）。送られた値は含みません。",
    "required": ["type", "title", "title_en", "status", "transfer"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:sekisho:reason:[a-z0-9_]+$"},
        "title": {"type": "string", "description": "理由（日本語）"},
        "title_en": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "transfer": {"type": "string", "description": "受付番号。お問い合わせのときにお伝えください。"},
        "errors": {
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {"$ref": "#/components/schemas/FieldError"},
        },
    },
}
_FIELD_ERROR: Final[dict[str, object]] = {
    "type": "object",
    "description": "直していただくところ。",
    "required": ["code", "fault", "detail", "detail_en"],
    "properties": {
        "code": {"type": "string", "pattern": "^[a-z_]+$"},
        "fault": {"type": "string", "pattern": "^[a-z0-9_]+$"},
        "pointer": {
            "type": "string",
            "pattern": "^#(?:/[A-Za-z][A-Za-z0-9_.-]*(?:/[0-9]+)?)?$",
            "description": "項目かファイルを指す JSON ポインター（RFC 6901）。# は申請の全体。",
        },
        "parameter": {"type": "string", "description": "URL のパラメーターの名前。pointer の代わり。"},
        "detail": {"type": "string", "description": "何を直せばよいか（日本語）"},
        "detail_en": {"type": "string"},
    },
}


def document(
    routes: Iterable[Route], hosts: Sequence[str], tenant: str, day: date, refusals: Mapping[int, str]
) -> dict[str, object]:
    """Of the routes of `tenant` ("": of every one) that are in effect on `day`. `refusals`: status -> what it means."""
    chosen = [
        route
        for route in routes
        if route.is_in_effect(day.toordinal()) and (not tenant or route.tenants is None or tenant in route.tenants)
    ]
    schemas: dict[str, object] = {"Problem": _PROBLEM, "FieldError": _FIELD_ERROR}
    paths: dict[str, dict[str, object]] = {}
    for route in chosen:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, refusals, day)
        for field in (*route.form.fields.values(), *route.query.fields.values()):
            schemas.setdefault(_class_name(field), _class_schema(field))
        if route.body_kinds:
            schemas[route.id] = _form_schema(route.form, day)
        if route.attachments:
            schemas[_multipart_name(route)] = _form_schema(route.form, day, route.attachments)
            schemas[FILE_SCHEMA] = fault_schema()
    responses = {_refusal_name(status): _refusal(words) for status, words in refusals.items()} | {"Answer": _answer()}
    servers = [{"url": f"https://{host}"} for host in hosts]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Sekisho 関所 {tenant}".strip(),
            "version": day.isoformat(),
            "summary": "住民の申請の受付",
            "description": _DESCRIPTION,
        },
        **({"servers": servers} if servers else {}),
        "tags": [{"name": name} for name in dict.fromkeys(_department(route) for route in chosen)],
        "paths": paths,
        "components": {"schemas": schemas, "responses": responses},
    }


def _department(route: Route) -> str:
    return route.procedure.department if route.procedure else "共通"


def _operation(route: Route, refusals: Mapping[int, str], day: date) -> dict[str, object]:
    made: dict[str, object] = {
        "operationId": route.id,
        "tags": [_department(route)],
        "summary": route.procedure.name if route.procedure else route.id,
        "description": _about(route),
        "parameters": _parameters(route, day),
    }
    if route.body_kinds:
        content = {MEDIA_TYPES[kind]: _media(route, kind, day) for kind in MEDIA_TYPES if _can_hold(route, kind)}
        made["requestBody"] = {"required": True, "content": content}
    made["responses"] = {
        "200": {"$ref": "#/components/responses/Answer"},
        **{str(status): {"$ref": f"#/components/responses/{_refusal_name(status)}"} for status in refusals},
        "default": {"$ref": "#/components/responses/Answer"},
    }
    return made


def _can_hold(route: Route, kind: str) -> bool:
    """Whether a body of this kind may be admitted: a file that must come can come in one kind alone."""
    return kind in route.body_kinds and (kind == "multipart" or not any(one.required for one in route.attachments))


def _media(route: Route, kind: str, day: date) -> dict[str, object]:
    example = _typed(route.form, example_form(route.form, day))
    if kind != "multipart" or not route.attachments:
        return {"schema": {"$ref": f"#/components/schemas/{route.id}"}, "example": example}
    return {
        "schema": {"$ref": f"#/components/schemas/{_multipart_name(route)}"},
        "encoding": file_encoding(route.attachments),
        "example": example | file_examples(route.attachments),
    }


def _multipart_name(route: Route) -> str:
    return f"{route.id}.multipart"


def _about(route: Route) -> str:
    lines = []
    procedure = route.procedure
    if procedure is not None:
        until = "" if procedure.effective_until is None else procedure.effective_until.isoformat()
        lines.append(f"手続番号 {procedure.number}、所管 {procedure.department}、第 {procedure.version} 版")
        lines.append(f"受付期間（日本時間）{procedure.effective_from.isoformat()} 〜 {until}")
    if route.body_bytes is not None:
        lines.append(f"本文は {route.body_bytes} バイトまで。")
    if route.charsets:
        lines.append(f"フォームの文字コード: {', '.join(route.charsets)}。JSON は UTF-8 のみ。")
    if route.attachments:
        lines += about_files(route.attachments)
    return "\n\n".join(lines) or route.id


def _parameters(route: Route, day: date) -> list[dict[str, object]]:
    in_path: list[dict[str, object]] = [
        {
            "name": segment.name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": _pattern(CLASSES[segment.field_class].pattern(DEFAULT_REPERTOIRE))},
            "example": example_of(_segment_field(segment), day),
        }
        for segment in route.segments
        if isinstance(segment, PathParameter)
    ]
    return in_path + [
        {
            "name": name,
            "in": "query",
            "required": field.required,
            "description": field.declaration.label_ja,
            "schema": _field_schema(field, day),
        }
        for name, field in route.query.fields.items()
    ]


def _segment_field(segment: PathParameter) -> Field:
    return Field(Declaration(name=segment.name, field_class=segment.field_class, label_ja="", label_en=""))


def _form_schema(form: Form, day: date, files: Sequence[Attachment] = ()) -> dict[str, object]:
    required = [*form.required, *[file.name for file in files if file.required]]
    made: dict[str, object] = {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {name: _property(field, day) for name, field in form.fields.items()} | file_properties(files),
    }
    return made | {"required": required} if required else made


def _property(field: Field, day: date) -> dict[str, object]:
    if field.repeat == 1:
        return _field_schema(field, day)
    least = {"minItems": 1} if field.required else {}
    return {"type": "array", "items": _field_schema(field, day), "maxItems": field.repeat, **least}


def _field_schema(field: Field, day: date) -> dict[str, object]:
    """What the declaration adds to its class."""
    declared, of_class = field.declaration, field.field_class
    made: dict[str, object] = {
        "$ref": f"#/components/schemas/{_class_name(field)}",
        "title": declared.label_ja,
        "description": f"{declared.label_ja} / {declared.label_en}",
    }
    if declared.earliest is not None or declared.latest is not None:
        made["description"] = f"{made['description']}（{_day(declared.earliest)} 〜 {_day(declared.latest)}）"
    example = example_of(field, day)
    if example is not None:
        made["examples"] = [_value(field, example)]
    if declared.choices:
        made["enum"] = list(declared.choices)
    if of_class.integer:
        largest = min(10**MAX_DIGITS - 1, _EXACT)
        least = -largest if of_class.name == "number" else 0
        made["minimum"] = least if declared.minimum is None else max(declared.minimum, least)
        made["maximum"] = largest if declared.maximum is None else min(declared.maximum, largest)
    elif of_class.name != "checkbox":
        made["maxLength"] = declared.max_chars or of_class.max_chars
        made["minLength"] = max(declared.min_chars, 1)
    if of_class.name == "secret":
        made["writeOnly"] = True
    return made


def _day(bound: str | None) -> str:
    return "受付の日" if bound == TODAY else bound or ""


def _class_name(field: Field) -> str:
    name = f"class.{field.field_class.name}"
    return f"{name}.{field.declaration.repertoire}" if field.field_class.textual else name


def _class_schema(field: Field) -> dict[str, object]:
    of_class = field.field_class
    if of_class.integer:
        return {"type": "integer"}
    if of_class.name == "checkbox":
        return {"type": "boolean"}
    made: dict[str, object] = {"type": "string"}
    if of_class.name in _FORMATS:
        made["format"] = _FORMATS[of_class.name]
    if of_class.day:
        made["pattern"] = _DAY
    elif of_class.name != "choice":
        made["pattern"] = _pattern(of_class.pattern(field.declaration.repertoire))
    if of_class.textual:
        made["description"] = f"文字集合 {field.declaration.repertoire}"
    return made


def _pattern(written: str) -> str:
    """The whole of a value, in the grammar of ECMA-262."""
    return f"^(?:{_needless_escape.sub(lambda found: found[1], written.replace(chr(92) + 'Z', '$'))})$"


def _value(field: Field, text: str) -> object:
    if field.field_class.integer:
        return int(text)
    return text in ("on", "true", "1") if field.field_class.name == "checkbox" else text


def _typed(form: Form, values: Mapping[str, str]) -> dict[str, object]:
    """As the schema has them: numbers, booleans, and arrays where a field may be repeated."""
    typed = {name: _value(form.fields[name], text) for name, text in values.items()}
    return {name: value if form.fields[name].repeat == 1 else [value] for name, value in typed.items()}


def _refusal_name(status: int) -> str:
    return f"Refusal{status}"


def _refusal(words: str) -> dict[str, object]:
    return {
        "description": f"関所が断ったときの答え。Accept に応じて JSON か HTML。{words}",
        "headers": {"Sekisho-Transfer": {"description": "受付番号", "schema": {"type": "string"}}},
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
            "text/html": {"schema": {"type": "string"}},
        },
    }


def _answer() -> dict[str, object]:
    return {
        "description": "申請を受け取った自治体のシステムの答え。",
        "headers": {"Sekisho-Transfer": {"description": "受付番号", "schema": {"type": "string"}}},
        "content": {"*/*": {}},
    }
