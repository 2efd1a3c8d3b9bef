"""Which files of a request were made anew, as one field of it: what the application is told, and what the gate's receipt vouches for.

A list of RFC 8941 (Structured Field Values), in the order of the record: the name of the attachment (empty where it is no declared name
of a record), the SHA-256 of the file as it came, that of the one that crosses, and the tool that made it.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from relay.tree.record import DisarmedFile


def as_field(files: Sequence[DisarmedFile]) -> bytes:
    """The value; of the same record always the same, so that a receipt's digest can be made anew from the log. Nothing for no file."""
    return ", ".join(
        [
            f'"{file.attachment}";original={_binary(file.original)};result={_binary(file.result)};tool="{file.tool}"'
            for file in files
        ]
    ).encode("ascii")


def _binary(digest: str) -> str:
    """A byte sequence of section 3.3.5."""
    return f":{base64.b64encode(bytes.fromhex(digest)).decode('ascii')}:"
