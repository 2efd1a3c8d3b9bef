"""Databases on disk, so that a start takes milliseconds instead of many seconds.

A file's name is the digest of all that its content depends on (needles, reading, versions, processor); its first line holds the
digest of the rest. A file that is absent, cut short or altered is `None`: the caller compiles again. The digest finds accidents,
not forgery (Hyperscan trusts what it loads): the directory has to be writable for nobody but the account that runs the relay.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from policy.scan.compile import Build, Compiled
from policy.scan.database import Database, ScanFailed, platform
from policy.scan.needle import Needle

FORMAT = "sekisho scan 3"  # to be counted up when compile, tree, syntax or intervals write other expressions
SUFFIX = ".hsdb"


def key(needles: Mapping[int, Needle], *, characters: bool) -> str:
    """Hex digest of everything that the database depends on."""
    described = [
        [id_, needle.kind, needle.caseless, *(pattern.hex() for pattern in _patterns(needle, characters))]
        for id_, needle in sorted(needles.items())
    ]
    return hashlib.sha256(json.dumps([FORMAT, platform(), characters, described]).encode()).hexdigest()


def _patterns(needle: Needle, characters: bool) -> tuple[bytes, ...]:
    return needle.patterns(characters=False) + (needle.patterns(characters=True) if characters else ())


def store(directory: Path, name: str, build: Build) -> None:
    """Complete or not at all. Raises OSError."""
    compiled = [[one.id, one.how, one.expressions, one.reason] for one in build.compiled]
    head = json.dumps({"name": name, "compiled": compiled}).encode()
    body = head + b"\n" + (build.database.dump() if build.database is not None else b"")
    partial = directory / f".{name}.{secrets.token_hex(8)}"
    try:
        partial.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        partial.replace(directory / (name + SUFFIX))
    finally:
        partial.unlink(missing_ok=True)


def fetch(directory: Path, name: str) -> Build | None:
    """What `store` wrote under this name, or None."""
    try:
        digest, _, body = (directory / (name + SUFFIX)).read_bytes().partition(b"\n")
    except OSError:
        return None
    if hashlib.sha256(body).hexdigest().encode() != digest:
        return None
    head, _, data = body.partition(b"\n")
    values = json.loads(head)
    if values["name"] != name:
        return None
    try:
        database = Database.load(data) if data else None
    except ScanFailed:
        return None
    return Build(tuple(Compiled(*one) for one in values["compiled"]), database)
