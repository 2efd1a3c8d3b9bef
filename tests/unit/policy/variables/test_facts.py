"""policy/variables/facts.py: records, and defaults that are ModSecurity's."""

from __future__ import annotations

import dataclasses

import pytest

from policy.variables.facts import DEFAULTS, RequestFacts, ResponseFacts
from policy.variables.limits import JSON_DEPTH_DEFAULT, REQUEST_BODY_BYTES_DEFAULT, RESPONSE_BODY_BYTES_DEFAULT


def test_defaults_are_those_of_modsecurity() -> None:
    assert dataclasses.asdict(DEFAULTS) == {
        "strict": False,
        "argument_separator": b"&",
        "arguments_limit": None,
        "request_body_limit": REQUEST_BODY_BYTES_DEFAULT,
        "request_body_partial": True,
        "request_body_no_files_limit": None,
        "json_depth_limit": JSON_DEPTH_DEFAULT,
        "upload_file_limit": 0,
        "upload_extract": False,
        "xml_into_args": "off",
        "response_body_limit": RESPONSE_BODY_BYTES_DEFAULT,
        "response_body_partial": True,
    }


def test_facts_do_not_change() -> None:
    for record in (RequestFacts(method=b"GET", uri=b"/"), ResponseFacts(status=200)):
        with pytest.raises(dataclasses.FrozenInstanceError):
            record.body = b"x"  # type: ignore[misc]  # that is what is tried
