"""Requests with a secret in every place where a request has room for one, admitted and refused."""

from __future__ import annotations

import json
import secrets
import ssl
from collections.abc import Callable
from urllib.parse import quote, urlencode

import pytest

from policy.sample_forms import CARE_PLAN_NOTICE
from policy.samples import as_document
from tests.walls.hosts import HOST, Hosts

KANJI = "亜哀愛悪握圧扱安暗案以位依偉囲委威尉意慰易為異移維緯胃衣違遺"


class Secrets:
    """Two secrets of this run. Both are new, so that whatever is found was written by the requests of this test."""

    def __init__(self) -> None:
        self.japanese = "".join(secrets.choice(KANJI) for _ in range(10))
        self.ascii = f"hidden{secrets.token_hex(8)}"
        serial = secrets.randbelow(900_000) + 100_000
        self.number = f"20{secrets.randbelow(10) + 10}-0{secrets.randbelow(9) + 1}17-{serial}"

    @property
    def all(self) -> list[str]:
        return [self.japanese, self.ascii, self.number]


def _fields(hidden: Secrets) -> tuple[tuple[str, str], ...]:
    """The care plan notice, with secrets in six of its fields."""
    changed = {
        "change_reason": f"{hidden.japanese}、{hidden.ascii}",
        "applicant_name": hidden.japanese,
        "address": hidden.japanese,
        "office_name": hidden.japanese,
        "login_id": hidden.ascii,
        "email": f"{hidden.ascii}@example.jp",
    }
    assert set(changed) <= {name for name, _ in CARE_PLAN_NOTICE}
    return tuple((name, changed.get(name, value)) for name, value in CARE_PLAN_NOTICE)


def _multipart(parts: list[tuple[str, str]]) -> bytes:
    """Parts as (what follows `form-data; `, content)."""
    body = "".join(f"--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n" for head, content in parts)
    return body.encode() + b"--b--\r\n"


URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}
JSON = {"Content-Type": "application/json"}

Send = Callable[[Hosts, Secrets, str], int]  # the status of the answer; the string is the path of the form


def _ask(hosts: Hosts, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> int:
    return hosts.ask(method, path, body, headers).status


def _unknown_name(hosts: Hosts, server_name: str) -> int:
    """No status: the front ends the handshake."""
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        hosts.tls(server_name)
    return 0


# how: (the status of the answer, and how it is sent)
KINDS: dict[str, tuple[int, Send]] = {
    "form": (200, lambda h, s, path: _ask(h, "POST", path, urlencode(_fields(s)).encode(), URLENCODED)),
    "multipart form": (
        200,
        lambda h, s, path: _ask(
            h, "POST", path, _multipart([(f'name="{name}"', value) for name, value in _fields(s)]), MULTIPART
        ),
    ),
    "JSON form": (
        200,
        lambda h, s, path: _ask(h, "POST", path, json.dumps(as_document(_fields(s))).encode(), JSON),
    ),
    "arrival number and header fields": (
        200,
        lambda h, s, _: _ask(
            h,
            "GET",
            f"/status/{s.number}",
            headers={
                "Cookie": f"session={s.ascii}",
                "User-Agent": s.ascii,
                "Referer": f"https://{HOST}/{quote(s.japanese)}",
                "X-Note": s.ascii,
                "Authorization": f"Bearer {s.ascii}",
            },
        ),
    ),
    "undeclared field": (
        422,
        lambda h, s, path: _ask(
            h, "POST", path, urlencode([*_fields(s), (s.japanese, s.ascii), (s.ascii, s.japanese)]).encode(), URLENCODED
        ),
    ),
    "value out of its class": (
        422,
        lambda h, s, path: _ask(
            h,
            "POST",
            path,
            urlencode([*CARE_PLAN_NOTICE, ("phone", s.japanese), ("postal_code", s.ascii)]).encode(),
            URLENCODED,
        ),
    ),
    "undeclared query": (
        400,
        lambda h, s, _: _ask(h, "GET", f"/status/{s.number}?{s.ascii}={quote(s.japanese)}&lang={s.ascii}"),
    ),
    "undeclared path": (404, lambda h, s, _: _ask(h, "GET", f"/{s.ascii}/{quote(s.japanese)}")),
    "file with a name": (
        422,
        lambda h, s, path: _ask(
            h,
            "POST",
            path,
            _multipart([(f'name="{s.ascii}"; filename="{s.japanese}.pdf"', f"%PDF-1.7 {s.japanese}{s.ascii}")]),
            MULTIPART,
        ),
    ),
    "malformed multipart": (
        400,
        lambda h, s, path: _ask(
            h, "POST", path, f"--b\r\nContent-Disposition: {s.ascii}\r\n\r\n{s.japanese}\r\n--b--".encode(), MULTIPART
        ),
    ),
    "malformed JSON": (400, lambda h, s, path: _ask(h, "POST", path, f'{{"{s.ascii}": "{s.japanese}'.encode(), JSON)),
    "body too large": (
        413,
        lambda h, s, path: _ask(h, "POST", path, f"reason={s.ascii}{s.japanese}".encode() * 4000, URLENCODED),
    ),
    "body of another type": (
        415,
        lambda h, s, path: _ask(
            h, "POST", path, f"{s.ascii}{s.japanese}".encode(), {"Content-Type": f"text/{s.ascii}"}
        ),
    ),
    "attack in a field": (
        403,
        lambda h, s, path: _ask(
            h,
            "POST",
            path,
            urlencode({**dict(_fields(s)), "change_reason": f"{s.japanese}<script>{s.ascii}</script>"}).encode(),
            URLENCODED,
        ),
    ),
    "attack in a cookie": (
        403,
        lambda h, s, _: _ask(
            h, "GET", f"/status/{s.number}", headers={"Cookie": f"{s.ascii}=<script>{quote(s.japanese)}</script>"}
        ),
    ),
    "another host": (421, lambda h, s, _: _ask(h, "GET", "/", headers={"Host": f"{s.ascii}.example"})),
    "another TLS name": (0, lambda h, s, _: _unknown_name(h, f"{s.ascii}.example")),
    "another method": (
        501,
        lambda h, s, _: h.send(f"{s.ascii.upper()} /{s.ascii} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()),
    ),
    "malformed head": (
        400,
        lambda h, s, _: h.send(f"GET /{s.ascii} HTTP/1.1\r\nHost: {HOST}\r\nX {s.ascii}: {s.ascii}\r\n\r\n".encode()),
    ),
}
