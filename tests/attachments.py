"""A procedure that takes files, and forms for it."""

from __future__ import annotations

from collections.abc import Sequence

PATH = "/with-files"
PROCEDURE = f"""\
format = 1

[route]
id = "with-files"
mode = "exchange"
method = "POST"
path = "{PATH}"
body = ["multipart"]
stages = ["route", "normalise", "schema", "files"]

[[field]]
name = "memo"
label_ja = "備考"
label_en = "Notes"
class = "free_text"
max_chars = 200

[[attachment]]
name = "scan"
label_ja = "診断書"
label_en = "Certificate"
kinds = ["pdf", "txt"]
max_bytes = 1000000
required = true

[[attachment]]
name = "certificate"
label_ja = "証明書"
label_en = "Proof"
kinds = ["pdf", "jpeg", "docx"]
max_bytes = 1000000
repeat = 2
active = "disarm"
"""
BOUNDARY = "sekisho-files-7d03a91c"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def form(
    data: bytes,
    filename: str = "a.txt",
    media_type: str = "text/plain",
    *,
    certificates: Sequence[tuple[str, str, bytes]] = (),
) -> bytes:
    """A memo and one file, and what is to be disarmed: names, media types, contents."""
    parts = [b'form-data; name="memo"\r\n\r\nhello']
    files = [("scan", filename, media_type, data), *(("certificate", *each) for each in certificates)]
    for name, called, declared, content in files:
        head = f'form-data; name="{name}"; filename="{called}"\r\nContent-Type: {declared}\r\n\r\n'
        parts.append(head.encode() + content)
    line = b"--" + BOUNDARY.encode()
    return b"".join(line + b"\r\nContent-Disposition: " + part + b"\r\n" for part in parts) + line + b"--\r\n"
