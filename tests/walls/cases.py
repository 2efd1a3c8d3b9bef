"""What each role must be unable to do, and what stops each.

`walls` is the answer to an act inside the role's own walls; `users` says whether file modes and the packet filter alone, without
Landlock and seccomp, stop it as well. Without any wall every act succeeds: `ALLOWED`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass

from tests.walls.acts import (
    ANSWERING,
    APPLICATION_PORT,
    GATE_PORT,
    Facts,
    a_socket,
    ask_clamd,
    attach,
    become_root,
    create,
    execute,
    fork,
    listen,
    listen_unbound,
    lists,
    move,
    new_network,
    of_process,
    open_to_write,
    read,
    read_memory,
    signal,
    spawn,
    tcp,
    udp,
    unix,
)
from tests.walls.networks import CLIENT, EGRESS, GATE, NO_GATE

ALLOWED = "allowed"
KILLED = "SIGSYS"


@dataclass(frozen=True)
class Case:
    role: str
    name: str
    act: Callable[[Facts], object]
    walls: str
    users: bool = False  # stopped by users and packet filter alone as well


def _no_process(role: str) -> list[Case]:
    """No new process or program, for every role."""
    return [
        Case(role, "fork", fork, "EPERM"),
        Case(role, "execute a program", execute, "EPERM"),
        Case(role, "start a program", spawn, "EPERM"),
        Case(role, "become root", become_root, "EPERM", users=True),
        Case(role, "make a network namespace", new_network, KILLED, users=True),
    ]


def _no_other_process(role: str, *others: str) -> list[Case]:
    cases = []
    for other in others:
        cases += [
            Case(role, f"open the memory of {other}", of_process(other, "mem"), "EACCES", users=True),
            Case(role, f"open the map of {other}", of_process(other, "maps"), "EACCES", users=True),
            Case(role, f"open the environment of {other}", of_process(other, "environ"), "EACCES", users=True),
            Case(role, f"signal {other}", signal(other), "EPERM", users=True),
        ]
    cases.append(Case(role, f"debug {others[0]}", attach(others[0]), KILLED, users=True))
    cases.append(Case(role, f"copy memory of {others[0]}", read_memory(others[0]), KILLED, users=True))
    return cases


def _no_keys(role: str, *keys: str) -> list[Case]:
    return [Case(role, f"read the key {key}", read("{keys}/" + key), "EACCES", users=True) for key in keys]


def _no_log(role: str) -> list[Case]:
    return [
        Case(role, "list the log", lists("{log_dir}"), "EACCES", users=True),
        Case(role, "read the checkpoint", read("{log_dir}/checkpoint"), "EACCES", users=True),
        Case(role, "read the journal", read("{log_dir}/journal"), "EACCES", users=True),
        Case(role, "write the journal", open_to_write("{log_dir}/journal"), "EACCES", users=True),
        Case(role, "read the JSON copy", read("{jsonl}"), "EACCES", users=True),
    ]


def _no_files(role: str) -> list[Case]:
    """Files that anyone could make or move."""
    return [
        Case(role, "make a file in /tmp", create("/tmp"), "EACCES"),
        Case(role, "make a file in /dev/shm", create("/dev/shm"), "EACCES"),
        Case(role, "make a file in run_dir", create("{run_dir}"), "EACCES", users=True),
        Case(role, "move a file of others", move("{home}/open/file"), "EACCES" if role in ("ledger", "gate") else "EPERM"),
        Case(role, "list /", lists("/"), "EACCES"),
        Case(role, "read /etc/passwd", read("/etc/passwd"), "EACCES"),
    ]  # fmt: skip


def _no_ip(role: str) -> list[Case]:
    kinds = {"stream": socket.SOCK_STREAM, "datagram": socket.SOCK_DGRAM}
    families = {"IPv4": socket.AF_INET, "IPv6": socket.AF_INET6}
    cases = [
        Case(role, f"make an {family} {kind} socket", a_socket(families[family], kinds[kind]), "EPERM")
        for family in families
        for kind in kinds
    ]
    cases.append(Case(role, "make a raw IP socket", a_socket(socket.AF_INET, socket.SOCK_RAW, 1), "EPERM", users=True))
    cases.append(Case(role, "make a packet socket", a_socket(socket.AF_PACKET, socket.SOCK_RAW), "EPERM", users=True))
    cases.append(Case(role, "make a netlink socket", a_socket(socket.AF_NETLINK, socket.SOCK_RAW), "EPERM"))
    cases.append(Case(role, "listen on TCP", listen("127.0.0.1", 0), "EPERM"))
    return cases


def _no_peer(role: str) -> list[Case]:
    """No connection to anything that answers, on any side."""
    peers = {
        "the gate": (GATE, GATE_PORT),
        "another host of the LGWAN": (NO_GATE, ANSWERING),
        "a host on the Internet": (CLIENT, ANSWERING),
        "loopback": ("127.0.0.1", ANSWERING),
        "IPv6 loopback": ("::1", ANSWERING),
    }
    cases = [Case(role, f"connect to {name}", tcp(*peer), "EPERM", users=True) for name, peer in peers.items()]
    cases.append(Case(role, "ask a name server on the Internet", udp(CLIENT), "EPERM", users=True))
    cases.append(Case(role, "ask a name server of the LGWAN", udp(GATE), "EPERM", users=True))
    return cases


FRONT_CASES = [
    *_no_peer("front"),
    *_no_ip("front"),
    *_no_log("front"),
    *_no_keys("front", "egress", "permit", "log-signing", "front-signing", "city-a"),
    Case("front", "connect to the ledger as the egress", unix("ledger/egress.sock"), "EACCES", users=True),
    Case("front", "ask for the ledger's status", unix("status/ledger.sock", socket.SOCK_STREAM), "EACCES", users=True),
    *_no_other_process("front", "egress", "ledger"),
    *_no_process("front"),
    *_no_files("front"),
]

EGRESS_CASES = [
    Case("egress", "listen on the LGWAN side", listen(EGRESS, ANSWERING), "EACCES"),
    Case("egress", "listen on loopback", listen("127.0.0.1", ANSWERING + 1), "EACCES"),
    Case("egress", "listen on a port of the kernel's choice", listen(EGRESS, 0), "EPERM"),
    Case("egress", "listen without a port", listen_unbound, "EPERM"),
    Case("egress", "connect to another port of the gate", tcp(GATE, ANSWERING), "EACCES", users=True),
    Case("egress", "connect to the gate's port of another host", tcp(NO_GATE, GATE_PORT), "EHOSTUNREACH", users=True),
    Case("egress", "connect to the gate's port on the Internet", tcp(CLIENT, GATE_PORT), "EHOSTUNREACH", users=True),
    Case("egress", "connect to the gate's port on loopback", tcp("127.0.0.1", GATE_PORT), "EHOSTUNREACH", users=True),
    Case("egress", "connect to a host on the Internet", tcp(CLIENT, ANSWERING), "EACCES", users=True),
    Case("egress", "connect to loopback", tcp("127.0.0.1", ANSWERING), "EACCES", users=True),
    Case("egress", "ask a name server of the LGWAN", udp(GATE), "EPERM", users=True),
    Case("egress", "ask a name server on the Internet", udp(CLIENT), "EPERM", users=True),
    Case("egress", "make a raw IP socket", a_socket(socket.AF_INET, socket.SOCK_RAW, 1), "EPERM", users=True),
    Case("egress", "make a packet socket", a_socket(socket.AF_PACKET, socket.SOCK_RAW), "EPERM", users=True),
    Case("egress", "make an MPTCP socket", a_socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_MPTCP), "EPERM"),
    *_no_log("egress"),
    *_no_keys("egress", "city-a", "front-signing", "log-signing", "egress", "permit"),
    Case("egress", "connect to the ledger as the front", unix("ledger/front.sock"), "EACCES", users=True),
    *_no_other_process("egress", "front", "ledger"),
    *_no_process("egress"),
    *_no_files("egress"),
]

LEDGER_CASES = [
    *_no_ip("ledger"),
    *_no_peer("ledger"),
    *_no_keys("ledger", "city-a", "front-signing", "egress", "log-signing", "permit"),
    Case("ledger", "connect to the egress as the front", unix("egress/front.sock"), "EPERM", users=True),
    Case("ledger", "write the JSON copy anew", open_to_write("{jsonl}"), "EACCES", users=True),
    Case("ledger", "make a file beside the log", create("{home}/sekisho"), "EACCES", users=True),
    *_no_other_process("ledger", "front", "egress"),
    *_no_process("ledger"),
    *_no_files("ledger"),
]

EXPORTER_CASES = [
    *_no_ip("exporter"),
    *_no_peer("exporter"),
    *_no_log("exporter"),
    *_no_keys("exporter", "city-a", "front-signing", "egress", "log-signing", "permit"),
    Case("exporter", "connect to the ledger as the front", unix("ledger/front.sock"), "EACCES", users=True),
    Case("exporter", "connect to the ledger as the egress", unix("ledger/egress.sock"), "EACCES", users=True),
    Case("exporter", "connect to the egress as the front", unix("egress/front.sock"), "EACCES", users=True),
    *_no_other_process("exporter", "front", "egress", "ledger"),
    *_no_process("exporter"),
    *_no_files("exporter"),
]

SCANNER_CASES = [
    *_no_ip("scanner"),
    *_no_peer("scanner"),
    *_no_log("scanner"),
    *_no_keys("scanner", "city-a", "front-signing", "egress", "log-signing", "permit"),
    Case("scanner", "connect to the ledger as the front", unix("ledger/front.sock"), "EACCES", users=True),
    Case("scanner", "connect to the egress as the front", unix("egress/front.sock"), "EACCES", users=True),
    *_no_other_process("scanner", "front", "egress", "ledger"),
    *[case for case in _no_process("scanner") if case.name != "fork"],  # each file is looked at in a process of its own
    *_no_files("scanner"),
]

GATE_CASES = [
    Case("gate", "connect to another port of its own host", tcp("127.0.0.1", ANSWERING), "EACCES"),
    Case("gate", "connect to another host of the LGWAN", tcp(NO_GATE, ANSWERING), "EACCES"),
    Case("gate", "connect to itself", tcp(GATE, GATE_PORT), "EACCES"),
    Case("gate", "listen on another port", listen(GATE, ANSWERING + 1), "EACCES"),
    Case("gate", "listen without a port", listen_unbound, "EPERM"),
    Case("gate", "ask a name server of the LGWAN", udp(GATE), "EPERM"),
    Case("gate", "make a raw IP socket", a_socket(socket.AF_INET, socket.SOCK_RAW, 1), "EPERM", users=True),
    Case("gate", "make a packet socket", a_socket(socket.AF_PACKET, socket.SOCK_RAW), "EPERM", users=True),
    Case("gate", "read its own TLS key", read("{gate_keys}/gate"), "EACCES", users=True),
    Case("gate", "read its receipt key", read("{gate_keys}/receipt"), "EACCES", users=True),
    *_no_process("gate"),
    *_no_files("gate"),
]

# What each is for, and can do: so that a probe that always fails proves nothing unnoticed.
WORK = [
    Case("front", "connect to the ledger as the front", unix("ledger/front.sock"), ALLOWED),
    Case("front", "connect to the egress as the front", unix("egress/front.sock"), ALLOWED),
    Case("egress", "connect to the gate", tcp(GATE, GATE_PORT), ALLOWED),
    Case("egress", "connect to the gate from its own address", tcp(GATE, GATE_PORT, EGRESS), ALLOWED),
    Case("egress", "connect to the ledger as the egress", unix("ledger/egress.sock"), ALLOWED),
    Case("ledger", "list the log", lists("{log_dir}"), ALLOWED),
    Case("ledger", "write the journal", open_to_write("{log_dir}/journal"), ALLOWED),
    Case("ledger", "make a file in the log", create("{log_dir}"), ALLOWED),
    Case("exporter", "ask for the ledger's status", unix("status/ledger.sock", socket.SOCK_STREAM), ALLOWED),
    Case("exporter", "ask for the front's status", unix("status/front-0.sock", socket.SOCK_STREAM), ALLOWED),
    Case("scanner", "fork", fork, ALLOWED),
    Case("scanner", "connect to clamd", ask_clamd, ALLOWED),
    Case("gate", "connect to the application", tcp("127.0.0.1", APPLICATION_PORT), ALLOWED),
]

CASES = [*FRONT_CASES, *EGRESS_CASES, *LEDGER_CASES, *EXPORTER_CASES, *SCANNER_CASES, *GATE_CASES]
