"""A text as it arrives: in a field of a form, of a JSON document or of a multipart body, one text to a request."""

from __future__ import annotations

import random

from bench.rules.requests import as_bytes, form, json_request, multipart, part

# None that is itself refused: brackets in a name are, at level 4, by both engines.
_NAMES = ("notes", "name", "name_kana", "address", "reason", "applicant", "備考", "item.0")
_SHARES = (("form", 6), ("json", 2), ("multipart", 2))  # of ten


def carry(text: str, rng: random.Random) -> bytes:
    """The raw request of a browser; its other fields are as plain as they can be."""
    name = rng.choice(_NAMES)
    (kind,) = rng.choices([kind for kind, _ in _SHARES], [share for _, share in _SHARES])
    if kind == "form":
        return form([("step", "confirm"), (name, text), ("agree", "1")]).raw()
    if kind == "json":
        return json_request({"step": "confirm", name: text, "agree": True}).raw()
    return multipart([part(b"step", b"confirm"), part(as_bytes(name), as_bytes(text)), part(b"agree", b"1")]).raw()
