"""policy/variables/body.py: which processor reads, and what all of them answer."""

from __future__ import annotations

import pytest

from policy.variables.body import NO_PROCESSOR, NOT_READ, PROCESSORS, TOO_LARGE, read_body
from policy.variables.facts import DEFAULTS, Options

MULTIPART = b"multipart/form-data; boundary=B"
PART = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n--B--\r\n'


def test_each_processor_reads_its_kind() -> None:
    bodies = {"URLENCODED": b"a=v", "MULTIPART": PART, "JSON": b'{"a":"v"}', "XML": b"<a>v</a>"}
    assert tuple(bodies) == PROCESSORS
    names = {"URLENCODED": b"a", "MULTIPART": b"a", "JSON": b"json.a", "XML": b"xml.a"}
    options = Options(xml_into_args="on")
    for processor, body in bodies.items():
        reading = read_body(processor, body, MULTIPART, options, None)
        assert list(reading.arguments) == [(names[processor], b"v")]
        assert reading.message == b"" and not reading.exceeded
        assert reading.posted is (processor in ("URLENCODED", "MULTIPART"))


def test_without_a_processor_nothing_is_read() -> None:
    assert read_body("", b"a=v", None, DEFAULTS, None) is NO_PROCESSOR
    assert (NO_PROCESSOR.state, NOT_READ.state) == (b"0", b"")


def test_an_unknown_processor_is_an_error_of_the_caller() -> None:
    with pytest.raises(LookupError):
        read_body("YAML", b"", None, DEFAULTS, None)


@pytest.mark.parametrize("processor", ["URLENCODED", "JSON", "XML"])
def test_the_limit_without_files_at_n_and_one_more(processor: str) -> None:
    body = b"{}  "
    assert read_body(processor, body, None, Options(request_body_no_files_limit=4), None).oversize is False
    over = read_body(processor, body, None, Options(request_body_no_files_limit=3), None)
    assert (over.oversize, over.message, list(over.arguments)) == (True, TOO_LARGE, [])


def test_the_limit_without_files_counts_headers_and_values_of_parts() -> None:
    counted = len(PART) - len(b"--B\r\n--B--\r\n") - len(b"\r\n")
    assert read_body("MULTIPART", PART, MULTIPART, Options(request_body_no_files_limit=counted), None).oversize is False
    over = read_body("MULTIPART", PART, MULTIPART, Options(request_body_no_files_limit=counted - 1), None)
    assert (over.oversize, list(over.arguments)) == (True, [(b"a", b"v")])


def test_the_room_for_arguments() -> None:
    assert len(read_body("URLENCODED", b"a&b&c", None, DEFAULTS, 2).arguments) == 2
    json = read_body("JSON", b"[1,2,3]", None, DEFAULTS, 2)
    assert (len(json.arguments), json.state) == (2, b"1")
    assert read_body("JSON", b"[1,2]", None, DEFAULTS, 2).state == b"0"
