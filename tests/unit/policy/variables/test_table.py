"""policy/variables/table.py: each variable of the manual that is read out of a message, over one exchange."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from policy.variables.facts import Options, RequestFacts, ResponseFacts
from policy.variables.table import BODY_VARIABLES, RESPONSE_VARIABLES, TABLE
from policy.variables.transaction import Transaction

BODY = (
    b'--B\r\nContent-Disposition: form-data; name="p"\r\n\r\nv\r\n'
    b'--B\r\nContent-Disposition: form-data; name="f"; filename="x.txt"\r\n\r\ndata\r\n--B--\r\n'
)
HEADERS = [
    (b"Host", b"www.example.jp:8443"),
    (b"Content-Type", b"multipart/form-data; boundary=B"),
    (b"Cookie", b"c=1"),
    (b"Authorization", b"Basic dXNlcjpwYXNz"),
]
FACTS = RequestFacts(
    method=b"POST",
    uri=b"/d/f.php?q=%41+",
    headers=HEADERS,
    body=BODY,
    remote_addr=b"192.0.2.1",
    remote_port=5,
    server_addr=b"192.0.2.2",
    server_port=443,
    unique_id=b"id",
    time=datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC),
)
RESPONSE = ResponseFacts(status=404, headers=[(b"Content-Type", b"text/html; charset=utf-8")], body=b"gone")
PART_HEADERS = [
    b'MULTIPART_PART_HEADERS:p=Content-Disposition: form-data; name="p"',
    b'MULTIPART_PART_HEADERS:f=Content-Disposition: form-data; name="f"; filename="x.txt"',
]
EXPECTED: dict[str, list[bytes]] = {
    "ARGS": [b"ARGS:q=A ", b"ARGS:p=v"],
    "ARGS_NAMES": [b"ARGS_NAMES:q=q", b"ARGS_NAMES:p=p"],
    "ARGS_GET": [b"ARGS_GET:q=A "],
    "ARGS_GET_NAMES": [b"ARGS_GET_NAMES:q=q"],
    "ARGS_POST": [b"ARGS_POST:p=v"],
    "ARGS_POST_NAMES": [b"ARGS_POST_NAMES:p=p"],
    "ARGS_COMBINED_SIZE": [b"ARGS_COMBINED_SIZE=3.000000"],
    "URLENCODED_ERROR": [b"URLENCODED_ERROR=0"],
    "REQUEST_LINE": [b"REQUEST_LINE=POST /d/f.php?q=%41+ HTTP/1.1"],
    "REQUEST_METHOD": [b"REQUEST_METHOD=POST"],
    "REQUEST_PROTOCOL": [b"REQUEST_PROTOCOL=HTTP/1.1"],
    "REQUEST_URI": [b"REQUEST_URI=/d/f.php?q=A+"],
    "REQUEST_URI_RAW": [b"REQUEST_URI_RAW=/d/f.php?q=%41+"],
    "REQUEST_FILENAME": [b"REQUEST_FILENAME=/d/f.php"],
    "REQUEST_BASENAME": [b"REQUEST_BASENAME=f.php"],
    "PATH_INFO": [b"PATH_INFO=/d/f.php"],
    "QUERY_STRING": [b"QUERY_STRING=q=%41+"],
    "REQUEST_HEADERS": [b"REQUEST_HEADERS:%b=%b" % pair for pair in HEADERS],
    "REQUEST_HEADERS_NAMES": [b"REQUEST_HEADERS_NAMES:%b=%b" % (name, name) for name, _ in HEADERS],
    "REQUEST_COOKIES": [b"REQUEST_COOKIES:c=1"],
    "REQUEST_COOKIES_NAMES": [b"REQUEST_COOKIES_NAMES:c=c"],
    "AUTH_TYPE": [b"AUTH_TYPE=Basic"],
    "SERVER_NAME": [b"SERVER_NAME=www.example.jp"],
    "REMOTE_USER": [b"REQUEST_HEADERS:Authorization=user"],
    "REQBODY_PROCESSOR": [b"REQBODY_PROCESSOR=MULTIPART"],
    "REMOTE_ADDR": [b"REMOTE_ADDR=192.0.2.1"],
    "REMOTE_HOST": [b"REMOTE_HOST=192.0.2.1"],
    "REMOTE_PORT": [b"REMOTE_PORT=5"],
    "SERVER_ADDR": [b"SERVER_ADDR=192.0.2.2"],
    "SERVER_PORT": [b"SERVER_PORT=443"],
    "UNIQUE_ID": [b"UNIQUE_ID=id"],
    "TIME": [b"TIME=03:04:05"],
    "TIME_DAY": [b"TIME_DAY=22"],
    "TIME_EPOCH": [b"TIME_EPOCH=1795316645"],
    "TIME_HOUR": [b"TIME_HOUR=03"],
    "TIME_MIN": [b"TIME_MIN=04"],
    "TIME_MON": [b"TIME_MON=11"],
    "TIME_SEC": [b"TIME_SEC=05"],
    "TIME_WDAY": [b"TIME_WDAY=0"],
    "TIME_YEAR": [b"TIME_YEAR=2026"],
    "MODSEC_BUILD": [b"MODSEC_BUILD=030015100"],
    "DURATION": [b"DURATION=0"],
    "ENV": [],
    "GEO": [],
    "REQUEST_BODY": [b"REQUEST_BODY="],
    "REQUEST_BODY_LENGTH": [b"REQUEST_BODY_LENGTH=%d" % len(BODY)],
    "FULL_REQUEST": [b"FULL_REQUEST=" + b"".join(b"%b: %b\n" % pair for pair in HEADERS) + b"\n\n" + BODY],
    "FULL_REQUEST_LENGTH": [b"FULL_REQUEST_LENGTH=%d" % (sum(len(n) + len(v) + 3 for n, v in HEADERS) + 2 + len(BODY))],
    "REQBODY_ERROR": [b"REQBODY_ERROR=0"],
    "REQBODY_ERROR_MSG": [b"REQBODY_ERROR_MSG="],
    "REQBODY_PROCESSOR_ERROR": [b"REQBODY_PROCESSOR_ERROR=0"],
    "REQBODY_PROCESSOR_ERROR_MSG": [b"REQBODY_PROCESSOR_ERROR_MSG="],
    "INBOUND_DATA_ERROR": [b"INBOUND_DATA_ERROR=0"],
    "XML": [b"=[XML document tree]"],
    "FILES": [b"FILES:f=x.txt"],
    "FILES_NAMES": [b"FILES_NAMES:f=f"],
    "FILES_SIZES": [b"FILES_SIZES:f=4"],
    "FILES_TMP_CONTENT": [b"FILES_TMP_CONTENT:f="],
    "FILES_TMPNAMES": [],
    "FILES_COMBINED_SIZE": [b"FILES_COMBINED_SIZE=4"],
    "MULTIPART_NAME": [b"MULTIPART_NAME:p=p", b"MULTIPART_NAME:f=f"],
    "MULTIPART_FILENAME": [b"MULTIPART_FILENAME:x.txt=x.txt"],
    "MULTIPART_PART_HEADERS": PART_HEADERS,
    "MULTIPART_STRICT_ERROR": [b"MULTIPART_STRICT_ERROR=0"],
    "MULTIPART_UNMATCHED_BOUNDARY": [b"MULTIPART_UNMATCHED_BOUNDARY=2"],
    "MULTIPART_BOUNDARY_QUOTED": [b"MULTIPART_BOUNDARY_QUOTED=0"],
    "MULTIPART_BOUNDARY_WHITESPACE": [b"MULTIPART_BOUNDARY_WHITESPACE=0"],
    "MULTIPART_CRLF_LF_LINES": [b"MULTIPART_CRLF_LF_LINES=0"],
    "MULTIPART_DATA_AFTER": [b"MULTIPART_DATA_AFTER=0"],
    "MULTIPART_DATA_BEFORE": [b"MULTIPART_DATA_BEFORE=0"],
    "MULTIPART_HEADER_FOLDING": [b"MULTIPART_HEADER_FOLDING=0"],
    "MULTIPART_INVALID_HEADER_FOLDING": [b"MULTIPART_INVALID_HEADER_FOLDING=0"],
    "MULTIPART_INVALID_PART": [b"MULTIPART_INVALID_PART=0"],
    "MULTIPART_INVALID_QUOTING": [b"MULTIPART_INVALID_QUOTING=0"],
    "MULTIPART_LF_LINE": [b"MULTIPART_LF_LINE=0"],
    "MULTIPART_MISSING_SEMICOLON": [b"MULTIPART_MISSING_SEMICOLON=0"],
    "MULTIPART_SEMICOLON_MISSING": [b"MULTIPART_MISSING_SEMICOLON=0"],
    "MULTIPART_FILE_LIMIT_EXCEEDED": [b"MULTIPART_FILE_LIMIT_EXCEEDED="],
    "RESPONSE_STATUS": [b"RESPONSE_STATUS=404"],
    "STATUS": [b"RESPONSE_STATUS=404"],
    "STATUS_LINE": [b"RESPONSE_STATUS=404"],
    "RESPONSE_PROTOCOL": [b"RESPONSE_PROTOCOL=HTTP/1.1"],
    "RESPONSE_HEADERS": [b"RESPONSE_HEADERS:Content-Type=text/html; charset=utf-8"],
    "RESPONSE_HEADERS_NAMES": [b"RESPONSE_HEADERS_NAMES:Content-Type=Content-Type"],
    "RESPONSE_CONTENT_TYPE": [b"RESPONSE_CONTENT_TYPE=text/html"],
    "RESPONSE_CONTENT_LENGTH": [b"RESPONSE_CONTENT_LENGTH=4"],
    "RESPONSE_BODY": [b"RESPONSE_BODY=gone"],
    "OUTBOUND_DATA_ERROR": [b"OUTBOUND_DATA_ERROR=0"],
}


@pytest.fixture
def transaction() -> Transaction:
    made = Transaction(FACTS)
    made.process_body()
    made.begin_response(RESPONSE)
    made.process_response_body()
    return made


@pytest.mark.parametrize(
    ("strict", "forced", "body", "shown"),
    [
        (False, False, BODY, b""),
        (True, False, BODY, BODY),
        (False, True, BODY, BODY),
        (False, False, b"--B\r\nbroken", b"--B\r\nbroken"),
    ],
)
def test_a_multipart_body_that_was_read_is_shown_by_its_parts(
    strict: bool, forced: bool, body: bytes, shown: bytes
) -> None:
    made = Transaction(dataclasses.replace(FACTS, body=body), Options(strict=strict))
    made.process_body()
    made.force_body_variable(forced)
    assert made.get("REQUEST_BODY")[0].value == shown
    assert made.get("REQUEST_BODY_LENGTH")[0].value == b"%d" % len(body)


def test_other_bodies_are_shown() -> None:
    for kind in (b"application/x-www-form-urlencoded", b"application/json", b"text/plain"):
        made = Transaction(RequestFacts(method=b"POST", uri=b"/", headers=[(b"Content-Type", kind)], body=b'{"a":1}'))
        made.process_body()
        assert made.get("REQUEST_BODY")[0].value == b'{"a":1}'


def test_the_table_is_whole() -> None:
    assert set(EXPECTED) == set(TABLE)
    assert len(EXPECTED) == 88


@pytest.mark.parametrize("name", EXPECTED)
def test_variables(name: str, transaction: Transaction) -> None:
    assert [b"%b=%b" % (item.name, item.value) for item in transaction.get(name)] == EXPECTED[name]


def test_the_sets_say_what_a_step_may_change(transaction: Transaction) -> None:
    fresh = Transaction(FACTS)
    for name in TABLE:
        if fresh.get(name) != transaction.get(name):
            assert name in BODY_VARIABLES | RESPONSE_VARIABLES
    assert BODY_VARIABLES.isdisjoint(RESPONSE_VARIABLES)
