"""What a body processor found, in one shape for all of them, and the choice of the processor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policy.variables.facts import Options
from policy.variables.item import Pair
from policy.variables.processors.urlencoded import read_form

if TYPE_CHECKING:
    from policy.variables.processors.multipart import Multipart
    from policy.variables.processors.xml import Document

PROCESSORS = ("URLENCODED", "MULTIPART", "JSON", "XML")
TOO_LARGE = b"Request body excluding files is bigger than the maximum expected."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`state`: b"" nobody looked for errors, b"0" none, b"1" the body could not be read (REQBODY_PROCESSOR_ERROR).

    `message` says what is wrong. `oversize`: it is over SecRequestBodyNoFilesLimit, so that REQBODY_ERROR is 1 without
    an error of the processor. `counted`: bytes for ARGS_COMBINED_SIZE. `exceeded`: the bound of ours that ended the reading.
    """

    arguments: Sequence[Pair] = ()
    posted: bool = True
    counted: int = 0
    state: bytes = b""
    message: bytes = b""
    oversize: bool = False
    invalid_escape: bool = False
    exceeded: str = ""
    multipart: Multipart | None = None
    document: Document | None = None


NOT_READ = Reading()
NO_PROCESSOR = Reading(state=b"0")


def read_body(processor: str, body: bytes, content_type: bytes | None, options: Options, room: int | None) -> Reading:
    """`room`: how many arguments SecArgumentsLimit leaves, None for no limit. Any bytes have a reading."""
    limit = options.request_body_no_files_limit
    if processor != "MULTIPART" and processor and limit is not None and len(body) > limit:
        return Reading(message=TOO_LARGE, oversize=True)
    if processor == "URLENCODED":
        return _urlencoded(body, options, room)
    if not processor:
        return NO_PROCESSOR
    raise LookupError(processor, content_type)


def _urlencoded(body: bytes, options: Options, room: int | None) -> Reading:
    form = read_form(body, options.argument_separator)
    pairs = form.pairs if room is None else form.pairs[:room]
    return Reading(
        arguments=pairs,
        counted=sum([len(key) + len(value) for key, value in pairs]),
        invalid_escape=form.invalid,
        state=b"1" if form.exceeded else b"",
        message=b"More arguments than ARGUMENTS_MAX" if form.exceeded else b"",
        exceeded="ARGUMENTS_MAX" if form.exceeded else "",
    )
