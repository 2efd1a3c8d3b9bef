"""Grading without the daemon: status, ids in order, lines as ModSecurity writes them."""

from __future__ import annotations

import gzip
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from policy import offline
from policy.offline import Source
from policy.seclang.faults import SecLangInvalid
from policy.variables.facts import RequestFacts

RULES = Source(
    "rules",
    "SecRuleEngine On\nSecRequestBodyAccess On\nSecResponseBodyAccess On\n"
    'SecAction "id:1,phase:1,nolog,pass,initcol:ip=%{REMOTE_ADDR},setvar:ip.seen=+1"\n'
    "SecRule ARGS \"@rx <(\\w+)\" \"id:2,phase:2,pass,capture,msg:'A tag',logdata:'%{TX.1} in %{MATCHED_VAR_NAME}',tag:'t',severity:2\"\n"
    'SecRule ARGS "@streq stop" "id:3,phase:2,deny,status:406"\n'
    'SecRule RESPONSE_BODY "@contains secret" "id:4,phase:4,deny,status:502"\n'
    'SecRule IP:SEEN "@ge 3" "id:5,phase:5,pass"',
)
GET = b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n"


def test_a_request_that_passes() -> None:
    assert offline.grade(offline.load([RULES]), GET % b"") == (200, [], [])


def test_a_request_that_is_refused() -> None:
    status, ids, lines = offline.grade(offline.load([RULES]), GET % b"?a=%3Cb%3E&c=stop")
    assert (status, ids) == (406, [2, 3])
    assert '[id "2"] [msg "A tag"] [data "b in ARGS:a"] [severity "2"] [tag "t"]' in lines[0]
    assert lines[0].startswith("ModSecurity: Warning.") and lines[1].startswith(
        "ModSecurity: Access denied with code 406 (phase 2)."
    )


def test_a_response_is_looked_at_and_its_status_is_the_answer() -> None:
    rules = offline.load([RULES])
    answer = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n%b"
    assert offline.grade(rules, GET % b"", answer % b"nothing")[:2] == (404, [])
    assert offline.grade(rules, GET % b"", answer % b"secret")[:2] == (502, [4, 5][:1])


def test_a_compressed_answer_is_told_of() -> None:
    rules = offline.load([Source("x", "SecRuleEngine On\nSecResponseBodyAccess On\nSecResponseBodyMimeType text/html")])
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: %b\r\n\r\n%b"
    told = ["Sekisho: RESPONSE_BODY is as it was sent. [Content-Encoding gzip, nothing is unpacked]"]
    assert offline.grade(rules, GET % b"", answer % (b"gzip", gzip.compress(b"secret"))) == (200, [], told)
    for silent in (
        answer % (b"identity", b"x"),
        answer % (b"gzip", b""),
        (answer % (b"gzip", b"x")).replace(b"text/html", b"image/png"),
    ):
        assert offline.grade(rules, GET % b"", silent) == (200, [], [])


def test_the_time_is_that_of_the_call() -> None:
    rules = offline.load([Source("x", f'SecRuleEngine On\nSecRule TIME_EPOCH "@ge {int(time.time())}" "id:1,phase:1"')])
    assert offline.grade(rules, GET % b"")[1] == [1]


def test_what_the_message_does_not_tell_may_be_given() -> None:
    rule = 'SecRule %s "@streq %s" "id:%d,phase:1"\n'
    said = {"TIME": "23:59:58", "TIME_WDAY": "0", "REMOTE_ADDR": "192.0.2.1", "SERVER_PORT": "443", "UNIQUE_ID": "u"}
    rules = [rule % (name, value, number) for number, (name, value) in enumerate(said.items(), 1)]
    known = RequestFacts(
        method=b"", uri=b"", remote_addr=b"192.0.2.1", server_port=443, unique_id=b"u",
        time=datetime(2026, 11, 22, 23, 59, 58, tzinfo=UTC),
    )  # fmt: skip
    grader = offline.load([Source("x", "SecRuleEngine On\n" + "".join(rules))])
    assert offline.grade(grader, GET % b"", known=known)[1] == [1, 2, 3, 4, 5]
    assert offline.grade(grader, GET % b"")[1] == []


def test_what_outlives_an_exchange_expires_by_the_time_that_is_given() -> None:
    rules = offline.load([RULES])
    first = datetime(2026, 1, 1, tzinfo=UTC)
    moments = [first, first, first, first + timedelta(seconds=3_601)]  # an hour is SecCollectionTimeout's
    known = [RequestFacts(method=b"", uri=b"", time=moment) for moment in moments]
    assert [offline.grade(rules, GET % b"", known=one)[1] for one in known] == [[], [], [5], []]


def test_what_outlives_an_exchange_stays_with_the_rules() -> None:
    rules = offline.load([RULES])
    assert [offline.grade(rules, GET % b"")[1] for _ in range(3)] == [[], [], [5]]
    assert offline.grade(offline.load([RULES]), GET % b"")[1] == []


def test_files_are_read_in_the_order_given(tmp_path: Path) -> None:
    first, last = tmp_path / "z.conf", tmp_path / "a.conf"
    first.write_text('SecRuleEngine On\nSecAction "id:1,phase:1,nolog,pass,setvar:tx.level=1"')
    last.write_text('SecRule TX:level "@eq 2" "id:2,phase:1,deny"')
    between = Source("settings", 'SecAction "id:3,phase:1,nolog,pass,setvar:tx.level=2"')
    assert offline.grade(offline.load([str(first), last]), GET % b"")[0] == 200
    assert offline.grade(offline.load([first, between, last]), GET % b"")[0] == 403


def test_every_mistake_is_raised() -> None:
    with pytest.raises(SecLangInvalid) as caught:
        offline.load([Source("x", "SecNothing\nSecRule ARGS")])
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("data", [b"", b"\x00", b"GET", b"GET / HTTP/9.9\r\n: \r\n\r\n\xff", b"\r\n" * 100])
def test_any_bytes_are_graded(data: bytes) -> None:
    status, ids, lines = offline.grade(offline.load([RULES]), data, data)
    assert isinstance(status, int) and len(ids) == len(lines)


def test_a_failure_is_a_refusal_with_a_line() -> None:
    """Fault: the program lacks what every program has."""
    rules = offline.load([RULES])
    rules = replace(rules, program=replace(rules.program, phases={}))
    status, ids, lines = offline.grade(rules, GET % b"")
    assert (status, ids) == (403, [])
    assert lines == ["Sekisho: Access denied with code 403. [internal KeyError]"]


def test_values_in_lines_stay_on_their_line() -> None:
    rules = offline.load(
        [Source("x", 'SecRuleEngine On\nSecRule ARGS "@rx ." "id:1,phase:1,logdata:\'%{MATCHED_VAR}\'"')]
    )
    ((line,),) = [offline.grade(rules, GET % b"?a=%0Ab%FFc%E3%81%82")[2]]
    assert "\n" not in line and '[data "\\x0ab\\xffcあ"]' in line


def test_noauditlog_is_about_another_log() -> None:
    """CRS writes the sums of its scores so."""
    act = 'SecAction "id:%d,phase:5,pass,%snoauditlog,msg:x"\n'
    rules = "SecRuleEngine On\n" + act % (1, "") + act % (2, "nolog,")
    _, ids, lines = offline.grade(offline.load([Source("x", rules)]), GET % b"")
    assert ids == [1] and '[id "1"] [msg "x"]' in lines[0]
