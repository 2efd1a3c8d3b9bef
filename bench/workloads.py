"""The three workloads of the comparison, and new connections as a fourth.

Every system gets the same bytes. The GET and the form are samples of Sekisho's installed catalogue, because only what a
procedure declares is admitted there; the peers take any path.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from policy.samples import samples as catalogue

MIB = 1024 * 1024
# Of the closed loops of small requests, for every system alike: enough that the measured core has always something to do. With 32
# it waited for the disks of ledger and gate at times, and after a millisecond of rest the same work takes a core twice as long (its
# caches are cold).
CONNECTIONS = 64
UPLOAD_CONNECTIONS = 4  # of uploads: each keeps its core busy for milliseconds, and what waits is memory

# A desktop browser opening a page of the site from another page of it. `Host` is set by each client.
BROWSER = (
    ("Cache-Control", "max-age=0"),
    ("sec-ch-ua", '"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"'),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", '"Windows"'),
    ("Upgrade-Insecure-Requests", "1"),
    (
        "User-Agent",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    ),
    (
        "Accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
    ),
    ("Sec-Fetch-Site", "same-origin"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-User", "?1"),
    ("Sec-Fetch-Dest", "document"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Accept-Language", "ja,en-US;q=0.9,en;q=0.8"),
    ("Cookie", "session=5f1c9a0be27d4c6f8a3e; lang=ja"),
)


@dataclass(frozen=True, slots=True)
class Workload:
    name: str
    label: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    rate: float  # requests/s at which latencies are compared: some 40 % of what the slowest system can do
    connections: int  # of the closed loop
    closes: bool = False  # a new connection for every request
    open_route: bool = False  # Sekisho has no procedure that takes it: needs a lab with --open-routes

    @property
    def body_limit(self) -> int:
        """What a limit on bodies must at least be."""
        return len(self.body) + MIB


def workloads() -> tuple[Workload, ...]:
    samples = {sample.name: sample for sample in catalogue()}
    get, form = samples["status-query"], samples["form-urlencoded"]
    form_headers = (*BROWSER, ("Content-Type", form.content_type or ""))
    pdf_type, pdf_body = _multipart()
    pdf_headers = (*BROWSER, ("Content-Type", pdf_type))
    return (
        Workload("get", "GET, a browser's headers", "GET", get.path, BROWSER, b"", 300, CONNECTIONS),
        Workload(
            "form",
            f"form POST, {len(form.fields)} Japanese fields",
            "POST",
            form.path,
            form_headers,
            form.body or b"",
            80,
            CONNECTIONS,
        ),
        Workload(
            "multipart",
            "multipart, 1 MiB PDF",
            "POST",
            "/upload",
            pdf_headers,
            pdf_body,
            4,
            UPLOAD_CONNECTIONS,
            open_route=True,
        ),
        Workload("handshake", "new connection + GET", "GET", get.path, BROWSER, b"", 0, CONNECTIONS, closes=True),
    )


def _multipart() -> tuple[str, bytes]:
    boundary = "----WebKitFormBoundaryq7YxTn2mWc4RbK9e"
    fields = (("氏名", "関所 花子"), ("添付書類の種類", "診断書の写し"))
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="添付ファイル"; filename="診断書.pdf"\r\n'
        "Content-Type: application/pdf\r\n\r\n".encode()
    )
    parts.append(pdf(MIB))
    parts.append(f"\r\n--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(parts)


def pdf(size: int) -> bytes:
    """A well-formed PDF of exactly `size` bytes: one page, one grey image of noise that no compression shrinks."""
    width = 512
    height = (size - 2048) // width
    noise = hashlib.shake_256(b"bench").digest(width * height)
    content = b"q 595 0 0 842 0 0 cm /Scan Do Q"
    image = b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 /Length %d >>"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /Scan 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        image % (width, height, len(noise)) + b"\nstream\n" + noise + b"\nendstream",
    )
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, text in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, text)
    tail = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    tail += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%010d\n%%%%EOF\n"
    padding = size - len(out) - len(tail % (len(objects) + 1, 0)) - 2
    out += b"%" + b" " * padding + b"\n"
    return bytes(out) + tail % (len(objects) + 1, len(out))
