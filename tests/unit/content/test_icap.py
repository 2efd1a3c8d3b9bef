"""What is sent to an ICAP service, and what its answers mean."""

from __future__ import annotations

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
FILE = b"the file"
CLEAN = b'ICAP/1.0 204 No Content\r\nISTag: "v1"\r\n\r\n'
HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n"


def changed(body: bytes, http: bytes = HTTP, fields: bytes = b"", part: bytes = b"res") -> bytes:
    head = b"ICAP/1.0 200 OK\r\nISTag: v1\r\n" + fields
    head += b"Encapsulated: %b-hdr=0, %b-body=%d\r\n\r\n" % (part, part, len(http))
    return head + http + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def asked(answer: bytes, options: Options = PLAIN, method: Method = Method.RESPMOD) -> tuple[Scanned, bytes | None]:
    exchange = Exchange(SERVICE, method, options, len(FILE))
    exchange.begin(FILE[: exchange.preview])
    exchange.receive(answer)
    return exchange.result()


def verdict(answer: bytes, options: Options = PLAIN, method: Method = Method.RESPMOD) -> Verdict:
    try:
        return asked(answer, options, method)[0].verdict
    except Malformed:
        return Verdict.ERROR


def test_the_whole_file_at_once() -> None:
    assert Exchange(SERVICE, Method.RESPMOD, PLAIN, 8).begin(FILE) == (
        b"RESPMOD icap://scan.example.jp:1344/avscan ICAP/1.0\r\nHost: scan.example.jp:1344\r\nAllow: 204\r\n"
        b"Encapsulated: res-hdr=0, res-body=78\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 8\r\n\r\n"
        b"8\r\nthe file\r\n0\r\n\r\n"
    )


def test_a_request_is_carried_too() -> None:
    sent = Exchange(SERVICE, Method.REQMOD, PLAIN, 8).begin(FILE)
    head, _, rest = sent.partition(b"\r\n\r\n")
    at = int(head.rpartition(b"=")[2])
    assert rest.startswith(b"PUT http://scan.example.jp:1344/file HTTP/1.1\r\n")
    assert rest[at:] == b"8\r\nthe file\r\n0\r\n\r\n"


def test_a_preview_and_the_rest() -> None:
    exchange = Exchange(SERVICE, Method.RESPMOD, PREVIEWED, 8)
    assert exchange.preview == 4
    sent = exchange.begin(b"the ")
    assert b"\r\nPreview: 4\r\n" in sent and sent.endswith(b"4\r\nthe \r\n0\r\n\r\n")
    exchange.receive(b"ICAP/1.0 100 Contin")
    assert exchange.ask is Ask.ANSWER
    exchange.receive(b"ue\r\n\r\n")
    assert exchange.ask is Ask.REST
    assert exchange.piece(b"fi") + exchange.piece(b"") + exchange.piece(b"le") == b"2\r\nfi\r\n2\r\nle\r\n"
    assert exchange.end() == b"0\r\n\r\n"
    exchange.receive(CLEAN)
    assert exchange.result() == (Scanned(Verdict.CLEAN), None)
    assert exchange.istag == "v1"


def test_a_file_that_is_all_preview() -> None:
    sent = Exchange(SERVICE, Method.RESPMOD, PREVIEWED, 4).begin(b"file")
    assert sent.endswith(b"4\r\nfile\r\n0; ieof\r\n\r\n")
    empty = Exchange(SERVICE, Method.RESPMOD, PREVIEWED, 0).begin(b"")
    assert b"Preview: 0\r\n" in empty and empty.endswith(b"\r\n\r\n0; ieof\r\n\r\n")


def test_a_service_that_looks_at_the_preview_only_has_not_seen_the_file() -> None:
    assert verdict(CLEAN, PREVIEWED) is Verdict.UNSCANNABLE


def test_nothing_was_found() -> None:
    assert asked(CLEAN) == (Scanned(Verdict.CLEAN), None)
    assert verdict(CLEAN, Options(BOTH, None, False, "v1", None)) is Verdict.ERROR  # nobody allowed 204


def test_a_changed_file_comes_with_its_bytes() -> None:
    assert asked(changed(b"harmless")) == (Scanned(Verdict.CLEAN), b"harmless")
    assert asked(changed(FILE)) == (Scanned(Verdict.CLEAN), FILE)
    put = b"PUT http://scan.example.jp:1344/file HTTP/1.1\r\nHost: x\r\n\r\n"
    assert asked(changed(b"x", put, part=b"req"), method=Method.REQMOD) == (Scanned(Verdict.CLEAN), b"x")


def test_a_page_instead_of_the_file_is_a_refusal() -> None:
    assert asked(changed(b"blocked", b"HTTP/1.1 403 Forbidden\r\n\r\n")) == (Scanned(Verdict.INFECTED), None)
    assert asked(changed(b"blocked"), method=Method.REQMOD) == (Scanned(Verdict.INFECTED), None)
    early = changed(b"blocked", b"HTTP/1.1 403 Forbidden\r\n\r\n")
    assert asked(early, PREVIEWED) == (Scanned(Verdict.INFECTED), None)
    assert verdict(changed(b"the "), PREVIEWED) is Verdict.ERROR  # changed before it was seen


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
    assert asked(answer) == (Scanned(Verdict.INFECTED, signature), None)


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
    assert verdict(b"ICAP/1.0 100 Continue\r\n\r\n") is Verdict.ERROR
    exchange = Exchange(SERVICE, Method.RESPMOD, PREVIEWED, 8)
    exchange.begin(b"the ")
    exchange.receive(b"ICAP/1.0 100 Continue\r\n\r\n")
    with pytest.raises(Malformed):
        exchange.receive(b"ICAP/1.0 100 Continue\r\n\r\n")
    assert exchange.result()[0].verdict is Verdict.ERROR


def test_calls_out_of_order() -> None:
    exchange = Exchange(SERVICE, Method.RESPMOD, PREVIEWED, 8)
    with pytest.raises(ValueError, match="preview"):
        exchange.begin(b"the file")
    exchange.begin(b"the ")
    with pytest.raises(ValueError, match="piece"):
        exchange.piece(b"file")
    exchange.receive(b"ICAP/1.0 100 Continue\r\n\r\n")
    with pytest.raises(ValueError, match="whole"):
        exchange.end()
    with pytest.raises(ValueError, match="piece"):
        exchange.piece(b"filex")
    with pytest.raises(ValueError, match="method"):
        Exchange(SERVICE, Method.RESPMOD, Options(frozenset((Method.REQMOD,)), None, True, "", None), 1)


def test_a_service_is_a_host_and_a_path() -> None:
    for host, path in (("a b", "x"), ("a\r\nX: y", "x"), ("a", "x y"), ("a", ""), ("", "x")):
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
    assert asked(changed(b"x").replace(b"1\r\nx", line + b"\r\nx"))[1] == b"x"
    assert verdict(changed(b"x").replace(b"1\r\nx", line + b"a\r\nx")) is Verdict.ERROR


def test_the_longest_body(monkeypatch: pytest.MonkeyPatch) -> None:
    assert BODY_BYTES_MAX == 64 * 2**20
    monkeypatch.setattr(icap_answer, "BODY_BYTES_MAX", 10)
    assert asked(changed(b"0123456789"))[1] == b"0123456789"
    assert verdict(changed(b"0123456789a")) is Verdict.ERROR


@given(st.sampled_from([CLEAN, changed(b"harmless"), changed(b"x", fields=b"X-Virus-ID: E\r\n"), *WRONG]), st.data())
def test_pieces_change_nothing(answer: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(answer)))
    exchange = Exchange(SERVICE, Method.RESPMOD, PLAIN, len(FILE))
    exchange.begin(FILE)
    try:
        exchange.receive(answer[:at])
        exchange.receive(answer[at:])
        found = exchange.result()[0].verdict
    except Malformed:
        found = Verdict.ERROR
    assert found is verdict(answer)
