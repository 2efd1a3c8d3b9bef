"""The rows of docs/spec/http.md section 6 about multipart."""

from __future__ import annotations

from relay.base.reasons import Reason
from relay.http.body import Field
from tests.unit.http.body_case import (
    A_PART,
    CHARSET_INVALID,
    NAMED,
    ONE_FIELD,
    PART_INVALID,
    TYPE_UNSUPPORTED,
    BodyCase,
    a_file,
    disposition,
    part,
    parts,
)

PARTS = [
    parts("P1", A_PART + b"\r\n--BB--\r\n", ONE_FIELD),
    parts("P1", A_PART + b"\r\n--BB--", ONE_FIELD),
    parts("P1", A_PART + b"\r\n" + A_PART + b"\r\n--BB--\r\n", ONE_FIELD * 2),
    part("P1", NAMED, [Field("a", "")], b""),
    part("P1", NAMED, [Field("a", "\r\n")], b"\r\n"),
    part("P1", NAMED, [Field("a", "\r\n-\r\n--B\r\n--\r")], b"\r\n-\r\n--B\r\n--\r"),
    part("P1", NAMED, [Field("a", "\n--BB\n")], b"\n--BB\n"),
    part("P1", NAMED, [Field("a", "--B")], b"--B"),
    part("P1", NAMED, [Field("a", "氏名")], "氏名".encode()),
    part("P1", 'content-disposition:form-data;name="氏名"'.encode(), [Field("氏名", "v")]),
    part("P1", b"Content-Disposition: Form-Data ; NAME=a", ONE_FIELD),
    part("P1", NAMED + b'; filename="b.pdf"\r\nContent-Type: application/pdf', a_file("b.pdf", "application/pdf")),
    part(
        "P1",
        NAMED + b'; filename="b.pdf"\r\nContent-Type: Application/PDF; version="1.7"',
        a_file("b.pdf", "application/pdf"),
    ),
    part(
        "P1",
        NAMED + b'; filename=""\r\nContent-Type: application/octet-stream',
        a_file("", "application/octet-stream", b""),
        b"",
    ),
    part(
        "P1",
        NAMED + '; filename="住民票 (1).pdf"'.encode(),
        a_file("住民票 (1).pdf", data=b"\x00\xff\r\n--BA"),
        b"\x00\xff\r\n--BA",
    ),
    part("P1", b'Content-Disposition: form-data; filename="b;c=\'d"; name="a"', a_file("b;c='d")),
    part("P1", NAMED + b"\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit", ONE_FIELD),
    *(
        BodyCase("P2", b"multipart/form-data" + value, A_PART + b"\r\n--BB--\r\n", PART_INVALID)
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
        "P1",
        b'multipart/form-data; boundary="' + b"B" * 70 + b'"',
        (A_PART + b"\r\n--BB--").replace(b"BB", b"B" * 70),
        ONE_FIELD,
    ),
    BodyCase(
        "P1",
        b'multipart/form-data; boundary="B \'()+_,-./:=?B"',
        (A_PART + b"\r\n--BB--").replace(b"BB", b"B '()+_,-./:=?B"),
        ONE_FIELD,
    ),
    *(
        parts("P3", raw + A_PART + b"\r\n--BB--\r\n", PART_INVALID)
        for raw in (b"\r\n", b"x", b"preamble\r\n", b"\n", b" ", b"\r\n\r\n", b"--\r\n", b"--BA\r\n", b"\x00")
    ),
    *(
        parts("P3", A_PART + b"\r\n--BB--" + raw, PART_INVALID)
        for raw in (b"x", b"\n", b"\r\n\r\n", b"\r\nx", b" \r\n", b"\r\n" + A_PART, b"-", b"\r", b"\r\n--BB--", b"\t")
    ),
    *(
        parts("P4", A_PART + b"\r\n--BB" + raw + A_PART[4:] + b"\r\n--BB--\r\n", PART_INVALID)
        for raw in (b" ", b"\t", b" \r\n", b"\n", b"\r", b"x\r\n", b"-\r\n", b"B\r\n", b"\x00\r\n", b"-x", b"\r\r\n")
    ),
    *(
        parts("P4", b"--BB" + raw + NAMED + b"\r\n\r\nv\r\n--BB--\r\n", PART_INVALID)
        for raw in (b" \r\n", b"\n", b"\r", b"x\r\n", b"\t\r\n", b"-\r\n")
    ),
    *(
        parts("P5", raw, PART_INVALID)
        for raw in (
            b"",
            b"-",
            b"--BB",
            b"--BB\r\n",
            b"--BB--",
            b"--BB--\r\n",
            A_PART,
            A_PART + b"\r\n",
            A_PART + b"\r\n--BB",
            A_PART + b"\r\n--BB-",
            A_PART + b"\r\n--BB\r\n",
            A_PART + b"\r\n--BB\r\n--BB--\r\n",
            A_PART + b"\n--BB--\r\n",
            A_PART + b"--BB--\r\n",
            b"--BB\r\n" + NAMED + b"\r\n--BB--\r\n",
            b"--BB\r\n" + NAMED + b"\r\n\r\n--BB--\r\n",
            b"--BB\r\n" + NAMED + b"\r\n\r\n--BB\r\n",
            b"--BB\r\n" + NAMED + b"\r\n\r\n--B",
            b"--BB\r\n\r\nv\r\n--BB--\r\n",
            b"--BB\r\n" + NAMED,
            A_PART + b"\r\n--BB\r\n" + NAMED + b"\r\n\r\n--BB--\r\n",
        )
    ),
    *(
        part("P6", header, PART_INVALID)
        for header in (
            NAMED + b"\r\nX: y",
            NAMED + b"\r\nContent-Length: 1",
            NAMED + b"\r\nContent-Encoding: gzip",
            NAMED + b"\r\n" + NAMED,
            NAMED + b"\r\nContent-Type: text/plain\r\ncontent-type: text/plain",
            b'Content-Disposition: form-data;\r\n name="a"',
            NAMED + b"\r\n\tx",
            b"Content-Disposition : form-data; name=a",
            b" Content-Disposition: form-data; name=a",
            NAMED + b"\nX: y",
            NAMED + b"\r",
            b"\n" + NAMED,
            NAMED + b"\x00",
            NAMED + b"\x0b",
            NAMED + b"\r\nx",
            NAMED + b"\r\n: x",
            b'Content-Disposition: form-data; name="a\rb"',
            b"Content-Disposition\x00: form-data; name=a",
            NAMED + b"\r\nContent-Transfer-Encoding: binary\r\nContent-Transfer-Encoding: binary",
            b"Content\xe3-Disposition: form-data; name=a",
            NAMED + b"\r\nContent-Disposition-X: y",
        )
    ),
    part("P7", b"Content-Type: text/plain", PART_INVALID),
    part("P7", b"Content-Disposition: attachment; name=a", PART_INVALID),
    part("P7", b"Content-Disposition:", PART_INVALID),
    part("P7", b"Content-Disposition: form-data-x; name=a", PART_INVALID),
    part("P7", b"Content-Disposition: ; name=a", PART_INVALID),
    *(
        disposition("P7", params, PART_INVALID)
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
        disposition("P10", b'; name="a"' + params, PART_INVALID)
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
        part("P11", NAMED + b"\r\nContent-Transfer-Encoding: " + value, PART_INVALID)
        for value in (b"base64", b"quoted-printable", b"x-gzip", b"", b"binary, 8bit")
    ),
    *(
        part("P11", NAMED + b"\r\nContent-Transfer-Encoding: " + value, ONE_FIELD)
        for value in (b"7bit", b"8BIT", b"binary")
    ),
    part("P12", NAMED + b"\r\nContent-Type: text/plain; charset=shift_jis", CHARSET_INVALID),
    part("P12", NAMED + b'; filename="b.csv"\r\nContent-Type: text/csv; charset=shift_jis', CHARSET_INVALID),
    disposition("P12", b"; name=\"a\"; filename*=Shift_JIS''%93%fa", CHARSET_INVALID),
    disposition("P12", b"; name=\"a\"; filename*=ISO-8859-1''b", CHARSET_INVALID),
    disposition("P12", b"; name=\"a\"; filename*=UTF-8''%FF", CHARSET_INVALID),
    disposition("P12", b'; name="\x93\xfa"', CHARSET_INVALID),
    disposition("P12", b'; name="a"; filename="\xff"', CHARSET_INVALID),
    disposition("P12", b'; name="\xc0\xaf"', CHARSET_INVALID),
    part("P12", b'Content-Disposition: form-data; name="_charset_"', CHARSET_INVALID, b"Shift_JIS"),
    part("P12", b'Content-Disposition: form-data; name="_charset_"', [Field("_charset_", "UTF-8")], b"UTF-8"),
    *(
        part("P12", NAMED, CHARSET_INVALID, raw)
        for raw in (b"\xff", b"\xe3\x81", b"\xc0\xaf", b"\xed\xa0\x80", b"\x93\xfa\x96\x7b")
    ),
    part("P13", NAMED + b"\r\nContent-Type: multipart/mixed; boundary=CC", PART_INVALID, b"--CC\r\n\r\nx\r\n--CC--"),
    part("P13", NAMED + b'; filename="b"\r\nContent-Type: Multipart/Form-Data; boundary=CC', PART_INVALID),
    part("P14", NAMED + b"\r\nContent-Type: application/json", TYPE_UNSUPPORTED, b"{}"),
    part("P14", NAMED + b"\r\nContent-Type: text/html", TYPE_UNSUPPORTED),
    part("P14", NAMED + b"\r\nContent-Type: text", TYPE_UNSUPPORTED),
    parts("P15", (A_PART + b"\r\n") * 1000 + b"--BB--", ONE_FIELD * 1000),
    parts("P15", (A_PART + b"\r\n") * 1001 + b"--BB--", Reason.FIELDS_EXCEEDED),
    parts(
        "P15",
        (A_PART + b"\r\n") * 1000 + A_PART.replace(NAMED, NAMED + b'; filename="f"') + b"\r\n--BB--",
        Reason.PARTS_EXCEEDED,
    ),
    part("P15", NAMED + b"\r\nContent-Type:" + b" " * 5000 + b"text/plain", PART_INVALID),
    part("P15", b"X" * 9000, PART_INVALID),
    disposition("P15", b'; name="' + b"a" * 256 + b'"', [Field("a" * 256, "v")]),
    disposition("P15", b'; name="' + b"a" * 257 + b'"', Reason.NAME_TOO_LONG),
    disposition("P15", b'; name="a"; filename="' + b"b" * 257 + b'"', Reason.NAME_TOO_LONG),
    part("P15", NAMED, [Field("a", "v" * 65536)], b"v" * 65536),
    part("P15", NAMED, Reason.FIELD_TOO_LARGE, b"v" * 65537),
]
