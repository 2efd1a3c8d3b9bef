"""Every bound of the daemon: name, value, unit and where the number comes from.

The configuration may set each one in its `[limits]` table; what is not set has the value here. Each is tested at n and
n+1. `docs/limits.md` is generated (`python -m relay.base.limits`), and a test compares the two.
Formats with a fixed size (chunk, header, frame) keep their constants beside the format, as they are not for setting.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

KIB = 1024
MIB = 1024 * KIB


def _limit(default: int, unit: str, minimum: int, maximum: int, source: str) -> int:
    made: int = field(
        default=default, metadata={"unit": unit, "minimum": minimum, "maximum": maximum, "source": source}
    )
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """One set of bounds. Integers only; times are whole milliseconds or seconds, as the name says."""

    # connections
    connections: int = _limit(
        8192,
        "connections per front worker",
        1,
        1_000_000,
        "a TLS connection costs about 40 KB: 8,192 stay under 350 MB",
    )
    connections_per_source: int = _limit(
        256,
        "connections per source address and worker",
        1,
        1_000_000,
        "mobile carriers put many citizens behind one address",
    )
    listen_backlog: int = _limit(1024, "connections", 1, 65_535, "Linux net.core.somaxconn is 4096")
    requests_per_connection: int = _limit(1000, "requests", 1, 1_000_000, "nginx keepalive_requests")
    transfers_in_flight: int = _limit(
        512, "transfers per front worker", 1, 100_000, "each holds one envelope; more are told to come again (503)"
    )
    # deadlines of the Internet side
    handshake_timeout_ms: int = _limit(
        10_000, "ms", 10, 600_000, "a handshake needs two round trips; Slowloris over TLS"
    )
    headers_timeout_ms: int = _limit(10_000, "ms", 10, 600_000, "Apache mod_reqtimeout header=20-40, halved")
    idle_timeout_ms: int = _limit(15_000, "ms", 10, 3_600_000, "between two requests; nginx keepalive_timeout is 75 s")
    body_grace_ms: int = _limit(5_000, "ms", 10, 600_000, "time a body may take before the minimum rate counts")
    body_timeout_ms: int = _limit(
        3_600_000,
        "ms for a whole body, from its head to its seal",
        10,
        86_400_000,
        "route_body_bytes at 150 kbit/s; envelope.md 5.6",
    )
    body_min_rate: int = _limit(1_000, "bytes/s", 1, 1_000_000_000, "Apache mod_reqtimeout MinRate is 500")
    write_timeout_ms: int = _limit(30_000, "ms", 10, 3_600_000, "without progress of an answer; Slow Read attack")
    linger_timeout_ms: int = _limit(
        30_000,
        "ms an unread body is dropped after an early answer",
        0,
        600_000,
        "nginx lingering_time; else the answer is lost",
    )
    linger_bytes: int = _limit(
        256 * MIB, "bytes of an unread body dropped then", 0, 1 << 40, "four times route_body_bytes"
    )
    drain_timeout_ms: int = _limit(25_000, "ms", 10, 3_600_000, "below systemd's TimeoutStopSec of 30 s in our units")
    # one request
    target_bytes: int = _limit(8_000, "bytes", 16, 65_536, "RFC 9112 section 3: at least 8,000 octets")
    header_count: int = _limit(100, "fields", 1, 10_000, "Apache LimitRequestFields is 100")
    header_bytes: int = _limit(
        32 * KIB, "bytes, request line included", 256, MIB, "nginx large_client_header_buffers 4 x 8 KiB"
    )
    chunk_extension_bytes: int = _limit(
        256, "bytes per chunk", 0, 16 * KIB, "no client needs one; RFC 9112 7.1.1 asks for a bound"
    )
    chunk_overhead_bytes: int = _limit(
        16 * KIB,
        "bytes of chunk framing beyond a sixteenth of the data",
        64,
        MIB,
        "one-byte chunks are an attack (CVE-2023-39326)",
    )
    trailer_count: int = _limit(16, "fields", 0, 1_000, "trailers are read, bounded and dropped")
    trailer_bytes: int = _limit(4 * KIB, "bytes", 0, 64 * KIB, "as above")
    body_bytes: int = _limit(
        1 * MIB, "bytes, unless the route says otherwise", 0, 1 << 40, "a form without attachments"
    )
    route_body_bytes: int = _limit(
        64 * MIB,
        "bytes that a route may ask for; bounds the envelopes of egress and gate",
        0,
        1 << 40,
        "three scanned documents",
    )
    # body parsers
    fields: int = _limit(1_000, "fields per form or query", 1, 100_000, "PHP max_input_vars is 1000")
    parts: int = _limit(1_000, "multipart parts", 1, 100_000, "as fields; CVE-2023-24816 and its like")
    part_header_bytes: int = _limit(4 * KIB, "bytes per part", 64, 64 * KIB, "a name and a file name, percent-encoded")
    name_bytes: int = _limit(256, "bytes of a field or file name, UTF-8", 1, 4 * KIB, "Linux NAME_MAX is 255")
    field_bytes: int = _limit(64 * KIB, "bytes of one value, UTF-8", 1, 64 * MIB, "a long free text: 20,000 characters")
    json_depth: int = _limit(32, "levels", 1, 512, "forms are two or three levels deep")
    json_bytes: int = _limit(1 * MIB, "bytes", 2, 64 * MIB, "a JSON text is held whole")
    # files that are attached
    scans_in_flight: int = _limit(
        64, "files at a scanner, from their first byte", 1, 10_000, "a front's uploads; clamd's own MaxQueue is 100"
    )
    scan_timeout_ms: int = _limit(
        60_000, "ms from a file's last byte to its verdict", 10, 600_000, "clamd's MaxScanTime is 120 s, halved"
    )
    scan_cpu_s: int = _limit(
        30, "s of CPU for one file's structure", 1, 600, "the slowest 10 MB file measured takes 3 s"
    )
    scan_memory_bytes: int = _limit(
        1024 * MIB,
        "bytes for one file's structure",
        64 * MIB,
        1 << 40,
        "a file, what it unpacks to, and qpdf's view of it",
    )
    # the LGWAN side
    ipc_timeout_ms: int = _limit(
        5_000, "ms for an answer of the ledger", 10, 600_000, "fdatasync takes milliseconds; then 503"
    )
    permit_lifetime_ms: int = _limit(
        30_000, "ms", 10, 600_000, "from the ledger's answer to the first byte on the LGWAN side"
    )
    connect_timeout_ms: int = _limit(3_000, "ms, TCP and TLS to a gate", 10, 600_000, "a line inside one country")
    exchange_timeout_ms: int = _limit(
        60_000, "ms for the gate's whole answer", 10, 3_600_000, "nginx proxy_read_timeout is 60 s"
    )
    application_timeout_ms: int = _limit(
        50_000, "ms for the application's whole answer", 10, 3_600_000, "below exchange_timeout_ms"
    )
    gate_connections: int = _limit(32, "open connections per gate", 1, 10_000, "each carries one exchange at a time")
    gate_idle_ms: int = _limit(
        60_000, "ms an unused connection to a gate is kept", 10, 3_600_000, "below the firewalls' usual 5 minutes"
    )
    gate_connection_age_ms: int = _limit(
        300_000,
        "ms after which a connection to a gate is opened anew",
        10,
        86_400_000,
        "both certificates are judged again within minutes",
    )
    gate_probe_interval_ms: int = _limit(2_000, "ms", 10, 600_000, "a failed gate is noticed within seconds")
    envelope_lifetime_ms: int = _limit(
        120_000, "ms, exchange mode", 1_000, 600_000, "exchange_timeout_ms and as much for clock skew"
    )
    clock_skew_ms: int = _limit(
        30_000, "ms", 0, 600_000, "NTP keeps hosts within 1 s; a lost NTP must not stop the line at once"
    )
    response_bytes: int = _limit(16 * MIB, "bytes", 1 * KIB, 1 << 40, "a certificate as PDF")
    response_header_bytes: int = _limit(32 * KIB, "bytes", 256, MIB, "as header_bytes")
    # the log
    checkpoint_interval_ms: int = _limit(
        1_000, "ms between signed checkpoints", 10, 600_000, "C2SP tlog-tiles suggests about a second"
    )
    record_bytes: int = _limit(
        60 * KIB,
        "bytes of one record",
        60 * KIB,
        65_535,
        "tlog-tiles: the length of an entry has 16 bits; no record that relay.tree.record allows passes the least",
    )
    ledger_batch: int = _limit(256, "records made durable by one fdatasync", 1, 4_096, "one full tile")

    @property
    def disarmed_bytes(self) -> int:
        """The most that files of one request may have once they are made anew: with the rest of the form, which is written anew
        as long as it was, they stay within an envelope."""
        return 2 * max(self.body_bytes, self.route_body_bytes)

    @property
    def envelope_bytes(self) -> int:
        """The largest envelope that egress and gate take. A form written anew may be three times as long
        (every character percent-encoded), and sealing adds less than a thousandth."""
        body = max(self.body_bytes, self.route_body_bytes)
        return 3 * body + body // 1000 + 128 * KIB


DEFAULTS = Limits()


def as_markdown() -> str:
    """The table as `docs/limits.md` shows it."""
    lines = [
        "# Limits",
        "",
        "Generated from `relay/base/limits.py` by `python -m relay.base.limits`; a test compares them.",
        "Each can be set in the `[limits]` table of the configuration.",
        "",
        "| name | default | unit | least | most | source |",
        "|---|---|---|---|---|---|",
    ]
    for entry in fields(Limits):
        about = entry.metadata
        lines.append(
            f"| `{entry.name}` | {entry.default} | {about['unit']} | {about['minimum']} | {about['maximum']} | {about['source']} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(as_markdown(), end="")
