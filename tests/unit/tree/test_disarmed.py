"""What is said of files that were made anew: the same from the same record, and within what a request may say."""

from __future__ import annotations

import base64
from hashlib import sha256

from policy.attachments import DISARMED_FILES_MAX
from relay.envelope.bhttp_grammar import TRAILER_BYTES, fields_fault
from relay.tree.disarmed import as_field
from relay.tree.record import REMOVED_MAX, TARGET_CHARS, TOOL_CHARS, DisarmedFile

ORIGINAL, RESULT = sha256(b"original"), sha256(b"result")
FILE = DisarmedFile("scan", ORIGINAL.hexdigest(), RESULT.hexdigest(), "disarm/1 pikepdf/9.4.0", ("metadata",))


def test_it_is_a_list_of_structured_fields() -> None:
    original, result = [base64.b64encode(digest.digest()).decode() for digest in (ORIGINAL, RESULT)]
    one = f'"scan";original=:{original}:;result=:{result}:;tool="disarm/1 pikepdf/9.4.0"'
    assert as_field((FILE,)) == one.encode()
    assert as_field((FILE, FILE)) == f"{one}, {one}".encode()
    assert as_field(()) == b""


def test_the_largest_is_one_that_a_request_may_have() -> None:
    largest = DisarmedFile("T" * TARGET_CHARS, "f" * 64, "0" * 64, "t" * TOOL_CHARS, ("w" * 16,) * REMOVED_MAX)
    value = as_field((largest,) * DISARMED_FILES_MAX)
    assert len(value) <= TRAILER_BYTES
    assert fields_fault([b"sekisho-disarmed"], [value], frozenset()) == ""
