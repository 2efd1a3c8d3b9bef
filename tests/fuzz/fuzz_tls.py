"""No bytes make a TLS end give a result or Refused, never anything else; and never plaintext that the peer did not send.

The first byte of an input chooses where the rest goes: 0 to a front, 1 to a gate, 2 to a relay during the handshake, 3 to a
gate after it, 4 to a gate in place of the relay's last flight.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from relay.base.errors import Refused, Unavailable
from relay.tls.engine import TlsEngine
from tests.fuzz import driver
from tests.links import HOST, Link, PythonPeer, carry, python_client, shake_hands

LINK = Link()
FRONT, GATE, RELAY = LINK.front_context(min_version="1.2"), LINK.gate_context(), LINK.relay_context()
PLACES = 5


def outcome(engine: TlsEngine, data: bytes) -> Hashable:
    """Feed it in two pieces and then its end, and take what comes."""
    half = len(data) // 2
    try:
        for piece in (data[:half], data[half:], b""):
            engine.feed(piece)
            if not engine.established:
                engine.handshake_step()
            elif engine.read() not in (None, b""):
                raise AssertionError("plaintext from bytes that the peer never sent")
    except (Refused, Unavailable) as error:
        family = Refused if engine.server_side else Unavailable
        if type(error) is not family:
            raise AssertionError(f"{type(error)} from this side") from error
        return error.reason, error.detail[:40], len(engine.outgoing())
    return engine.established, len(engine.outgoing())


def target(data: bytes) -> Hashable:
    place, rest = (data[0] % PLACES, data[1:]) if data else (0, b"")
    client, server = TlsEngine(RELAY), TlsEngine(GATE)
    if place == 0:
        server = TlsEngine(FRONT)
    elif place == 2:
        client.handshake_step()
        return place, outcome(client, rest)
    elif place == 3:
        shake_hands(client, server)
    elif place == 4:
        client.handshake_step()
        carry(client, server)
        server.handshake_step()
    return place, outcome(server, rest)


def corpus() -> list[bytes]:
    client, server = TlsEngine(RELAY), TlsEngine(GATE)
    client.handshake_step()
    hello = client.outgoing()
    server.feed(hello)
    server.handshake_step()
    flight = server.outgoing()
    client.feed(flight)
    client.handshake_step()
    old = PythonPeer(python_client(), server_name=HOST).hello()
    return [
        b"\x00" + old,
        b"\x00" + hello,
        b"\x01" + hello,
        b"\x02" + flight,
        b"\x03\x17\x03\x03\x00\x20" + bytes(32),
        b"\x04" + client.outgoing(),
        b"\x00GET / HTTP/1.1\r\n\r\n",
    ]


TOKENS = (
    b"\x16\x03\x01",
    b"\x17\x03\x03",
    b"\x15\x03\x03\x00\x02",
    b"\x14\x03\x03\x00\x01\x01",
    HOST.encode(),
    b"\x00\x10",
)

if __name__ == "__main__":
    raise SystemExit(driver.run("fuzz_tls", target, corpus(), TOKENS))
