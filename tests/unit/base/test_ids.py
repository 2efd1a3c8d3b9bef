"""Transfer ids are UUIDv7 (RFC 9562 section 5.7) in one text form."""

from __future__ import annotations

import uuid

import pytest

from relay.base.ids import new_transfer_id, parse_transfer_id, transfer_id_from_bytes, transfer_id_to_bytes

NOW_MS = 1_795_409_327_730


def test_a_new_id_is_a_version_7_uuid_of_its_time() -> None:
    made = [new_transfer_id(NOW_MS) for _ in range(1000)]
    assert len(set(made)) == 1000
    for transfer_id in made:
        as_uuid = uuid.UUID(transfer_id)
        assert str(as_uuid) == transfer_id
        assert as_uuid.version == 7
        assert as_uuid.variant == uuid.RFC_4122
        assert as_uuid.int >> 80 == NOW_MS


def test_ids_sort_by_time() -> None:
    assert new_transfer_id(NOW_MS) < new_transfer_id(NOW_MS + 1)


def test_bytes_and_text_round_trip() -> None:
    made = new_transfer_id(NOW_MS)
    assert transfer_id_from_bytes(transfer_id_to_bytes(made)) == made == parse_transfer_id(made)


REFUSED = {
    "upper case": "01A206BC-3668-7966-8455-BFE763ED2760",
    "version 4": "01a206bc-3668-4966-8455-bfe763ed2760",
    "variant": "01a206bc-3668-7966-c455-bfe763ed2760",
    "braces": "{01a206bc-3668-7966-8455-bfe763ed2760}",
    "no hyphens": "01a206bc366879668455bfe763ed2760",
    "a line end": "01a206bc-3668-7966-8455-bfe763ed2760\n",
    "full-width digits": "０1a206bc-3668-7966-8455-bfe763ed2760",
    "empty": "",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_no_other_form_is_an_id(text: str) -> None:
    with pytest.raises(ValueError, match="not a transfer id"):
        parse_transfer_id(text)


def test_every_refused_form_was_tried() -> None:
    assert len(REFUSED) == 8
