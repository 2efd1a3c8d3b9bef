"""Requests that the installed catalogue admits, at least one for each route: for the lab, the demo and the bench.

Pure: bytes only. What is filled in stands in `policy.sample_forms`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlencode

from policy.sample_forms import CARE_PLAN_NOTICE, DOG_DEATH_NOTICE, FURTHER, RESIDENT_RECORD_COPY, Fields

_BOUNDARY = "sekisho-sample-7f3a9c51"
_PATHS = {
    "procurement-vendor": "/procurement/vendors",
    "procurement-bid": "/procurement/tenders/2026-0415-0001/bids",
}  # of the forms that do not go to /procedures/ and the id of their route


@dataclass(frozen=True, slots=True)
class Sample:
    """One request. `content_type` and `body` are None where there is none. `fields`: what the body says."""

    name: str
    route_id: str
    method: str
    path: str  # with its query
    content_type: str | None = None
    body: bytes | None = None
    fields: Fields = ()


def samples() -> tuple[Sample, ...]:
    """All of them. Names are unique and fit a file name."""
    care, record, dog = "care-plan-notice", "resident-record-copy", "dog-death-notice"
    return (
        Sample("status", "status", "GET", "/status/2026-0415-000001"),
        Sample("status-query", "status", "GET", "/status/2026-0415-000001?lang=ja"),
        Sample("status-head", "status", "HEAD", "/status/2026-0415-000001"),
        Sample("health", "health", "GET", "/health"),
        _urlencoded("form-urlencoded", care, CARE_PLAN_NOTICE),
        _multipart("form-multipart", care, CARE_PLAN_NOTICE),
        _json("form-json", care, CARE_PLAN_NOTICE),
        _urlencoded("record-urlencoded", record, RESIDENT_RECORD_COPY),
        _multipart("record-multipart", record, RESIDENT_RECORD_COPY),
        _json("record-json", record, RESIDENT_RECORD_COPY),
        _urlencoded("dog-urlencoded", dog, DOG_DEATH_NOTICE),
        _json("dog-json", dog, DOG_DEATH_NOTICE),
        *[_urlencoded(route_id, route_id, fields) for route_id, fields in FURTHER.items()],
        Sample("procurement-status", "procurement-status", "GET", "/procurement/status/2026-0415-000002"),
    )


def sample_path(route_id: str) -> str:
    """Where the form of this route goes to."""
    return _PATHS.get(route_id, f"/procedures/{route_id}")


def as_document(fields: Fields) -> dict[str, object]:
    """Fields as a JSON object: a name that comes twice becomes an array."""
    made: dict[str, object] = {}
    for name, value in fields:
        before = made.get(name)
        if before is None:
            made[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            made[name] = [before, value]
    return made


def _urlencoded(name: str, route_id: str, fields: Fields) -> Sample:
    body = urlencode(_as_sent_by_a_browser(fields)).encode("ascii")
    return Sample(name, route_id, "POST", sample_path(route_id), "application/x-www-form-urlencoded", body, fields)


def _multipart(name: str, route_id: str, fields: Fields) -> Sample:
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in _as_sent_by_a_browser(fields)
    ]
    body = f"{''.join(parts)}--{_BOUNDARY}--\r\n".encode()
    content_type = f"multipart/form-data; boundary={_BOUNDARY}"
    return Sample(name, route_id, "POST", sample_path(route_id), content_type, body, fields)


def _json(name: str, route_id: str, fields: Fields) -> Sample:
    body = json.dumps(as_document(fields), ensure_ascii=False, separators=(",", ":")).encode()
    return Sample(name, route_id, "POST", sample_path(route_id), "application/json", body, fields)


def _as_sent_by_a_browser(fields: Fields) -> Fields:
    """Line ends as CR LF, which is how a browser sends a textarea (HTML, form submission)."""
    return tuple((name, value.replace("\n", "\r\n")) for name, value in fields)
