"""No bytes make a request anything but a transaction whose every variable holds items of bytes; going over a bound is marked."""

from __future__ import annotations

import sys
from collections.abc import Hashable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from policy.variables.facts import Options
from policy.variables.parse import parse_request, parse_response
from policy.variables.table import TABLE
from policy.variables.transaction import Transaction
from tests.fuzz import driver
from tests.unit.policy.variables.messages import Messages

PROCESSORS = ("", "URLENCODED", "MULTIPART", "JSON", "XML")
OPTIONS = (
    Options(strict=True),
    Options(upload_extract=True, upload_file_limit=1, xml_into_args="on"),
    Options(arguments_limit=2, request_body_no_files_limit=100, json_depth_limit=3, xml_into_args="onlyargs"),
)
TOKENS = (
    b"\r\n\r\n",
    b"Content-Type: multipart/form-data; boundary=B1\r\n",
    b"Content-Type: application/x-www-form-urlencoded\r\n",
    b"Cookie: ",
    b"Transfer-Encoding: chunked\r\n",
    b"--B1\r\n",
    b"\r\n--B1--\r\n",
    b'Content-Disposition: form-data; name="a"; filename="b"\r\n',
    b"; filename*=UTF-8''%41",
    b"%41",
    b'{"a":[',
    b'"\\ud83d',
    b"<a b='c'>",
    b"</a>",
    b"<!DOCTYPE a [<!ENTITY e 'x'>]>",
    b"&e;",
)


def target(data: bytes) -> Hashable:
    """The first byte chooses the processor and the options, the rest is the message."""
    choice = data[0] if data else 0
    options = OPTIONS[choice % len(OPTIONS)]
    transaction = Transaction(parse_request(data[1:]), options)
    transaction.process_body(PROCESSORS[choice % len(PROCESSORS)])
    transaction.begin_response(parse_response(data[1:]))
    transaction.process_response_body()
    counts = []
    for name in TABLE:
        items = transaction.get(name)
        if not all(isinstance(part, bytes) for item in items for part in item):
            raise AssertionError(f"{name} holds something that is not bytes")
        counts.append(min(len(items), 3))
    selected = transaction.xml("//* | //@*")
    if transaction.exceeded and transaction.reading.exceeded and transaction.reading.state != b"1":
        raise AssertionError("over a bound without a word")
    return (*counts, min(len(selected), 3), transaction.reading.message[:60], transaction.exceeded)


def corpus() -> list[bytes]:
    messages = Messages(1)
    found = []
    for at in range(40):
        facts = messages.multipart()
        head = b"POST / HTTP/1.1\r\nContent-Type: " + facts.headers[0][1] + b"\r\n\r\n"
        found.append(bytes([2 + 5 * (at % 3)]) + (head + facts.body)[: driver.MAX_INPUT_BYTES - 1])
        found.append(bytes([3 + 5 * (at % 3)]) + b"POST / HTTP/1.1\r\n\r\n" + messages.json())
        found.append(bytes([4 + 5 * (at % 3)]) + b"POST / HTTP/1.1\r\n\r\n" + messages.xml())
        odd = messages.head()
        found.append(
            bytes([1 + 5 * (at % 3)])
            + b"POST "
            + odd.uri
            + b" HTTP/1.1\r\n"
            + b"".join(b"%b: %b\r\n" % pair for pair in odd.headers)
            + b"\r\n"
            + odd.body
        )
    return found


if __name__ == "__main__":
    raise SystemExit(driver.run("fuzz_variables", target, corpus(), TOKENS))
