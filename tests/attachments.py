"""A procedure that takes files, and forms for it."""

from __future__ import annotations

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
"""
BOUNDARY = "sekisho-files-7d03a91c"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def form(data: bytes, filename: str = "a.txt", media_type: str = "text/plain") -> bytes:
    """A memo and one file."""
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="memo"\r\n\r\nhello\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="scan"; filename="{filename}"\r\n'
        f"Content-Type: {media_type}\r\n\r\n"
    ).encode() + b"%b\r\n--%b--\r\n" % (data, BOUNDARY.encode())
