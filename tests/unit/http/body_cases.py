"""The rows of docs/spec/http.md section 6 as bodies, multipart ones from their own file."""

from __future__ import annotations

from relay.base.reasons import Reason
from relay.http.body import Document
from tests.unit.http.body_case import (
    A_PART,
    CHARSET_INVALID,
    FORM,
    FORM_INVALID,
    JSON_INVALID,
    ONE_FIELD,
    TYPE_UNSUPPORTED,
    BodyCase,
    form,
    json,
)
from tests.unit.http.multipart_cases import PARTS

TYPES = [
    BodyCase("Y1", FORM, b"a=v", ONE_FIELD),
    BodyCase("Y1", b"Application/X-WWW-Form-urlencoded; Charset=UTF-8", b"a=v", ONE_FIELD),
    BodyCase("Y1", b'application/x-www-form-urlencoded ; charset="utf-8"', b"a=v", ONE_FIELD),
    BodyCase("Y1", b"application/json;charset=utf-8", b"1", [Document(1)]),
    BodyCase("Y1", b'multipart/form-data; boundary="BB"', A_PART + b"\r\n--BB--", ONE_FIELD),
    BodyCase("Y1", b"multipart/form-data; charset=utf-8; BOUNDARY=BB", A_PART + b"\r\n--BB--", ONE_FIELD),
    *(
        BodyCase("Y2", value, b"a=v", TYPE_UNSUPPORTED)
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
        BodyCase("Y3", value, b"1", CHARSET_INVALID)
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
    *(
        form("U2", raw, FORM_INVALID)
        for raw in (b"&", b"a=v&", b"&a=v", b"a=v&&b=w", b"=", b"=v", b"a=v&=w", b"&&", b"a&=")
    ),
    form("U3", b"a=v;b=w", ("a", "v;b=w")),
    *(
        form("U4", raw, FORM_INVALID)
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
        form("U5", b"a=" + raw, CHARSET_INVALID)
        for raw in (b"%FF", b"%80", b"%C0%AF", b"%E3%81", b"%ED%A0%80", b"%F4%90%80%80", b"%93%FA%96%7B", b"%E3x%81%82")
    ),
    form("U5", b"%FF=v", CHARSET_INVALID),
    form("U7", b"_charset_=utf-8&a=v", ("_charset_", "utf-8"), ("a", "v")),
    form("U7", b"a=v&%5Fcharset_=UTF-8", ("a", "v"), ("_charset_", "UTF-8")),
    form("U7", b"a=v&_charset_=shift_jis", CHARSET_INVALID),
    form("U7", b"_charset%5f=", CHARSET_INVALID),
    form("U7", b"a=_charset_&x_charset_y=1", ("a", "_charset_"), ("x_charset_y", "1")),
    form("U6", b"&".join([b"a=v"] * 1001), Reason.FIELDS_EXCEEDED),
    form("U6", b"&".join([b"a=v"] * 1000), *[("a", "v")] * 1000),
    form("U6", b"a" * 257 + b"=v", Reason.NAME_TOO_LONG),
    form("U6", b"a" * 256 + b"=v", ("a" * 256, "v")),
    form("U6", b"%E3%81%82" * 86 + b"=v", Reason.NAME_TOO_LONG),
    form("U6", b"a=" + b"v" * 65537, Reason.FIELD_TOO_LARGE),
    form("U6", b"a=" + b"v" * 65536, ("a", "v" * 65536)),
    form("U6", b"a" * 300_000, Reason.FIELD_TOO_LARGE),
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
        json("J2", raw, JSON_INVALID)
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
        json("J3", raw, JSON_INVALID)
        for raw in (b'{"a":1,"a":1}', b'{"a":1,"\\u0061":2}', b'[{"b":{"a":1,"c":2,"a":3}}]', b'{"":1,"":1}')
    ),
    *(
        json("J4", raw, JSON_INVALID)
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
        json("J5", raw, CHARSET_INVALID)
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
    json("J2", b'"' + b'\\"' * 500_000, JSON_INVALID),
]

BODY_CASES = [*TYPES, *FORMS, *PARTS, *JSONS]
