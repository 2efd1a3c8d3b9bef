"""Requests that the installed catalogue admits, at least one for each route: for the lab, the demo and the bench.

Pure: bytes only. The people, offices and addresses are made up of words for examples (見本, 記入例) and of the numbers
that are set aside or unused (a postal code of zeros, telephone 00-0000-0000 has no subscriber). Every value is in its
normal form already, so that what goes on equals what came.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlencode

_BOUNDARY = "sekisho-sample-7f3a9c51"

Fields = tuple[tuple[str, str], ...]

_APPLICANT: Fields = (
    ("login_id", "mihon-0001"),
    ("email", "mihon@example.jp"),
    ("postal_code", "000-0000"),
    ("address", "見本県記入例市中央町一丁目２番３号　記入例マンション４０５号室"),
    ("applicant_name", "見本　花子"),
    ("applicant_kana", "ミホン　ハナコ"),
    ("birth_date", "1950-04-01"),
    ("phone", "000-0000-0000"),
    ("sex", "女性"),
    ("copies", "1"),
    ("purpose", "居宅サービスの利用にあたり、事業所と相談して計画を作成していただくため。"),
    ("relationship", "本人"),
    ("recipient_number", "0000001"),
)

# Every field of 手続 8 but the password: 23 fields, about 3 KB when urlencoded. The form of the bench.
CARE_PLAN_NOTICE: Fields = (
    ("insured_number", "0000000001"),
    ("plan_start_date", "2026-05-01"),
    ("new_or_change", "変更"),
    ("office_name", "記入例居宅介護支援事業所　中央町センター"),
    ("office_address", "見本県記入例市中央町四丁目５番６号　見本ビル２階"),
    ("office_phone", "000-0000-0001"),
    ("contact_person", "記入　太郎"),
    (
        "change_reason",
        "これまで利用していた事業所が遠方へ移転したため、自宅から近く、訪問の時間を相談しやすい事業所へ変更します。\n"
        "（通院の付き添いと、週３回の訪問介護を希望しています。）\n"
        "なお、変更後も、ケアプランの内容は担当者と話し合って決める予定です。ご不明な点は電話でお尋ねください。〜見本〜",
    ),
    ("change_date", "2026-04-30"),
    ("notice_date", "2026-04-15"),
    *_APPLICANT,
)

RESIDENT_RECORD_COPY: Fields = (
    ("domicile_shown", "無"),
    ("family_relation_shown", "有"),
    ("certificate_kind", "住民票の写し（世帯全員）"),
    ("certificate_kind", "住民票記載事項証明書"),
    ("reason", "見本商店街の駐輪場を利用する手続で、住所を証明する書類が必要なため。"),
    *_APPLICANT[:10],
)

DOG_DEATH_NOTICE: Fields = (
    ("address", "見本県記入例市中央町一丁目２番３号"),
    ("applicant_name", "見本　次郎"),
    ("applicant_kana", "ミホン　ジロウ"),
    ("phone", "000-0000-0002"),
    ("email", "jiro@example.jp"),
)


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
    )


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
    return Sample(name, route_id, "POST", f"/procedures/{route_id}", "application/x-www-form-urlencoded", body, fields)


def _multipart(name: str, route_id: str, fields: Fields) -> Sample:
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in _as_sent_by_a_browser(fields)
    ]
    body = f"{''.join(parts)}--{_BOUNDARY}--\r\n".encode()
    content_type = f"multipart/form-data; boundary={_BOUNDARY}"
    return Sample(name, route_id, "POST", f"/procedures/{route_id}", content_type, body, fields)


def _json(name: str, route_id: str, fields: Fields) -> Sample:
    body = json.dumps(as_document(fields), ensure_ascii=False, separators=(",", ":")).encode()
    return Sample(name, route_id, "POST", f"/procedures/{route_id}", "application/json", body, fields)


def _as_sent_by_a_browser(fields: Fields) -> Fields:
    """Line ends as CR LF, which is how a browser sends a textarea (HTML, form submission)."""
    return tuple((name, value.replace("\n", "\r\n")) for name, value in fields)
