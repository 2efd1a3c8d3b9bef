"""policy/variables/headers.py: cookies, kinds of bodies, credentials."""

from __future__ import annotations

import pytest

from policy.variables.headers import basic_user, body_kind, first_word, read_cookies

COOKIES = [
    (b"", []),
    (b"a=b", [(b"a", b"b")]),
    (b"a=b; c=d=e; ", [(b"a", b"b"), (b"c", b"d=e")]),
    (b"; ;a;=x; b ", [(b"a", b""), (b"b", b"")]),
    (b"a =b ;c= d \t", [(b"a ", b"b "), (b"c", b" d")]),
    (b"a=%41+", [(b"a", b"%41+")]),
]


@pytest.mark.parametrize(("value", "pairs"), COOKIES)
def test_cookies(value: bytes, pairs: list[tuple[bytes, bytes]]) -> None:
    assert read_cookies(value) == pairs


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([], ""),
        ([b"text/plain"], ""),
        ([b"Multipart/Form-Data; boundary=B"], "MULTIPART"),
        ([b"application/x-www-form-urlencodedx"], "URLENCODED"),
        ([b"multipart/form-data", b"text/plain"], "MULTIPART"),
        ([b"multipart/form-data", b"application/x-www-form-urlencoded"], "URLENCODED"),
        ([b" multipart/form-data"], ""),
    ],
)
def test_body_kind(values: list[bytes], kind: str) -> None:
    assert body_kind(values) == kind


def test_first_word() -> None:
    assert first_word(b"www:80:1", b":") == b"www"
    assert first_word(b"www", b":") == b"www"


@pytest.mark.parametrize(
    ("value", "user"),
    [
        (b"Basic dXNlcjpwYXNz", b"user"),
        (b"Basic dXNlcjpwYXNz  ", b"user"),
        (b"Basic dXNlcg==", None),
        (b"basic dXNlcjpwYXNz", None),
        (b"Basic !", None),
        (b"Basic dXNlcjpwYXNz=", None),
        (b"Bearer x", None),
        (b"", None),
    ],
)
def test_basic_user(value: bytes, user: bytes | None) -> None:
    assert basic_user(value) == user
