"""What the kernel says of this host; loopback is on every one."""

from __future__ import annotations

from ipaddress import ip_address

from relay.settings.interfaces import interface_names, interface_of_addresses


def test_loopback_is_found_by_name_and_address() -> None:
    assert "lo" in interface_names()
    assert interface_of_addresses()[ip_address("127.0.0.1")] == "lo"
    assert set(interface_of_addresses().values()) <= interface_names()
