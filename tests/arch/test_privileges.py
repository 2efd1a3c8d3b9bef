"""What a role's process loads is what it may do: each is imported in a fresh interpreter and looked at.

This guards against mistakes, and tells an auditor which code can run where. Against an attacker inside a process only the
walls count (docs/spec/sandbox.md).
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

import pytest

from tests.arch.sources import ROOT

ROLES = ("front", "egress", "ledger", "exporter", "gate", "scanner")

# What each must not load, by prefix of whole words.
FORBIDDEN: dict[str, tuple[str, ...]] = {
    "front": ("relay.envelope.unseal", "relay.envelope.receipt", "relay.net.dial", "relay.ipc.permit", "relay.spool", "sqlite3"),
    "egress": (
        "relay.http", "policy", "relay.envelope.seal", "relay.envelope.unseal", "relay.envelope.response", "relay.envelope.bhttp",
        "relay.envelope.bhttp_reader", "relay.envelope.bhttp_grammar", "relay.envelope.stream", "h11",
    ),
    "ledger": (
        "relay.tls", "relay.http", "relay.envelope", "policy", "certs", "relay.net.tls_stream", "relay.net.dial", "relay.net.parcel",
        "relay.settings.certificates", "relay.spool", "OpenSSL", "h11",
    ),
    "exporter": (
        "relay.tls", "relay.http", "relay.envelope", "relay.tree", "relay.ipc", "policy", "certs", "relay.net.tls_stream",
        "relay.net.dial", "relay.net.parcel", "relay.settings.certificates", "relay.settings.keys", "relay.spool", "OpenSSL",
        "cryptography",
    ),
    "gate": ("policy", "relay.http", "relay.envelope.seal", "relay.net.dial", "relay.ipc.permit", "relay.spool"),
    "scanner": (
        "relay.tls", "relay.http", "relay.envelope", "policy", "certs", "relay.net.tls_stream", "relay.net.dial",
        "relay.settings.certificates", "relay.settings.keys", "relay.ipc.permit", "relay.spool", "OpenSSL", "cryptography", "h11",
    ),
}  # fmt: skip
# For no role: what starts programs, makes keys, tells stories on terminals.
NEVER = ("relay.lab", "relay.cli", "relay.run_command", "relay.ops.supervisor", "relay.ops.topology", "relay.settings.pki",
         "relay.settings.key_files", "relay.settings.report", "certs.issue", "rich", "asyncio", "requests", "urllib3", "httpx")  # fmt: skip
NOT_YET = {"relay.spool": "deposits"}  # named now, so that it is forbidden from its first day

# Packages of ours, and libraries, that each loads. An addition is a decision: make it here.
LOADS: dict[str, tuple[str, str]] = {
    "front": ("base envelope front http ipc net ops settings tls tree", "OpenSSL certs cryptography h11 msgspec policy trio"),
    "egress": ("base egress envelope ipc net ops settings tls tree", "OpenSSL certs cryptography msgspec trio"),
    "ledger": ("base ipc ledger net ops settings tree", "cryptography msgspec trio"),
    "exporter": ("base exporter net ops settings", "h11 msgspec prometheus_client trio"),
    "gate": ("base envelope gate ipc net ops settings tls tree", "OpenSSL certs cryptography h11 msgspec prometheus_client sqlite3 trio"),
    "scanner": ("base ipc net ops scanner settings tree", "content msgspec pikepdf trio"),
}  # fmt: skip
LIBRARIES = {
    "OpenSSL",
    "certs",
    "content",
    "cryptography",
    "h11",
    "msgspec",
    "pikepdf",
    "policy",
    "prometheus_client",
    "rich",
    "sqlite3",
    "trio",
}

_LOOK = "import json, sys; import relay.{role}.__main__; print(json.dumps(sorted(sys.modules)))"


@cache
def loaded(role: str) -> frozenset[str]:
    command = [sys.executable, "-P", "-c", _LOOK.format(role=role)]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True)
    return frozenset(json.loads(done.stdout))


def within(modules: frozenset[str], prefix: str) -> list[str]:
    return sorted(name for name in modules if name == prefix or name.startswith(f"{prefix}."))


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_a_role_does_not_load_what_it_must_not_do(role: str) -> None:
    modules = loaded(role)
    assert f"relay.{role}.__main__" in modules
    opens_files = () if role == "scanner" else ("content", "pikepdf", "PIL")  # a stranger's
    for prefix in (*FORBIDDEN[role], *NEVER, *opens_files):
        assert within(modules, prefix) == [], f"{role} loads {prefix}"


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_roles_do_not_load_each_other(role: str) -> None:
    for other in set(ROLES) - {role}:
        assert within(loaded(role), f"relay.{other}") == []


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_loads_was_decided(role: str) -> None:
    modules = loaded(role)
    packages, libraries = LOADS[role]
    assert {name.split(".")[1] for name in modules if name.startswith("relay.")} == set(packages.split())
    assert {name.split(".")[0] for name in modules} & LIBRARIES == set(libraries.split())


def test_every_forbidden_name_means_something() -> None:
    """A name that was misspelt, or that moved away, would forbid nothing."""
    assert set(FORBIDDEN) == set(LOADS) == set(ROLES)
    named = {prefix for prefixes in FORBIDDEN.values() for prefix in prefixes} | set(NEVER)
    ours = {prefix for prefix in named if prefix.split(".")[0] in ("relay", "policy", "certs", "content")}
    missing = {prefix for prefix in ours if not _exists(prefix)}
    assert missing == set(NOT_YET)


def _exists(module: str) -> bool:
    path = ROOT / module.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file()
