"""Three networks and the hosts in them, as network namespaces of the test's own: Internet, DMZ, LGWAN.

    internet 203.0.113.99 ── eth-internet 203.0.113.10 [dmz] 198.51.100.10 eth-lgwan ── 198.51.100.20, .21 lgwan

Addresses are of the documentation ranges and exist in these namespaces only. The other end of each link is `link0`.
"""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

CLIENT = "203.0.113.99"
FRONT = "203.0.113.10"
EGRESS = "198.51.100.10"
GATE = "198.51.100.20"
NO_GATE = "198.51.100.21"  # another host of the LGWAN
TO_INTERNET, TO_LGWAN = "eth-internet", "eth-lgwan"

TIMEOUT_S = 30.0
_CLONE_NEWNET = 0x40000000


@dataclass(frozen=True)
class Networks:
    prefix: str

    def name(self, place: str) -> str:
        return f"{self.prefix}-{place}"

    def within(self, place: str, *command: str) -> list[str]:
        return ["ip", "netns", "exec", self.name(place), *command]

    def run(self, place: str, *command: str, text: str | None = None) -> str:
        done = subprocess.run(
            self.within(place, *command), input=text, text=True, capture_output=True, timeout=TIMEOUT_S, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def connect(self, place: str, address: tuple[str, int], timeout_s: float = TIMEOUT_S) -> socket.socket:
        """A connection of a host in `place`, for this process to use."""
        return self._made_in(place, lambda: socket.create_connection(address, timeout=timeout_s))

    def listen(self, place: str, address: tuple[str, int]) -> socket.socket:
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        return self._made_in(place, lambda: socket.create_server(address, family=family))

    def _made_in(self, place: str, make: Callable[[], socket.socket]) -> socket.socket:
        """A socket stays in the namespace in which it was made; only the thread that makes it goes there."""
        made: list[socket.socket | OSError] = []

        def there() -> None:
            try:
                with open(f"/run/netns/{self.name(place)}", "rb") as namespace:
                    assert ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), _CLONE_NEWNET) == 0
                made.append(make())
            except OSError as error:
                made.append(error)

        thread = threading.Thread(target=there)
        thread.start()
        thread.join(TIMEOUT_S)
        (found,) = made
        if isinstance(found, OSError):
            raise found
        return found


@contextmanager
def three_networks() -> Iterator[Networks]:
    networks = Networks(f"sk{os.getpid()}")
    with ExitStack() as stack:
        for place in ("internet", "dmz", "lgwan"):
            subprocess.run(["ip", "netns", "add", networks.name(place)], check=True)
            stack.callback(subprocess.run, ["ip", "netns", "del", networks.name(place)], check=True)
            networks.run(place, "ip", "link", "set", "lo", "up")
        _link(networks, TO_INTERNET, FRONT, "internet", CLIENT)
        _link(networks, TO_LGWAN, EGRESS, "lgwan", GATE, NO_GATE)
        yield networks


def _link(networks: Networks, device: str, here: str, place: str, *there: str) -> None:
    ends = ["type", "veth", "peer", "name", "link0", "netns", networks.name(place)]
    subprocess.run(["ip", "link", "add", device, "netns", networks.name("dmz"), *ends], check=True)
    networks.run("dmz", "ip", "address", "add", f"{here}/24", "dev", device)
    networks.run("dmz", "ip", "link", "set", device, "up")
    for address in there:
        networks.run(place, "ip", "address", "add", f"{address}/24", "dev", "link0")
    networks.run(place, "ip", "link", "set", "link0", "up")
