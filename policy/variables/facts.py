"""What is known of one exchange before anything is read out of it. Records without behaviour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from policy.variables.limits import (
    JSON_DEPTH_DEFAULT,
    REQUEST_BODY_BYTES_DEFAULT,
    RESPONSE_BODY_BYTES_DEFAULT,
)

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """A request as it was sent. `line`: the request line as sent, if it is not method, target and protocol with spaces."""

    method: bytes
    uri: bytes
    protocol: bytes = b"HTTP/1.1"
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: bytes = b""
    line: bytes | None = None
    remote_addr: bytes = b"127.0.0.1"
    remote_port: int = 0
    server_addr: bytes = b"127.0.0.1"
    server_port: int = 80
    unique_id: bytes = b""
    time: datetime = EPOCH


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseFacts:
    """A response as the application gave it."""

    status: int
    protocol: bytes = b"HTTP/1.1"
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What directives say about reading; each default is ModSecurity's own (None: it has no bound unless one is set).

    `strict`: keep what ModSecurity 3 does where it contradicts its manual and an attack could hide: line ends that are lost
    in multipart values, URLENCODED_ERROR that does not see names. And where it would refuse ordinary text: REQUEST_BODY of a
    multipart body.
    """

    strict: bool = False
    argument_separator: bytes = b"&"
    arguments_limit: int | None = None
    request_body_limit: int = REQUEST_BODY_BYTES_DEFAULT
    request_body_partial: bool = True
    request_body_no_files_limit: int | None = None
    json_depth_limit: int = JSON_DEPTH_DEFAULT
    upload_file_limit: int = 0
    upload_extract: bool = False
    xml_into_args: str = "off"
    response_body_limit: int = RESPONSE_BODY_BYTES_DEFAULT
    response_body_partial: bool = True


DEFAULTS: Final = Options()
