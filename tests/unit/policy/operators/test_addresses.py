from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from policy.operators.addresses import NETWORKS, IpMatch, networks_of_lines
from policy.operators.match import OperatorInvalid
from policy.operators.table import build
from tests.unit.policy.operators.modsecurity import Asked, Refused

ARGUMENTS = (
    b"1.2.3.4", b"10.0.0.0/8,1.2.3.4", b"127.0.0.1,::1", b"2001:db8::/32", b"1.2.3.4,", b",1.2.3.4", b"10.1.2.3/8", b"::1/65", b"::1/08",
    b"10.0.0.0/8,10.1.0.0/16,10.1.2.3", b"::ffff:1.2.3.4", b"2001:DB8:0:0::1", b"127.0.0.1/32", b"1.2.3.4/1", b"8000::/1",
)  # fmt: skip
VALUES = (
    b"1.2.3.4", b"10.2.3.4", b"10.1.2.3", b"127.0.0.1", b"127.0.0.2", b"::1", b"::2", b"2001:db8::5", b"2001:db8::1", b" 1.2.3.4",
    b"1.2.3.4 ", b"x", b"", b"::ffff:1.2.3.4", b"01.2.3.4", b"10.1", b"10.2.3.4/8", b"10.2.3.4/32", b"0:0:0:0:0:0:0:1", b"1.2.3.4\x00x",
    b"fe80::1%lo", b"255.255.255.255", b"1.2.3.256", b"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "１.2.3.4".encode(),
)  # fmt: skip
REFUSED = (
    b"1.2.3",
    b"x",
    b"1.2.3.4/33",
    b"1.2.3.4/0",
    b"1.2.3.4/-1",
    b"1.2.3.4/",
    b"::1/129",
    b"::/0",
    b"1.2.3.4/255.0.0.0",
    b"01.2.3.4",
)


def test_addresses_match_as_in_modsecurity() -> None:
    asked = Asked([("ipMatch", argument) for argument in ARGUMENTS])
    cases = 0
    for value, (number, argument) in product(VALUES, enumerate(ARGUMENTS)):
        found = IpMatch([argument]).match(value, characters=False)
        assert (found is not None) == (number in asked.spans(value)), (argument, value)
        assert found is None or (found.start, found.end) == (0, len(value))
        cases += 1
    assert cases == 15 * 25


@pytest.mark.parametrize("argument", REFUSED)
def test_what_is_no_network_does_not_load(argument: bytes) -> None:
    with pytest.raises(Refused):
        Asked([("ipMatch", argument)])
    with pytest.raises(OperatorInvalid, match="no address or network"):
        IpMatch([argument])


def test_blanks_are_allowed_and_prefixes_are_digits() -> None:
    assert IpMatch([b" 1.2.3.4 , 10.0.0.0/8 "]).match(b"10.9.9.9", characters=False) is not None
    assert IpMatch([b"::1/128"]).match(b"::1", characters=False) is not None
    with pytest.raises(OperatorInvalid):
        IpMatch([b"1.2.3.4/8x"])


def test_a_file_has_a_list_on_every_line(tmp_path: Path) -> None:
    file = tmp_path / "list.data"
    file.write_bytes(b"1.2.3.4,5.6.7.8\n# remark\n\n10.0.0.0/8\n")
    asked = Asked([("ipMatchFromFile", str(file).encode())])
    operator = build("ipMatchF", b"list.data", tmp_path)
    for value in (b"1.2.3.4", b"5.6.7.8", b"10.1.1.1", b"11.1.1.1", b"remark"):
        assert (operator.match(value, characters=False) is not None) == bool(asked.spans(value))
    assert networks_of_lines(b"a\r\n  # b\n") == [b"a"]


@pytest.mark.parametrize("count", [NETWORKS, NETWORKS + 1])
def test_the_number_of_networks_is_bounded(count: int) -> None:
    lists = [b"192.0.2.1"] * count
    if count > NETWORKS:
        with pytest.raises(OperatorInvalid, match="more than"):
            IpMatch(lists)
    else:
        assert IpMatch(lists).match(b"192.0.2.1", characters=False) is not None
