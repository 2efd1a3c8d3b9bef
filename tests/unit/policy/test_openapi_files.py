"""What a portal is told of files: where they go, of which kinds and sizes, and every word by which one may be refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from content.kinds import KINDS as CONTENT_KINDS
from policy.attachments import KINDS, Attachment
from policy.faults import FileFault
from policy.load import load_policy
from policy.openapi import document
from policy.openapi_files import FILE_TYPES, about_files, fault_schema, file_encoding, file_properties
from policy.pipeline import Policy
from policy.verdict import Code, Denied, Finding
from relay.base.ids import TransferId
from relay.base.reasons import Reason
from relay.front.answers import own_answer
from relay.settings.openapi_command import refusals
from tests.log_samples import transfer
from tests.unit.policy.conftest import NOW_MS, TENANT

Object = dict[str, Any]
SCAN = Attachment("scan", "診断書", "Certificate", ("pdf", "jpeg"), max_bytes=5_000_000, required=True, repeat=2)
PHOTO = Attachment("photo", "写真", "Photo", ("png",), max_bytes=1_000, required=False, repeat=1)
FILES = """
[[attachment]]
name = "scan"
label_ja = "診断書"
label_en = "Certificate"
kinds = ["pdf", "jpeg"]
max_bytes = 5000000
required = true
repeat = 2

[[attachment]]
name = "photo"
label_ja = "写真"
label_en = "Photo"
kinds = ["png"]
max_bytes = 1000
"""


@pytest.fixture
def with_files(write: Callable[..., Path], procedure: str) -> Callable[..., Policy]:
    def load(files: str) -> Policy:
        staged = procedure.replace("[route]", '[route]\nstages = ["route", "normalise", "schema", "files"]')
        return load_policy([write(staged + files)], {TENANT: ()}, open_routes=False)

    return load


def described(policy: Policy) -> Object:
    made = document(policy.routes, [], TENANT, date(2026, 11, 23), refusals())
    assert list(OpenAPIV31SpecValidator(made).iter_errors()) == []
    return made


def test_files_are_parts_of_a_multipart_body(with_files: Callable[..., Policy]) -> None:
    made = described(with_files(FILES))
    post = made["paths"]["/procedures/sample"]["post"]
    assert set(post["requestBody"]["content"]) == {"multipart/form-data"}  # no other body could hold what is required
    media = post["requestBody"]["content"]["multipart/form-data"]
    assert media["encoding"] == {
        "scan": {"contentType": "application/pdf, image/jpeg"},
        "photo": {"contentType": "image/png"},
    }
    schema = made["components"]["schemas"][media["schema"]["$ref"].rpartition("/")[2]]
    scan, photo = schema["properties"]["scan"], schema["properties"]["photo"]
    assert (scan["type"], scan["minItems"], scan["maxItems"], scan["items"]["maxLength"]) == ("array", 1, 2, 5_000_000)
    assert (photo["type"], photo["maxLength"], photo["contentMediaType"]) == ("string", 1_000, "image/png")
    assert "scan" in schema["required"] and "photo" not in schema["required"]
    resolved = {"$ref": "#/components/schemas/sample.multipart", "components": made["components"]}
    Draft202012Validator(resolved).validate(media["example"])
    assert len(media["example"]["scan"]) == 1


def test_a_body_without_files_is_told_where_it_may_be_admitted(with_files: Callable[..., Policy]) -> None:
    made = described(with_files(FILES.replace("required = true\n", "")))
    content = made["paths"]["/procedures/sample"]["post"]["requestBody"]["content"]
    names = {kind: media["schema"]["$ref"].rpartition("/")[2] for kind, media in content.items()}
    assert names == {
        "application/x-www-form-urlencoded": "sample",
        "multipart/form-data": "sample.multipart",
        "application/json": "sample",
    }
    assert "scan" not in made["components"]["schemas"]["sample"]["properties"]


def test_without_files_nothing_is_said_of_them(policy: Policy) -> None:
    made = described(policy)
    assert "FileFault" not in made["components"]["schemas"]
    assert "添付 `" not in json.dumps(made, ensure_ascii=False)


def test_every_word_of_a_refusal_is_told() -> None:
    told = fault_schema()["oneOf"]
    assert isinstance(told, list)
    assert {one["const"] for one in told} == set(FileFault)
    assert all(one["title"] and one["description"] for one in told)


def test_a_refusal_of_files_fits_the_schema_of_problems(with_files: Callable[..., Policy]) -> None:
    policy = with_files(FILES)
    made = described(policy)
    found = (
        Finding("schema", Code.FIELD_MISSING, "applicant_name", "missing"),
        Finding("files", Code.FILE_INVALID, "scan", "office_macro", number=2),
        Finding("files", Code.FILE_INVALID, "photo", "infected"),
    )
    told = policy.told(Denied(found, "sample"), NOW_MS)
    answer = json.loads(own_answer(Reason.FIELD_MISSING, TransferId(transfer(1)), b"application/json", (), told).body)
    Draft202012Validator({"$ref": "#/components/schemas/Problem", "components": made["components"]}).validate(answer)
    assert [error["pointer"] for error in answer["errors"]] == ["#/applicant_name", "#/scan/1", "#/photo"]


def test_the_types_are_those_that_files_may_have() -> None:
    assert set(FILE_TYPES) == set(KINDS)
    for kind, media_type in FILE_TYPES.items():
        assert media_type in CONTENT_KINDS[kind].media_types


def test_what_is_said_of_each_file() -> None:
    lines = about_files((SCAN, PHOTO))
    assert lines[:2] == [
        "添付 `scan` 診断書: PDF, JPEG、一つ 5 MB（5,000,000 バイト）まで、2 個まで、必須。",
        "添付 `photo` 写真: PNG、一つ 1 KB（1,000 バイト）まで、1 個まで、任意。",
    ]
    assert "`#/scan/1`" in lines[2] and "503" in lines[2] and "FileFault" in lines[2]
    assert "#/" not in about_files((PHOTO,))[1]


def test_an_optional_file_may_be_left_out_of_its_array() -> None:
    (made,) = file_properties((replace(SCAN, required=False),)).values()
    assert isinstance(made, dict) and "minItems" not in made
    assert file_encoding(()) == {}
