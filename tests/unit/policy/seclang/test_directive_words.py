"""Every directive once: what it sets or does, or why it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy.seclang.ast import EngineMode, LimitAction, ParseXml, RuleSet, Settings
from policy.seclang.directive_words import DIRECTIVES
from policy.seclang.faults import SecLangInvalid
from policy.seclang.load import Source, load
from policy.seclang.word import Status, Word

SETS: dict[str, tuple[str, str, object]] = {
    "SecArgumentSeparator": ('";"', "argument_separator", ";"),
    "SecArgumentsLimit": ("100", "arguments_limit", 100),
    "SecCollectionTimeout": ("600", "collection_timeout_s", 600),
    "SecCookieFormat": ("0", "cookie_format", 0),
    "SecCookieV0Separator": ('";"', "cookie_v0_separator", ";"),
    "SecParseXmlIntoArgs": ("OnlyArgs", "parse_xml_into_args", ParseXml.ONLY_ARGS),
    "SecRequestBodyAccess": ("On", "request_body_access", True),
    "SecRequestBodyJsonDepthLimit": ("20", "request_body_json_depth", 20),
    "SecRequestBodyLimit": ("  13107200", "request_body_limit", 13107200),
    "SecRequestBodyLimitAction": ("processpartial", "request_body_limit_action", LimitAction.PROCESS_PARTIAL),
    "SecRequestBodyNoFilesLimit": ("131072", "request_body_no_files_limit", 131072),
    "SecResponseBodyAccess": ("on", "response_body_access", True),
    "SecResponseBodyLimit": ("524288", "response_body_limit", 524288),
    "SecResponseBodyLimitAction": ("Reject", "response_body_limit_action", LimitAction.REJECT),
    "SecResponseBodyMimeType": ("text/html Text/Plain", "response_body_mime_types", frozenset({"text/html", "text/plain"})),
    "SecResponseBodyMimeTypesClear": ("", "response_body_mime_types", frozenset()),
    "SecRuleEngine": ('"DetectionOnly"', "rule_engine", EngineMode.DETECTION_ONLY),
    "SecTmpSaveUploadedFiles": ("On", "upload_extract", True),
    "SecUploadFileLimit": ("7", "upload_file_limit", 7),
    "SecWebAppId": ('"a"', "web_app_id", "a"),
    "SecXmlExternalEntity": ("Off", "xml_external_entity", False),
}  # fmt: skip

ELSEWHERE = {
    "Include": "test_load.py", "IncludeOptional": "test_load.py", "SecAction": "test_rule_reader.py",
    "SecDefaultAction": "test_drafts.py", "SecMarker": "test_rule_reader.py", "SecRule": "test_rule_reader.py",
    "SecRuleRemoveById": "test_updates.py", "SecRuleRemoveByMsg": "test_updates.py", "SecRuleRemoveByTag": "test_updates.py",
    "SecRuleUpdateActionById": "test_updates.py", "SecRuleUpdateTargetById": "test_updates.py",
    "SecRuleUpdateTargetByMsg": "test_updates.py", "SecRuleUpdateTargetByTag": "test_updates.py",
    "SecUnicodeMapFile": "test_settings.py",
}  # fmt: skip


def loaded(text: str) -> RuleSet:
    return load([Source("f", text)])


@pytest.mark.parametrize("name", SETS)
def test_it_sets_its_field_and_no_other(name: str) -> None:
    argument, field, value = SETS[name]
    settings = loaded(f"{name.upper()} {argument}").settings
    assert getattr(settings, field) == value
    defaults = Settings()
    others = [other for other in Settings.__dataclass_fields__ if other != field]
    assert [getattr(settings, other) for other in others] == [getattr(defaults, other) for other in others]


def of_status(status: Status) -> list[Word]:
    return [word for word in DIRECTIVES.values() if word.status is status]


@pytest.mark.parametrize("word", of_status(Status.WITHOUT_EFFECT), ids=lambda word: word.name)
def test_it_is_accepted_and_listed(word: Word) -> None:
    assert word.note
    text = f'{word.name.lower()} a "b c"\n'
    assert loaded(text * 2).settings == Settings(without_effect=(word.name,))


@pytest.mark.parametrize("word", of_status(Status.REFUSED), ids=lambda word: word.name)
def test_it_is_refused_with_its_reason(word: Word) -> None:
    with pytest.raises(SecLangInvalid) as raised:
        loaded(f"\n{word.name} a")
    (problem,) = raised.value.problems
    assert str(problem) == f"f:2: {word.name} is refused: {word.note}\n    mend: take the directive out"


def test_every_directive_is_tried() -> None:
    supported = {word.name for word in of_status(Status.SUPPORTED)}
    assert supported == set(SETS) | set(ELSEWHERE)
    assert not set(SETS) & set(ELSEWHERE)
    assert [len(of_status(status)) for status in Status] == [35, 38, 21]
    for name, file in ELSEWHERE.items():
        assert name in (Path(__file__).parent / file).read_text(encoding="utf-8"), name


@pytest.mark.parametrize(
    "name", [word.name for word in of_status(Status.SUPPORTED) if word.name != "SecResponseBodyMimeTypesClear"]
)
def test_without_an_argument_it_is_refused(name: str) -> None:
    with pytest.raises(SecLangInvalid, match=f"f:1: {name} has no argument"):
        loaded(name)


def test_an_unknown_directive_is_an_error_that_proposes_the_nearest() -> None:
    with pytest.raises(SecLangInvalid, match=r"f:1: there is no directive SecRuleEngin\n    mend: write SecRuleEngine"):
        loaded("SecRuleEngin On")
    with pytest.raises(SecLangInvalid, match=r"mend: docs/seclang\.md lists all"):
        loaded("Listen 80")
