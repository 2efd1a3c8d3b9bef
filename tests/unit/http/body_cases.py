"""The rows of docs/spec/http.md section 6 as bodies. `expect`: a Reason, or the events."""

from __future__ import annotations

from typing import NamedTuple

from relay.base.reasons import Reason
from relay.http.body import BodyEvent, Document, Field, FileData, FileEnd, FileStart


class BodyCase(NamedTuple):
    row: str
    content_type: bytes
    raw: bytes
    expect: Reason | list[BodyEvent]


Expect = Reason | list[BodyEvent]
FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"
MULTIPART = b"multipart/form-data; boundary=BB"
_FORM = Reason.URLENCODED_INVALID
_PART = Reason.MULTIPART_INVALID
_JSON = Reason.JSON_INVALID
_TYPE = Reason.CONTENT_TYPE_UNSUPPORTED
_CHARSET = Reason.CHARSET_INVALID


def form(row: str, raw: bytes, *expect: tuple[str, str] | Reason) -> BodyCase:
    if expect and isinstance(expect[0], Reason):
        return BodyCase(row, FORM, raw, expect[0])
    return BodyCase(row, FORM, raw, [Field(*pair) for pair in expect if not isinstance(pair, Reason)])


def json(row: str, raw: bytes, expect: object) -> BodyCase:
    return BodyCase(row, JSON, raw, expect if isinstance(expect, Reason) else [Document(expect)])


def parts(row: str, raw: bytes, expect: Expect) -> BodyCase:
    return BodyCase(row, MULTIPART, raw, expect)


def part(row: str, header: bytes, expect: Expect, content: bytes = b"v") -> BodyCase:
    return parts(row, b"--BB\r\n" + header + b"\r\n\r\n" + content + b"\r\n--BB--\r\n", expect)


def disposition(row: str, params: bytes, expect: Expect) -> BodyCase:
    return part(row, b"Content-Disposition: form-data" + params, expect)


def a_file(filename: str, content_type: str = "text/plain", data: bytes = b"v", name: str = "a") -> list[BodyEvent]:
    return [FileStart(name, filename, content_type), *([FileData(data)] if data else []), FileEnd()]


_NAMED = b'Content-Disposition: form-data; name="a"'
_A = b"--BB\r\n" + _NAMED + b"\r\n\r\nv"
_V: list[BodyEvent] = [Field("a", "v")]

TYPES = [
    BodyCase("Y1", FORM, b"a=v", _V),
    BodyCase("Y1", b"Application/X-WWW-Form-urlencoded; Charset=UTF-8", b"a=v", _V),
    BodyCase("Y1", b'application/x-www-form-urlencoded ; charset="utf-8"', b"a=v", _V),
    BodyCase("Y1", b"application/json;charset=utf-8", b"1", [Document(1)]),
    BodyCase("Y1", b'multipart/form-data; boundary="BB"', _A + b"\r\n--BB--", _V),
    BodyCase("Y1", b"multipart/form-data; charset=utf-8; BOUNDARY=BB", _A + b"\r\n--BB--", _V),
    *(
        BodyCase("Y2", value, b"a=v", _TYPE)
        for value in (
            b"text/plain",
            b"application/xml",
            b"text/html",
            b"application/octet-stream",
            b"multipart/mixed; boundary=BB",
            b"application/ld+json",
            b"text/json",
            b"",
            b"application",
            b"application/",
            b"/json",
            b"application/json;",
            b"application/json; ",
            b"application/json;;charset=utf-8",
            b"application/json charset=utf-8",
            b"application/json; charset",
            b"application/json; charset=",
            b"application/json; =utf-8",
            b"application/json; charset =utf-8",
            b"application/json; charset= utf-8",
            b"application/json, application/json",
            b"application/json; charset=utf-8; charset=utf-8",
            b"application/json; version=1",
            b"application/x-www-form-urlencoded; boundary=BB",
            b"multipart/form-data; boundary=BB; boundary=CC",
            b"multipart/form-data; boundary=BB; type=x",
            b'application/json; charset="utf-8',
            b"application/json; charset=utf-8 x",
            b'application/json; charset="ut\x80f"',
            b"application /json",
            b"application/ json",
            b"*/*",
            "application/ｊson".encode(),
        )
    ),
    *(
        BodyCase("Y3", value, b"1", _CHARSET)
        for value in (
            b"application/json; charset=shift_jis",
            b"application/json; charset=utf-16",
            b"application/json; charset=utf8",
            b'application/json; charset=""',
            b"application/x-www-form-urlencoded; charset=euc-jp",
            b"multipart/form-data; boundary=BB; charset=iso-2022-jp",
        )
    ),
]

FORMS = [
    form("U1", b""),
    form("U1", b"a=v", ("a", "v")),
    form("U1", b"a=v&b=w&a=x", ("a", "v"), ("b", "w"), ("a", "x")),
    form("U1", b"a", ("a", "")),
    form("U1", b"a=", ("a", "")),
    form("U1", b"a==b=", ("a", "=b=")),
    form("U1", b"a+b=c+d%2Be", ("a b", "c d+e")),
    form("U1", b"%E6%B0%8F%E5%90%8D=%E5%B1%B1%e7%94%b0+%F0%9F%98%80", ("氏名", "山田 😀")),
    form("U1", b"a%3Db=c%26d", ("a=b", "c&d")),
    form("U1", b"a=%0D%0A%09%00", ("a", "\r\n\t\x00")),
    form("U1", b"a[]={\"}|\\^`<>'~!/?#@:,", ("a[]", "{\"}|\\^`<>'~!/?#@:,")),
    form("U1", b"a=%41b%42%43c", ("a", "AbBCc")),
    *(form("U2", raw, _FORM) for raw in (b"&", b"a=v&", b"&a=v", b"a=v&&b=w", b"=", b"=v", b"a=v&=w", b"&&", b"a&=")),
    form("U3", b"a=v;b=w", ("a", "v;b=w")),
    *(
        form("U4", raw, _FORM)
        for raw in (
            b"a=%",
            b"a=%4",
            b"a=%4g",
            b"a=%%41",
            b"a=%u3042",
            b"%=v",
            b"a=v w",
            b"a=v\r\n",
            b"a=v\n",
            b"\na=v",
            b"a=\t",
            b"a=\x00",
            b"a=\x7f",
            "a=あ".encode(),
            b"a=\xff",
            b"\xef\xbb\xbfa=v",
            b"a=%E3%8",
            b"a=%-1",
            b"a=%+1",
            b"a=% 41",
            b"a=%\xef\xbc\x94\xef\xbc\x91",
        )
    ),
    *(
        form("U5", b"a=" + raw, _CHARSET)
        for raw in (b"%FF", b"%80", b"%C0%AF", b"%E3%81", b"%ED%A0%80", b"%F4%90%80%80", b"%93%FA%96%7B", b"%E3x%81%82")
    ),
    form("U5", b"%FF=v", _CHARSET),
    form("U6", b"&".join([b"a=v"] * 1001), Reason.FIELDS_EXCEEDED),
    form("U6", b"&".join([b"a=v"] * 1000), *[("a", "v")] * 1000),
    form("U6", b"a" * 257 + b"=v", Reason.NAME_TOO_LONG),
    form("U6", b"a" * 256 + b"=v", ("a" * 256, "v")),
    form("U6", b"%E3%81%82" * 86 + b"=v", Reason.NAME_TOO_LONG),
    form("U6", b"a=" + b"v" * 65537, Reason.FIELD_TOO_LARGE),
    form("U6", b"a=" + b"v" * 65536, ("a", "v" * 65536)),
    form("U6", b"a" * 300_000, Reason.FIELD_TOO_LARGE),
]

PARTS = [
    parts("P1", _A + b"\r\n--BB--\r\n", _V),
    parts("P1", _A + b"\r\n--BB--", _V),
    parts("P1", _A + b"\r\n" + _A + b"\r\n--BB--\r\n", _V * 2),
    part("P1", _NAMED, [Field("a", "")], b""),
    part("P1", _NAMED, [Field("a", "\r\n")], b"\r\n"),
    part("P1", _NAMED, [Field("a", "\r\n-\r\n--B\r\n--\r")], b"\r\n-\r\n--B\r\n--\r"),
    part("P1", _NAMED, [Field("a", "\n--BB\n")], b"\n--BB\n"),
    part("P1", _NAMED, [Field("a", "--B")], b"--B"),
    part("P1", _NAMED, [Field("a", "氏名")], "氏名".encode()),
    part("P1", 'content-disposition:form-data;name="氏名"'.encode(), [Field("氏名", "v")]),
    part("P1", b"Content-Disposition: Form-Data ; NAME=a", _V),
    part("P1", _NAMED + b'; filename="b.pdf"\r\nContent-Type: application/pdf', a_file("b.pdf", "application/pdf")),
    part(
        "P1",
        _NAMED + b'; filename="b.pdf"\r\nContent-Type: Application/PDF; version="1.7"',
        a_file("b.pdf", "application/pdf"),
    ),
    part(
        "P1",
        _NAMED + b'; filename=""\r\nContent-Type: application/octet-stream',
        a_file("", "application/octet-stream", b""),
        b"",
    ),
    part(
        "P1",
        _NAMED + '; filename="住民票 (1).pdf"'.encode(),
        a_file("住民票 (1).pdf", data=b"\x00\xff\r\n--BA"),
        b"\x00\xff\r\n--BA",
    ),
    part("P1", b'Content-Disposition: form-data; filename="b;c=\'d"; name="a"', a_file("b;c='d")),
    part("P1", _NAMED + b"\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit", _V),
    *(
        BodyCase("P2", b"multipart/form-data" + value, _A + b"\r\n--BB--\r\n", _PART)
        for value in (
            b"",
            b'; boundary=""',
            b'; boundary="B "',
            b'; boundary="' + b"B" * 71 + b'"',
            b'; boundary="B;B"',
            b'; boundary="B\\"B"',
            b"; boundary=B*B",
            b"; boundary=B!",
            b'; boundary="B\tB"',
            b'; boundary="B@B"',
        )
    ),
    BodyCase(
        "P1", b'multipart/form-data; boundary="' + b"B" * 70 + b'"', (_A + b"\r\n--BB--").replace(b"BB", b"B" * 70), _V
    ),
    BodyCase(
        "P1",
        b'multipart/form-data; boundary="B \'()+_,-./:=?B"',
        (_A + b"\r\n--BB--").replace(b"BB", b"B '()+_,-./:=?B"),
        _V,
    ),
    *(
        parts("P3", raw + _A + b"\r\n--BB--\r\n", _PART)
        for raw in (b"\r\n", b"x", b"preamble\r\n", b"\n", b" ", b"\r\n\r\n", b"--\r\n", b"--BA\r\n", b"\x00")
    ),
    *(
        parts("P3", _A + b"\r\n--BB--" + raw, _PART)
        for raw in (b"x", b"\n", b"\r\n\r\n", b"\r\nx", b" \r\n", b"\r\n" + _A, b"-", b"\r", b"\r\n--BB--", b"\t")
    ),
    *(
        parts("P4", _A + b"\r\n--BB" + raw + _A[4:] + b"\r\n--BB--\r\n", _PART)
        for raw in (b" ", b"\t", b" \r\n", b"\n", b"\r", b"x\r\n", b"-\r\n", b"B\r\n", b"\x00\r\n", b"-x", b"\r\r\n")
    ),
    *(
        parts("P4", b"--BB" + raw + _NAMED + b"\r\n\r\nv\r\n--BB--\r\n", _PART)
        for raw in (b" \r\n", b"\n", b"\r", b"x\r\n", b"\t\r\n", b"-\r\n")
    ),
    *(
        parts("P5", raw, _PART)
        for raw in (
            b"",
            b"-",
            b"--BB",
            b"--BB\r\n",
            b"--BB--",
            b"--BB--\r\n",
            _A,
            _A + b"\r\n",
            _A + b"\r\n--BB",
            _A + b"\r\n--BB-",
            _A + b"\r\n--BB\r\n",
            _A + b"\r\n--BB\r\n--BB--\r\n",
            _A + b"\n--BB--\r\n",
            _A + b"--BB--\r\n",
            b"--BB\r\n" + _NAMED + b"\r\n--BB--\r\n",
            b"--BB\r\n" + _NAMED + b"\r\n\r\n--BB--\r\n",
            b"--BB\r\n" + _NAMED + b"\r\n\r\n--BB\r\n",
            b"--BB\r\n" + _NAMED + b"\r\n\r\n--B",
            b"--BB\r\n\r\nv\r\n--BB--\r\n",
            b"--BB\r\n" + _NAMED,
            _A + b"\r\n--BB\r\n" + _NAMED + b"\r\n\r\n--BB--\r\n",
        )
    ),
    *(
        part("P6", header, _PART)
        for header in (
            _NAMED + b"\r\nX: y",
            _NAMED + b"\r\nContent-Length: 1",
            _NAMED + b"\r\nContent-Encoding: gzip",
            _NAMED + b"\r\n" + _NAMED,
            _NAMED + b"\r\nContent-Type: text/plain\r\ncontent-type: text/plain",
            b'Content-Disposition: form-data;\r\n name="a"',
            _NAMED + b"\r\n\tx",
            b"Content-Disposition : form-data; name=a",
            b" Content-Disposition: form-data; name=a",
            _NAMED + b"\nX: y",
            _NAMED + b"\r",
            b"\n" + _NAMED,
            _NAMED + b"\x00",
            _NAMED + b"\x0b",
            _NAMED + b"\r\nx",
            _NAMED + b"\r\n: x",
            b'Content-Disposition: form-data; name="a\rb"',
            b"Content-Disposition\x00: form-data; name=a",
            _NAMED + b"\r\nContent-Transfer-Encoding: binary\r\nContent-Transfer-Encoding: binary",
            b"Content\xe3-Disposition: form-data; name=a",
            _NAMED + b"\r\nContent-Disposition-X: y",
        )
    ),
    part("P7", b"Content-Type: text/plain", _PART),
    part("P7", b"Content-Disposition: attachment; name=a", _PART),
    part("P7", b"Content-Disposition:", _PART),
    part("P7", b"Content-Disposition: form-data-x; name=a", _PART),
    part("P7", b"Content-Disposition: ; name=a", _PART),
    *(
        disposition("P7", params, _PART)
        for params in (
            b"",
            b";",
            b'; name=""',
            b"; name=",
            b'; name="a',
            b"; name=a b",
            b'; name="a"b"',
            b'; name="a\\"b"',
            b'; name="a\\\\"',
            b'; name="a"; name="b"',
            b'; name="a"; name=a',
            b'; name="a"; NAME="a"',
            b'; name="a"; size=1',
            b'; name="a";',
            b'; name="a" ;; filename="b"',
            b'; name="a"; filename="b"; filename="c"',
            b'; name="a"; filename="b\\c"',
            b'; filename="b"',
            b' name="a"',
            b', name="a"',
            b'; name ="a"',
            b'; name= "a"',
            b'; name="a" x',
            b'; name="a\tb"',
            b'; name="a\x01b"',
            b'; name="a\x7f"',
            b"; name='a b'",
            b'; name="a"; filename=b c',
            b'; name="a"; creation-date="x"',
            b'; name="a"; filename',
            b'; name="a"; filename=',
            b'; name="a"; filename=\xe3\x81\x82',
            b'; n\xc3\xa4me="a"',
            b'; name="a"; filename="b" c="d"',
        )
    ),
    disposition("P7", b"; name='a'", [Field("'a'", "v")]),
    disposition("P8", b'; name="a%22b%0D%0Ac"', [Field('a"b\r\nc', "v")]),
    disposition("P8", b'; name="%41%25%0d%"', [Field("%41%25%0d%", "v")]),
    disposition("P8", b'; name="a"; filename="%22%E3%81%82%22.pdf"', a_file('"%E3%81%82".pdf')),
    disposition("P9", b"; name=\"a\"; filename*=UTF-8''%E4%BD%8F%E6%B0%91%E7%A5%A8.pdf", a_file("住民票.pdf")),
    disposition("P9", b"; name=\"a\"; filename*=utf-8'ja'b.pdf", a_file("b.pdf")),
    disposition("P9", '; name="a"; filename="住.pdf"; filename*=UTF-8\'\'%e4%bd%8f.pdf'.encode(), a_file("住.pdf")),
    disposition("P9", b"; name*=UTF-8''%E6%B0%8F", [Field("氏", "v")]),
    *(
        disposition("P10", b'; name="a"' + params, _PART)
        for params in (
            b"; filename=\"b.pdf\"; filename*=UTF-8''c.exe",
            b"; filename*=UTF-8''c.exe; filename=\"b.pdf\"",
            b"; filename*0=b; filename*1=c",
            b"; filename*0*=UTF-8''b",
            b"; filename*=\"UTF-8''b\"",
            b"; filename*=b",
            b"; filename*=''b",
            b"; filename*=UTF-8'b",
            b"; filename*=UTF-8''b c",
            b"; filename*=UTF-8''b%",
            b"; filename*=UTF-8''b%4",
            b"; filename*=UTF-8''a; filename*=UTF-8''a",
            b"; name*=UTF-8''b",
            b"; filename*=UTF-8''b(",
            b"; filename*=UTF-8''\xe3\x81\x82",
        )
    ),
    *(
        part("P11", _NAMED + b"\r\nContent-Transfer-Encoding: " + value, _PART)
        for value in (b"base64", b"quoted-printable", b"x-gzip", b"", b"binary, 8bit")
    ),
    *(part("P11", _NAMED + b"\r\nContent-Transfer-Encoding: " + value, _V) for value in (b"7bit", b"8BIT", b"binary")),
    part("P12", _NAMED + b"\r\nContent-Type: text/plain; charset=shift_jis", _CHARSET),
    part("P12", _NAMED + b'; filename="b.csv"\r\nContent-Type: text/csv; charset=shift_jis', _CHARSET),
    disposition("P12", b"; name=\"a\"; filename*=Shift_JIS''%93%fa", _CHARSET),
    disposition("P12", b"; name=\"a\"; filename*=ISO-8859-1''b", _CHARSET),
    disposition("P12", b"; name=\"a\"; filename*=UTF-8''%FF", _CHARSET),
    disposition("P12", b'; name="\x93\xfa"', _CHARSET),
    disposition("P12", b'; name="a"; filename="\xff"', _CHARSET),
    disposition("P12", b'; name="\xc0\xaf"', _CHARSET),
    part("P12", b'Content-Disposition: form-data; name="_charset_"', _CHARSET, b"Shift_JIS"),
    part("P12", b'Content-Disposition: form-data; name="_charset_"', [Field("_charset_", "UTF-8")], b"UTF-8"),
    *(
        part("P12", _NAMED, _CHARSET, raw)
        for raw in (b"\xff", b"\xe3\x81", b"\xc0\xaf", b"\xed\xa0\x80", b"\x93\xfa\x96\x7b")
    ),
    part("P13", _NAMED + b"\r\nContent-Type: multipart/mixed; boundary=CC", _PART, b"--CC\r\n\r\nx\r\n--CC--"),
    part("P13", _NAMED + b'; filename="b"\r\nContent-Type: Multipart/Form-Data; boundary=CC', _PART),
    part("P14", _NAMED + b"\r\nContent-Type: application/json", _TYPE, b"{}"),
    part("P14", _NAMED + b"\r\nContent-Type: text/html", _TYPE),
    part("P14", _NAMED + b"\r\nContent-Type: text", _TYPE),
    parts("P15", (_A + b"\r\n") * 1000 + b"--BB--", _V * 1000),
    parts("P15", (_A + b"\r\n") * 1001 + b"--BB--", Reason.PARTS_EXCEEDED),
    part("P15", _NAMED + b"\r\nContent-Type:" + b" " * 5000 + b"text/plain", _PART),
    part("P15", b"X" * 9000, _PART),
    disposition("P15", b'; name="' + b"a" * 256 + b'"', [Field("a" * 256, "v")]),
    disposition("P15", b'; name="' + b"a" * 257 + b'"', Reason.NAME_TOO_LONG),
    disposition("P15", b'; name="a"; filename="' + b"b" * 257 + b'"', Reason.NAME_TOO_LONG),
    part("P15", _NAMED, [Field("a", "v" * 65536)], b"v" * 65536),
    part("P15", _NAMED, Reason.FIELD_TOO_LARGE, b"v" * 65537),
]

_DEEP = 32
JSONS = [
    *(
        json("J1", raw, value)
        for raw, value in (
            (b"{}", {}),
            (b"[]", []),
            (b"null", None),
            (b"true", True),
            (b"0", 0),
            (b'""', ""),
            (b' {"a" : [1, -2.5, "b"]}\r\n\t', {"a": [1, -2.5, "b"]}),
            ('{"氏名":"山田"}'.encode(), {"氏名": "山田"}),
            (b'"\\u3042\\ud83d\\ude00\\n"', "あ😀\n"),
            (b'"\\u0000"', "\x00"),
            (b'"[[[[{{{{"', "[[[[{{{{"),
            (b'"\\"[\\\\"', '"[\\'),
            (b"1e2", 100.0),
            (b"0.1", 0.1),
            (b"1.10", 1.1),
            (b"-0", -0.0),
            (b"9007199254740991", 2**53 - 1),
            (b'"\x7f"', "\x7f"),
            (b'{"":1}', {"": 1}),
        )
    ),
    *(
        json("J2", raw, _JSON)
        for raw in (
            b"",
            b" ",
            b"\xef\xbb\xbf{}",
            b"{} {}",
            b"1 2",
            b"{},",
            b"NaN",
            b"Infinity",
            b"-Infinity",
            b"[NaN]",
            b"{a:1}",
            b"{'a':1}",
            b"[1,]",
            b'{"a":1,}',
            b"[,]",
            b"// x\n1",
            b"/* x */1",
            b'"\x01"',
            b'"\t"',
            b'"\n"',
            b"01",
            b"+1",
            b".5",
            b"1.",
            b"0x1",
            b"1e",
            b"tru",
            b"nul",
            b'"',
            b'"\\x41"',
            b'"\\u12"',
            b'"a',
            b"[",
            b"]",
            b"{",
            b"[}",
            b"[1 2]",
            b'{"a"}',
            b'{"a":}',
            b"{1:2}",
            b"\x0c1",
            b"\xc2\xa01",
            b"1\x00",
            b"'a'",
            b"undefined",
            b"{]",
            b"[[]",
            b"[]]",
            b'{"a":1]}',
            b'"\\',
            b'"\\"',
            b"-",
            b"--1",
        )
    ),
    *(
        json("J3", raw, _JSON)
        for raw in (b'{"a":1,"a":1}', b'{"a":1,"\\u0061":2}', b'[{"b":{"a":1,"c":2,"a":3}}]', b'{"":1,"":1}')
    ),
    *(
        json("J4", raw, _JSON)
        for raw in (
            b"9007199254740992",
            b"-9007199254740992",
            b"1" * 33,
            b"1" * 5000,
            b"1e400",
            b"-1e400",
            b"1e-400",
            b"1e-4000000000000000000",
            b"1e4000000000000000000",
            b"0.1000000000000000055511151231257827",
            b"0.10000000000000001",
            b"9007199254740993.0",
            b"3.14159265358979323846",
            b"1e" + b"0" * 40,
            b"123456789012345678901234567890.5",
        )
    ),
    *(
        json("J5", raw, _CHARSET)
        for raw in (
            b'"\xff"',
            b'"\xc0\xaf"',
            b'"\xed\xa0\x80"',
            b'"\\ud800"',
            b'"\\udc00"',
            b'"\\udc00\\ud800"',
            b'{"\\ud800":1}',
            b'["\\ud800\\u0061"]',
            b'"\x93\xfa"',
            b"\xff\xfe1\x00",
            b'"\\uD83D"',
        )
    ),
    json("J6", b"[" * (_DEEP + 1) + b"]" * (_DEEP + 1), Reason.NESTING_TOO_DEEP),
    json("J6", b'{"a":' * (_DEEP + 1) + b"1" + b"}" * (_DEEP + 1), Reason.NESTING_TOO_DEEP),
    json("J6", b'[{"a":' * 17 + b"1" + b"}]" * 17, Reason.NESTING_TOO_DEEP),
    json("J6", b"[" * 900 + b"]" * 900, Reason.NESTING_TOO_DEEP),
    json("J7", b'"' + b"a" * (1024 * 1024) + b'"', Reason.BODY_TOO_LARGE),
    json("J7", b"[" + b",".join([b"1"] * 1001) + b"]", Reason.FIELDS_EXCEEDED),
    json("J7", b"[" * 500_000, Reason.FIELDS_EXCEEDED),
    json("J7", b"[]," * 300_000, Reason.FIELDS_EXCEEDED),
    json("J7", b'{"' + b"a" * 257 + b'":1}', Reason.NAME_TOO_LONG),
    json("J7", b'{"' + b"a" * 256 + b'":1}', {"a" * 256: 1}),
    json("J7", b'"' + b"a" * 65537 + b'"', Reason.FIELD_TOO_LARGE),
    json("J7", b'"' + b"a" * 65536 + b'"', "a" * 65536),
    json("J2", b'"' + b'\\"' * 500_000, _JSON),
]

BODY_CASES = [*TYPES, *FORMS, *PARTS, *JSONS]
