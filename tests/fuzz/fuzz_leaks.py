"""Any answer: findings are kinds and counts, what was found in a page is found with honest text around it, and nothing else is raised.

The first byte chooses the type, the second the status; the rest is the body.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Hashable

from driver import run

from policy.leak_kinds import KINDS
from policy.leaks import LeakCheck

TYPES = (
    b"text/html; charset=utf-8", b"text/html", b"text/plain; charset=shift_jis", b"application/json", b"", b"application/octet-stream",
    b"text/xml", b"image/png", b"text/plain; charset=euc-jp",
)  # fmt: skip
DETAIL = re.compile(rf"(?:{'|'.join(KINDS)})\.[1-9][0-9]{{0,2}}")
CHECK = LeakCheck()


def found(kind: bytes, status: int, body: bytes) -> list[str]:
    return [finding.detail for finding in CHECK.find(status, ((b"content-type", kind),), body)]


def target(data: bytes) -> Hashable:
    if len(data) < 2:
        return None
    kind, status, body = TYPES[data[0] % len(TYPES)], (200, 206, 500)[data[1] % 3], data[2:]
    details = found(kind, status, body)
    if not all(DETAIL.fullmatch(detail) for detail in details):
        raise AssertionError("a finding says more than a kind and a count")
    if kind == TYPES[0] and not body.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")) and status != 206:
        before = {detail.partition(".")[0] for detail in details}
        after = {
            detail.partition(".")[0] for detail in found(kind, status, "お知らせ\n".encode() + body + "\nあ".encode())
        }
        if before - after - {"directory_listing"}:
            raise AssertionError("honest text around it hides what was found")
    return kind, status, tuple(sorted(detail.partition(".")[0] for detail in details))


TOKENS = [
    text.encode()
    for text in ("個人番号", "受付番号", "876543210989", "８７６５", "4321", "0989", " ", "　", "-", "&#56;", "<td>", "</td>", "<b>",
                 "<!--", "-->", "\\u0038", "4111111111111111", "\tat a.b(C.java:1)", "Traceback (most recent call last)",
                 "ORA-00942: ", "Index of /", "../", " on line 3", "\x1b$B", "\u200b")
]  # fmt: skip

if __name__ == "__main__":
    seeds = [
        bytes((kind, 0)) + b" ".join(TOKENS[first:]) for kind in range(len(TYPES)) for first in range(0, len(TOKENS), 4)
    ]
    sys.exit(run("leaks", target, seeds, TOKENS))
