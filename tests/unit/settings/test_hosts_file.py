"""Which names a host knows by its own file."""

from __future__ import annotations

from pathlib import Path

from relay.settings.hosts_file import names_of_hosts

FILE = """\
# 192.0.2.9 commented.example
192.0.2.30  App.city.example app   # the application of 港区
\t2001:db8::30\tapp6.city.example\t
fe80::1%eth0 scoped.example
192.0.2.300 no.address.example
name.alone.example
192.0.2.31
"""


def test_names_and_aliases_of_lines_with_an_address(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_bytes(FILE.encode() + b"192.0.2.32 after.\xff.example last.example\n")
    assert names_of_hosts(path) == {
        "app.city.example",
        "app",
        "app6.city.example",
        "scoped.example",
        "after.�.example",
        "last.example",
    }


def test_no_file_no_names(tmp_path: Path) -> None:
    assert names_of_hosts(tmp_path / "none") == frozenset()
