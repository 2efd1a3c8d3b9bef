"""What is sent to an ICAP service, and what its answers mean."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content import icap_answer
from content.icap import (
    PREVIEW_BYTES_MAX,
    Ask,
    Exchange,
    Method,
    Options,
    Service,
    options_request,
    read_options,
)
from content.icap_answer import (
    BODY_BYTES_MAX,
    CHUNK_LINE_BYTES_MAX,
    HEAD_BYTES_MAX,
    HEAD_FIELDS_MAX,
    Malformed,
    read_head,
)
from content.verdicts import Scanned, Verdict

SERVICE = Service("scan.example.jp:1344", "avscan")
BOTH = frozenset((Method.REQMOD, Method.RESPMOD))
PLAIN = Options(BOTH, None, True, "v1", None)
PREVIEWED = Options(BOTH, 4, True, "v1", None)
SILENT = Options(BOTH, None, False, "v1", None)  # it has no 204
FILE = b"the file"
CLEAN = b'ICAP/1.0 204 No Content\r\nISTag: "v1"\r\n\r\n'
HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n"


def changed(body: bytes, http: bytes = HTTP, fields: bytes = b"", part: bytes = b"res") -> bytes:
    head = b"ICAP/1.0 200 OK\r\nISTag: v1\r\n" + fields
    head += b"Encapsulated: %b-hdr=0, %b-body=%d\r\n\r\n" % (part, part, len(http))
    return head + http + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def asked(answer: bytes, options: Options = PLAIN, method: Method = Method.RESPMOD) -> Scanned:
    exchange = Exchange(SERVICE, method, options)
    exchange.send(FILE)
    if exchange.ask is Ask.FILE:
        exchange.end()
    exchange.receive(answer)
    return exchange.result()


def verdict(answer: bytes, options: Options = PLAIN, method: Method = Method.RESPMOD) -> Verdict:
    try:
        return asked(answer, options, method).verdict
    except Malformed:
        return Verdict.ERROR


def test_the_file_as_it_comes() -> None:
    exchange = Exchange(SERVICE, Method.RESPMOD, PLAIN)
    assert exchange.send(b"the ") == (
        b"RESPMOD icap://scan.example.jp:1344/avscan ICAP/1.0\r\nHost: scan.example.jp:1344\r\nAllow: 204\r\n"
        b"Encapsulated: req-hdr=0, res-hdr=77, res-body=136\r\n\r\n"
        b"GET http://scan.example.jp:1344/file HTTP/1.1\r\nHost: scan.example.jp:1344\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n"
        b"4\r\nthe \r\n"
    )
    assert exchange.send(b"") + exchange.send(b"file") + exchange.end() == b"4\r\nfile\r\n0\r\n\r\n"


@pytest.mark.parametrize("method", list(Method)[:2])
@pytest.mark.parametrize("options", [PLAIN, PREVIEWED])
def test_what_is_carried_begins_where_the_head_says(method: Method, options: Options) -> None:
    head, _, rest = Exchange(SERVICE, method, options).send(FILE).partition(b"\r\n\r\n")
    (line,) = [line for line in head.split(b"\r\n") if line.startswith(b"Encapsulated: ")]
    places = dict(part.split(b"=") for part in line.partition(b": ")[2].split(b", "))
    starts = {b"req-hdr": b"PUT " if method is Method.REQMOD else b"GET ", b"res-hdr": b"HTTP/1.1 200"}
    for name, at in places.items():
        expected = starts.get(name, b"8\r\nthe file\r\n" if options is PLAIN else b"4\r\nthe \r\n0\r\n\r\n")
        assert rest[int(at) :].startswith(expected)
    assert len(places) == (2 if method is Method.REQMOD else 3)


def test_a_preview_and_the_rest() -> None:
    exchange = Exchange(SERVICE, Method.RESPMOD, PREVIEWED)
    assert exchange.send(b"th") + exchange.send(b"e ") == b""  # it may end here
    sent = exchange.send(b"fi")
    assert b"\r\nPreview: 4\r\n" in sent and sent.endswith(b"4\r\nthe \r\n0\r\n\r\n")
    exchange.receive(b"ICAP/1.0 100 Contin")
    assert exchange.ask is Ask.PREVIEWED
    exchange.receive(b"ue\r\n\r\n")
    assert exchange.ask is Ask.FILE
    assert exchange.send(b"l") + exchange.send(b"e") == b"2\r\nfi\r\n1\r\nl\r\n1\r\ne\r\n"
    assert exchange.end() == b"0\r\n\r\n"
    exchange.receive(CLEAN)
    assert exchange.result() == Scanned(Verdict.CLEAN)
    assert exchange.istag == "v1"


def test_a_file_that_ends_just_behind_its_preview() -> None:
    exchange = Exchange(SERVICE, Method.RESPMOD, PREVIEWED)
    exchange.send(b"the f")
    exchange.receive(b"ICAP/1.0 100 Continue\r\n\r\n")
    assert exchange.end() == b"1\r\nf\r\n0\r\n\r\n"


def test_a_file_that_is_all_preview() -> None:
    for file, body in ((b"file", b"4\r\nfile\r\n"), (b"", b"\r\n\r\n")):
        exchange = Exchange(SERVICE, Method.RESPMOD, PREVIEWED)
        assert exchange.send(file) == b""
        sent = exchange.end()
        assert b"Preview: %d\r\n" % len(file) in sent and sent.endswith(body + b"0; ieof\r\n\r\n")
        exchange.receive(CLEAN)
        assert exchange.result() == Scanned(Verdict.CLEAN)


def test_an_empty_file() -> None:
    exchange = Exchange(SERVICE, Method.RESPMOD, PLAIN)
    assert exchange.send(b"").count(b"RESPMOD") == 1
    assert exchange.end() == b"0\r\n\r\n"


def test_a_service_that_looks_at_the_preview_only_has_not_seen_the_file() -> None:
    assert verdict(CLEAN, PREVIEWED) is Verdict.UNSCANNABLE


def test_nothing_was_found() -> None:
    assert asked(CLEAN) == Scanned(Verdict.CLEAN)


@pytest.mark.parametrize("preview", [None, 4])
def test_a_204_that_nobody_allowed_is_an_error(preview: int | None) -> None:
    exchange = Exchange(SERVICE, Method.RESPMOD, replace(SILENT, preview=preview))
    exchange.send(FILE)
    if preview is not None:
        exchange.receive(b"ICAP/1.0 100 Continue\r\n\r\n")
    exchange.end()
    exchange.receive(CLEAN)
    assert exchange.result() == Scanned(Verdict.ERROR)


def test_a_204_to_a_file_that_is_all_preview_needs_no_leave() -> None:
    assert verdict(CLEAN, replace(SILENT, preview=8)) is Verdict.CLEAN


def test_the_same_bytes_are_clean_of_a_service_that_has_no_204() -> None:
    put = b"PUT http://scan.example.jp:1344/file HTTP/1.1\r\nHost: x\r\n\r\n"
    assert verdict(changed(FILE), SILENT) is Verdict.CLEAN
    assert verdict(changed(FILE, put, part=b"req"), SILENT, Method.REQMOD) is Verdict.CLEAN
    assert verdict(changed(FILE)) is Verdict.UNSCANNABLE  # it has 204, and did not say it


def test_a_changed_file_is_refused() -> None:
    put = b"PUT http://scan.example.jp:1344/file HTTP/1.1\r\nHost: x\r\n\r\n"
    for options in (PLAIN, SILENT):
        for body in (b"harmless", b"the fils", FILE[:-1], FILE + b" "):
            assert verdict(changed(body), options) is Verdict.INFECTED
        assert verdict(changed(b"x", put, part=b"req"), options, Method.REQMOD) is Verdict.INFECTED


def test_a_page_instead_of_the_file_is_a_refusal() -> None:
    page = changed(b"blocked", b"HTTP/1.1 403 Forbidden\r\n\r\n")
    assert asked(page) == Scanned(Verdict.INFECTED)
    assert asked(changed(b"blocked"), method=Method.REQMOD) == Scanned(Verdict.INFECTED)
    assert asked(page, PREVIEWED) == Scanned(Verdict.INFECTED)
    assert verdict(changed(b"the "), replace(PREVIEWED, allows_204=False)) is Verdict.ERROR  # before it was seen


def test_an_answer_before_the_end_is_no_verdict() -> None:
    for answer in (changed(b"the "), CLEAN):
        for options in (PLAIN, SILENT):
            exchange = Exchange(SERVICE, Method.RESPMOD, options)
            exchange.send(b"the ")
            exchange.receive(answer)
            assert exchange.ask is Ask.NOTHING
            assert exchange.result().verdict in (Verdict.ERROR, Verdict.UNSCANNABLE)


@pytest.mark.parametrize(
    ("fields", "signature"),
    [
        (b"X-Infection-Found: Type=0; Resolution=2; Threat=Eicar-Test;\r\n", "Eicar-Test"),
        (b"x-infection-found: Type=2;Resolution=0;Threat=Encrypted container\r\n", ""),
        (b"X-Violations-Found: 1\r\n\tfile\r\n\tEicar\r\n\t0\r\n\t2\r\n", ""),
        (b"X-Virus-ID: Eicar\r\n", "Eicar"),
        (b"X-Blocked: \r\n", ""),
    ],
)
@pytest.mark.parametrize("kind", ["204", "200"])
def test_an_infection_is_one_whatever_the_status(fields: bytes, signature: str, kind: str) -> None:
    answer = changed(FILE, fields=fields) if kind == "200" else CLEAN.replace(b"ISTag", fields + b"ISTag")
    assert asked(answer) == Scanned(Verdict.INFECTED, signature)


def test_no_violation_is_none() -> None:
    assert verdict(CLEAN.replace(b"ISTag", b"X-Violations-Found: 0\r\nISTag")) is Verdict.CLEAN


WRONG = [
    b"",
    CLEAN[:-2],
    CLEAN.replace(b"\r\n", b"\n"),
    CLEAN.replace(b"ICAP/1.0", b"HTTP/1.1"),
    CLEAN.replace(b"ICAP/1.0", b"ICAP/1.1"),
    CLEAN.replace(b"204 ", b"2040 "),
    CLEAN.replace(b"204", b"206"),
    CLEAN.replace(b"204", b"200"),
    CLEAN.replace(b"204", b"404"),
    CLEAN.replace(b"204", b"500"),
    CLEAN.replace(b"204", b"100"),
    CLEAN.replace(b"ISTag:", b"ISTag :"),
    CLEAN.replace(b"ISTag:", b"\x00ISTag:"),
    CLEAN.replace(b"ISTag", b"Encapsulated: res-hdr=0\r\nISTag"),
    CLEAN.replace(b'"v1"', b'"' + b"v" * 33 + b'"'),
    CLEAN + b"x",
    CLEAN + CLEAN,
    b" " + CLEAN,
    changed(b"x")[:-1],
    changed(b"x") + b"x",
    changed(b"x").replace(b"0\r\n\r\n", b"0\r\nA: b\r\n\r\n"),
    changed(b"x").replace(b"1\r\nx\r\n", b"2\r\nx\r\n"),
    changed(b"x").replace(b"1\r\nx\r\n", b"1\r\nxx\r\n"),
    changed(b"x").replace(b"1\r\nx\r\n", b"-1\r\nx\r\n"),
    changed(b"x").replace(b"1\r\nx\r\n", b"0x1\r\nx\r\n"),
    changed(b"x").replace(b"1\r\nx\r\n", b"\r\nx\r\n"),
    changed(b"x").replace(b"res-hdr=0", b"res-hdr=1"),
    changed(b"x").replace(b"res-body=", b"res-body=1"),
    changed(b"x").replace(b"res-body=", b"res-body=0"),
    changed(b"x").replace(b"res-body=", b"req-body="),
    changed(b"x").replace(b"res-body=", b"null-body="),
    changed(b"x").replace(b"res-hdr=0, ", b"res-hdr=0, res-hdr=0, "),
    changed(b"x").replace(b"Encapsulated", b"Encapsulate"),
    changed(b"x").replace(b"Encapsulated: ", b"Encapsulated: null-body=0\r\nEncapsulated: "),
    changed(b"x", b"HTTP/1.1 200 OK\r\n"),
    changed(b"x", b"HTTP/2 200 OK\r\n\r\n"),
    changed(b"x", b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
    changed(b"x", b"POST /else HTTP/1.1\r\n\r\n", part=b"req"),
]


@pytest.mark.parametrize("answer", WRONG)
def test_every_malformed_answer_is_an_error(answer: bytes) -> None:
    assert verdict(answer) is Verdict.ERROR


def test_a_hundred_is_for_a_preview_only_and_once() -> None:
    go_on = b"ICAP/1.0 100 Continue\r\n\r\n"
    assert verdict(go_on) is Verdict.ERROR
    early = Exchange(SERVICE, Method.RESPMOD, PREVIEWED)
    with pytest.raises(Malformed):
        early.receive(go_on)
    exchange = Exchange(SERVICE, Method.RESPMOD, PREVIEWED)
    exchange.send(FILE)
    exchange.receive(go_on)
    with pytest.raises(Malformed):
        exchange.receive(go_on)
    assert exchange.result().verdict is Verdict.ERROR


def test_calls_out_of_order() -> None:
    exchange = Exchange(SERVICE, Method.RESPMOD, PREVIEWED)
    exchange.send(b"the file")
    with pytest.raises(ValueError, match="nobody asked"):
        exchange.send(b"x")
    with pytest.raises(ValueError, match="nobody asked"):
        exchange.end()
    exchange.receive(b"ICAP/1.0 100 Continue\r\n\r\n")
    exchange.end()
    with pytest.raises(ValueError, match="nobody asked"):
        exchange.send(b"x")
    with pytest.raises(ValueError, match="method"):
        Exchange(SERVICE, Method.RESPMOD, Options(frozenset((Method.REQMOD,)), None, True, "", None))


def test_a_service_is_a_host_and_a_path() -> None:
    assert Service("[2001:db8::1]:1344", "avscan").uri == "icap://[2001:db8::1]:1344/avscan"
    for host, path in (("a b", "x"), ("a\r\nX: y", "x"), ("[a]", "x"), ("a", "x y"), ("a", ""), ("", "x")):
        with pytest.raises(ValueError, match="ICAP service"):
            Service(host, path)


OPTIONS = (
    b'ICAP/1.0 200 OK\r\nMethods: RESPMOD\r\nISTag: "v-1"\r\nAllow: 204\r\nPreview: 1024\r\nMax-Connections: 20\r\n'
    b"Encapsulated: null-body=0\r\n\r\n"
)


def test_what_a_service_says_of_itself() -> None:
    assert options_request(SERVICE).startswith(b"OPTIONS icap://scan.example.jp:1344/avscan ICAP/1.0\r\nHost: ")
    assert read_options(OPTIONS) == Options(frozenset(("RESPMOD",)), 1024, True, "v-1", 20)
    bare = read_options(OPTIONS.replace(b"Allow: 204\r\nPreview: 1024\r\nMax-Connections: 20\r\n", b""))
    assert bare == Options(frozenset(("RESPMOD",)), None, False, "v-1", None)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"200", b"404"), (b"RESPMOD", b"LOGMOD"), (b"Methods", b"Method"), (b"ISTag", b"Tag"), (b"1024", b"x"), (b"1024", b"-1")],
)  # fmt: skip
def test_a_service_that_does_not_say_it(old: bytes, new: bytes) -> None:
    with pytest.raises(Malformed):
        read_options(OPTIONS.replace(old, new))


def test_the_longest_preview() -> None:
    assert read_options(OPTIONS.replace(b"1024", b"%d" % PREVIEW_BYTES_MAX)).preview == PREVIEW_BYTES_MAX
    with pytest.raises(Malformed):
        read_options(OPTIONS.replace(b"1024", b"%d" % (PREVIEW_BYTES_MAX + 1)))


def test_the_longest_head() -> None:
    start = b"ICAP/1.0 204 No Content\r\nA: "
    long = start + b"a" * (HEAD_BYTES_MAX - len(start))
    assert verdict(long + b"\r\n\r\n") is Verdict.CLEAN
    assert verdict(long + b"a\r\n\r\n") is Verdict.ERROR
    with pytest.raises(Malformed):
        asked(long + b"a")
    with pytest.raises(Malformed):
        read_head(long + b"a")


def test_the_most_fields() -> None:
    assert (
        len(read_head(b"x" + b"".join([b"\r\nA%d: b" % index for index in range(HEAD_FIELDS_MAX)]))[1])
        == HEAD_FIELDS_MAX
    )
    with pytest.raises(Malformed):
        read_head(b"x" + b"\r\nA: b" * (HEAD_FIELDS_MAX + 1))


def test_the_longest_chunk_line() -> None:
    line = b"1;" + b"a" * (CHUNK_LINE_BYTES_MAX - 2)
    whole = changed(FILE)
    assert verdict(whole.replace(b"\r\n8\r\n", b"\r\n8" + line[1:] + b"\r\n"), SILENT) is Verdict.CLEAN
    assert verdict(whole.replace(b"\r\n8\r\n", b"\r\n8" + line[1:] + b"a\r\n"), SILENT) is Verdict.ERROR


def test_the_longest_body(monkeypatch: pytest.MonkeyPatch) -> None:
    assert BODY_BYTES_MAX == 64 * 2**20
    monkeypatch.setattr(icap_answer, "BODY_BYTES_MAX", 10)
    assert verdict(changed(b"0123456789")) is Verdict.INFECTED
    assert verdict(changed(b"0123456789a")) is Verdict.ERROR


@given(st.sampled_from([CLEAN, changed(b"harmless"), changed(b"x", fields=b"X-Virus-ID: E\r\n"), *WRONG]), st.data())
def test_pieces_change_nothing(answer: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(answer)))
    exchange = Exchange(SERVICE, Method.RESPMOD, PLAIN)
    exchange.send(FILE)
    exchange.end()
    try:
        exchange.receive(answer[:at])
        exchange.receive(answer[at:])
        found = exchange.result().verdict
    except Malformed:
        found = Verdict.ERROR
    assert found is verdict(answer)
