"""The request target, read as ModSecurity 3 reads it: what the path, the query and the last segment are.

Known oddities that are kept, because rules were tuned against them: an absolute-form target keeps its scheme and host in
REQUEST_FILENAME, and the query of REQUEST_URI is decoded with the path. A fragment is seen in REQUEST_URI_RAW only.
"""

from __future__ import annotations

from typing import NamedTuple

from policy.variables.decode import uri_decode


class Target(NamedTuple):
    """`query` is as sent, the rest is percent-decoded; `basename` is empty after a final slash."""

    uri: bytes
    filename: bytes
    basename: bytes
    query: bytes


def read_target(raw: bytes) -> Target:
    """Any bytes have a reading."""
    sent, _, _ = raw.partition(b"#")
    path, _, query = sent.partition(b"?")
    filename = uri_decode(path)
    uri = filename if path is sent else uri_decode(sent)
    basename = filename[max(filename.rfind(b"/"), filename.rfind(b"\\")) + 1 :] if _has_directory(filename) else b""
    return Target(_without_authority(uri), filename, basename, query)


def _has_directory(filename: bytes) -> bool:
    return b"/" in filename or b"\\" in filename


def _without_authority(uri: bytes) -> bytes:
    """`http://host/path` ▸ `/path`; anything else as it is."""
    if not uri or uri.startswith(b"/"):
        return uri
    after_scheme = uri.find(b":") + 1
    if uri.find(b"//", after_scheme) != after_scheme:
        return uri
    path = uri.find(b"/", after_scheme + 2)
    return uri if path < 0 else uri[path:]
