"""Addresses: numbers only, one spelling each."""

from __future__ import annotations

import pytest

from relay.settings.addresses import parse_endpoint, parse_icap, parse_ip

GOOD = {
    "192.0.2.1:443": "192.0.2.1:443",
    "192.0.2.1:1": "192.0.2.1:1",
    "192.0.2.1:65535": "192.0.2.1:65535",
    "[2001:DB8:0::1]:443": "[2001:db8::1]:443",
    "[::]:8443": "[::]:8443",
}
BAD = (
    "",
    ":443",
    "192.0.2.1",
    "192.0.2.1:",
    "192.0.2.1:0",
    "192.0.2.1:00443",
    "192.0.2.1:65536",
    "192.0.2.1:-1",
    "192.0.2.1:443 ",
    " 192.0.2.1:443",
    "192.0.2.1:443\n",
    "192.0.2.1:４４３",
    "192.0.2.256:443",
    "192.0.2:443",
    "192.0.2.01:443",
    "2001:db8::1:443",
    "[2001:db8::1]",
    "[192.0.2.1]:443",
    "[fe80::1%1]:443",
    "localhost:443",
    "192.0.2.0/24:443",
)


@pytest.mark.parametrize(("text", "canonical"), GOOD.items())
def test_an_endpoint_has_one_spelling(text: str, canonical: str) -> None:
    assert str(parse_endpoint(text)) == canonical


@pytest.mark.parametrize("text", BAD)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_endpoint(text)


def test_an_address_has_no_scope() -> None:
    assert str(parse_ip("2001:db8::1")) == "2001:db8::1"
    with pytest.raises(ValueError, match="scope"):
        parse_ip("fe80::1%eth0")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("icap://192.0.2.1:1344/avscan", "icap://192.0.2.1:1344/avscan"),
        ("icap://[2001:DB8:0::1]:1/a/b?c=d", "icap://[2001:db8::1]:1/a/b?c=d"),
        ("icap://192.0.2.1:1344/" + "a" * 255, "icap://192.0.2.1:1344/" + "a" * 255),
    ],
)
def test_an_icap_service_has_one_spelling(text: str, canonical: str) -> None:
    assert str(parse_icap(text)) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "", "icap://192.0.2.1:1344", "icap://192.0.2.1:1344/", "icap://192.0.2.1/avscan", "icap://localhost:1344/avscan",
        "icaps://192.0.2.1:1344/avscan", "http://192.0.2.1:1344/avscan", "icap://user@192.0.2.1:1344/avscan",
        "icap://192.0.2.1:1344/av scan", "icap://192.0.2.1:1344/avscan\n", "icap://192.0.2.1:1344/a\r\nHost:b",
        "icap://192.0.2.1:1344/検査", "icap://192.0.2.1:65536/avscan", "icap://192.0.2.1:1344/" + "a" * 256,
    ],
)  # fmt: skip
def test_what_is_no_icap_service_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_icap(text)
