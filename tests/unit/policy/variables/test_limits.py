"""policy/variables/limits.py: each bound is met at n and at n + 1, and going over it is never silent."""

from __future__ import annotations

import pytest

from policy.variables import limits
from policy.variables.facts import Options, RequestFacts, ResponseFacts
from policy.variables.processors.boundary import read_boundary
from policy.variables.processors.multipart import read_multipart
from policy.variables.transaction import Transaction

FORM = b"application/x-www-form-urlencoded"
MULTIPART = b"multipart/form-data; boundary=B"
PART = b"--B\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n"
DEEP = limits.XML_DEPTH_MAX


def exceeded(processor: str, content_type: bytes, body: bytes) -> tuple[str, bytes]:
    transaction = Transaction(
        RequestFacts(method=b"POST", uri=b"/", headers=[(b"Content-Type", content_type)], body=body)
    )
    transaction.process_body(processor)
    return transaction.exceeded, transaction.get("REQBODY_ERROR")[0].value


def headers(count: int) -> bytes:
    return b"--B\r\n" + b"".join(b"X%d: y\r\n" % at for at in range(count - 2)) + PART[5:] + b"--B--\r\n"


def lines(count: int) -> bytes:
    """Parts of 60 header lines, as many as it takes."""
    full = b"--B\r\n" + b"".join(b"X%d: y\r\n" % at for at in range(58)) + PART[5:]
    rest = count % 60
    last = headers(rest) if rest >= 2 else b"--B--\r\n"
    return full * (count // 60) + last


BOUNDS = {
    "ARGUMENTS_MAX": ("URLENCODED", FORM, lambda n: b"a&" * n),
    "PARTS_MAX": ("MULTIPART", MULTIPART, lambda n: PART * n + b"--B--\r\n"),
    "PART_HEADERS_MAX": ("MULTIPART", MULTIPART, headers),
    "PART_LINES_MAX": ("MULTIPART", MULTIPART, lambda n: lines(n) if n % 60 == 0 else lines(n + 1)),
    "JSON_DEPTH_MAX": ("JSON", b"", lambda n: b"[" * n + b"]" * n),
    "JSON_CONTAINERS_MAX": ("JSON", b"", lambda n: b"[" + b",".join([b"{}"] * (n - 1)) + b"]"),
    "XML_DEPTH_MAX": ("XML", b"", lambda n: b"<a>" * n + b"</a>" * n),
    "XML_BYTES_MAX": ("XML", b"", lambda n: b"<a/>" + b" " * (n - 4)),
    "XML_MARKUP_MAX": ("XML", b"", lambda n: b"<a>" + b"<b/>" * (n - 2) + b"</a>"),
}
ELSEWHERE = {
    "COOKIES_MAX", "HEADERS_MAX", "JSON_NAME_BYTES", "JSON_NAME_BYTES_PER_BYTE", "JSON_PATH_BYTES_MAX", "XPATH_NODES_MAX",
    "XPATH_BYTES_MAX", "MULTIPART_LINE_BYTES", "CONTENT_TYPE_BYTES", "JSON_DEPTH_DEFAULT",
    "REQUEST_BODY_BYTES_DEFAULT", "URI_BYTES_MAX", "RESPONSE_BODY_BYTES_DEFAULT",
}  # fmt: skip


def test_each_bound_is_tried() -> None:
    assert set(BOUNDS) | ELSEWHERE == {name for name in vars(limits) if name.isupper()}
    assert len(BOUNDS) == 9


@pytest.mark.parametrize("name", BOUNDS)
def test_at_n_and_one_more(name: str) -> None:
    processor, content_type, body = BOUNDS[name]
    bound = getattr(limits, name)
    assert exceeded(processor, content_type, body(bound)) == ("", b"" if processor == "URLENCODED" else b"0")
    assert exceeded(processor, content_type, body(bound + 1)) == (name, b"1")


def test_headers() -> None:
    for count, over in ((limits.HEADERS_MAX, ""), (limits.HEADERS_MAX + 1, "HEADERS_MAX")):
        fields = [(b"a", b"b")] * count
        transaction = Transaction(RequestFacts(method=b"GET", uri=b"/", headers=fields))
        assert transaction.exceeded == over
        transaction = Transaction(RequestFacts(method=b"GET", uri=b"/"))
        transaction.begin_response(ResponseFacts(status=200, headers=fields))
        assert transaction.exceeded == over


def test_the_request_target_is_bounded() -> None:
    """What is beyond is no part of any variable; rules see the rest before the refusal."""
    for count, over in ((limits.URI_BYTES_MAX, ""), (limits.URI_BYTES_MAX + 1, "URI_BYTES_MAX")):
        for line in (None, b"GET  /" + b"a" * limits.URI_BYTES_MAX):
            uri = b"/".ljust(count, b"a")
            transaction = Transaction(RequestFacts(method=b"GET", uri=uri, line=line))
            assert transaction.exceeded == over
            seen = [transaction.get(name)[0].value for name in ("REQUEST_URI", "REQUEST_URI_RAW", "REQUEST_FILENAME")]
            assert {len(value) for value in seen} == {limits.URI_BYTES_MAX}
            assert not over or len(transaction.get("REQUEST_LINE")[0].value) <= limits.URI_BYTES_MAX + len(
                "GET  HTTP/1.1"
            )


def test_queries_are_bounded_as_forms_are() -> None:
    for count, over in ((limits.ARGUMENTS_MAX, ""), (limits.ARGUMENTS_MAX + 1, "ARGUMENTS_MAX")):
        query = Transaction(RequestFacts(method=b"GET", uri=b"/?" + b"a&" * count))
        assert (len(query.get("ARGS")), query.exceeded) == (limits.ARGUMENTS_MAX, over)


@pytest.mark.parametrize(("processor", "joined"), [("URLENCODED", b"a&"), ("MULTIPART", PART), ("JSON", b"1,")])
def test_query_and_body_are_bounded_together(processor: str, joined: bytes) -> None:
    ends = {"JSON": (b"[", b"1]"), "MULTIPART": (b"", PART + b"--B--\r\n"), "URLENCODED": (b"", b"a")}
    start, end = ends[processor]
    for count, over in ((limits.ARGUMENTS_MAX - 2, ""), (limits.ARGUMENTS_MAX - 1, "ARGUMENTS_MAX")):
        facts = RequestFacts(
            method=b"POST", uri=b"/?a", headers=[(b"Content-Type", MULTIPART)], body=start + joined * count + end
        )
        transaction = Transaction(facts)
        transaction.process_body(processor)
        assert (len(transaction.get("ARGS")), transaction.exceeded) == (count + 2, over)


def test_cookies() -> None:
    for count, over in ((limits.COOKIES_MAX, ""), (limits.COOKIES_MAX + 1, "COOKIES_MAX")):
        cookies = Transaction(RequestFacts(method=b"GET", uri=b"/", headers=[(b"Cookie", b"a;" * count)]))
        assert (len(cookies.get("REQUEST_COOKIES")), cookies.exceeded) == (limits.COOKIES_MAX, over)


def test_names_of_json() -> None:
    """Blanks make the document as large as its names need."""
    body = b'{"%b":[%b]}' % (b"k" * 500, b",".join([b"1"] * 900))
    names = [b"json.%b.array_%d" % (b"k" * 500, n) for n in range(900)]
    needed = -(-(sum(map(len, names)) - limits.JSON_NAME_BYTES) // limits.JSON_NAME_BYTES_PER_BYTE)
    assert needed > len(body)
    assert exceeded("JSON", b"", body.ljust(needed)) == ("", b"0")
    assert exceeded("JSON", b"", body.ljust(needed - 1)) == ("JSON_NAME_BYTES", b"1")


def test_names_of_containers_of_json() -> None:
    key = b"k" * 80_000
    names = [b"json", b"json." + key, *[b"json.%b.array_%d" % (key, n) for n in range(101)]]
    left = limits.JSON_PATH_BYTES_MAX - sum(map(len, names)) - len(names[-1] + b".")
    for more, outcome in ((0, ("", b"0")), (1, ("JSON_PATH_BYTES_MAX", b"1"))):
        members = [*[b"[]"] * 100, b'{"%b":[]}' % (b"x" * (left + more))]
        assert exceeded("JSON", b"", b'{"%b":[%b]}' % (key, b",".join(members))) == outcome


def test_what_an_expression_selects() -> None:
    for count, over in ((limits.XPATH_NODES_MAX, ""), (limits.XPATH_NODES_MAX + 1, "XPATH_NODES_MAX")):
        transaction = Transaction(RequestFacts(method=b"POST", uri=b"/", body=b"<a>" + b"<b/>" * count + b"</a>"))
        transaction.process_body("XML")
        assert (len(transaction.xml("//b")), transaction.exceeded) == (limits.XPATH_NODES_MAX, over)


def test_the_content_of_what_an_expression_selects() -> None:
    """`//*` selects the text of each level again."""
    levels = 200
    size = limits.XPATH_BYTES_MAX // levels
    for text, over in ((b"x" * size, ""), (b"x" * (size + 1), "XPATH_BYTES_MAX")):
        transaction = Transaction(
            RequestFacts(method=b"POST", uri=b"/", body=b"<a>" * levels + text + b"</a>" * levels)
        )
        transaction.process_body("XML")
        found = transaction.xml("//*")
        assert (len(found), transaction.exceeded) == (levels - bool(over), over)


def test_lines_and_content_types_of_modsecurity() -> None:
    for size, error in (
        (limits.MULTIPART_LINE_BYTES - 1, b""),
        (limits.MULTIPART_LINE_BYTES, b"Multipart: Final boundary missing."),
    ):
        line = b"X: " + b"y" * (size - 5) + b"\r\n"
        assert len(line) == size
        assert read_multipart(b"--B\r\n" + line + PART[5:] + b"--B--\r\n", MULTIPART).error == error
    for size, found in ((limits.CONTENT_TYPE_BYTES, True), (limits.CONTENT_TYPE_BYTES + 1, False)):
        value = MULTIPART + b"B" * (size - len(MULTIPART))
        assert bool(read_boundary(value).value) is found


def test_bodies_over_their_directive() -> None:
    for limit, over in ((4, False), (3, True)):
        options = Options(request_body_limit=limit, response_body_limit=limit)
        transaction = Transaction(RequestFacts(method=b"POST", uri=b"/", body=b"abcd"), options)
        transaction.process_body()
        transaction.begin_response(ResponseFacts(status=200, body=b"abcd"))
        transaction.process_response_body()
        assert (transaction.body_over_limit, transaction.response_over_limit) == (over, over)
        assert (
            transaction.get("INBOUND_DATA_ERROR")[0].value
            == transaction.get("OUTBOUND_DATA_ERROR")[0].value
            == b"%d" % over
        )
        assert transaction.get("REQUEST_BODY")[0].value == transaction.get("RESPONSE_BODY")[0].value == b"abcd"[:limit]
