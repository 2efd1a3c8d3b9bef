"""What a body processor found, in one shape for all of them, and the choice of the processor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from policy.variables.facts import Options
from policy.variables.item import Pair
from policy.variables.processors.json import read_json
from policy.variables.processors.multipart import Extraction, read_multipart
from policy.variables.processors.parts import Multipart
from policy.variables.processors.urlencoded import read_form
from policy.variables.processors.xml import Document, read_xml

PROCESSORS: Final = ("URLENCODED", "MULTIPART", "JSON", "XML")
TOO_LARGE: Final = b"Request body excluding files is bigger than the maximum expected."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`state`: b"" nobody looked for errors, b"0" none, b"1" the body could not be read (REQBODY_PROCESSOR_ERROR).

    `message` says what is wrong. `oversize`: it is over SecRequestBodyNoFilesLimit, so that REQBODY_ERROR is 1 without
    an error of the processor. `counted`: bytes for
    ARGS_COMBINED_SIZE, None if no argument was counted. `exceeded`: the bound of ours that ended the reading.
    """

    arguments: Sequence[Pair] = ()
    posted: bool = True
    counted: int | None = None
    state: bytes = b""
    message: bytes = b""
    oversize: bool = False
    invalid_escape: bool = False
    exceeded: str = ""
    multipart: Multipart | None = None
    document: Document | None = None


NOT_READ: Final = Reading()
NO_PROCESSOR: Final = Reading(state=b"0")


def read_body(processor: str, body: bytes, content_type: bytes | None, options: Options, room: int | None) -> Reading:
    """`room`: how many arguments SecArgumentsLimit leaves, None for no limit. Any bytes have a reading."""
    if processor == "MULTIPART":
        return _multipart(body, content_type, options)
    limit = options.request_body_no_files_limit
    if processor and limit is not None and len(body) > limit:
        return Reading(message=TOO_LARGE, oversize=True)
    if processor == "URLENCODED":
        return _urlencoded(body, options, room)
    if processor == "JSON":
        return _json(body, options, room)
    if processor == "XML":
        return _xml(body, options, room)
    if not processor:
        return NO_PROCESSOR
    raise LookupError(processor)


def _urlencoded(body: bytes, options: Options, room: int | None) -> Reading:
    form = read_form(body, options.argument_separator)
    pairs = form.pairs if room is None else form.pairs[:room]
    return Reading(
        arguments=pairs,
        counted=sum([len(key) + len(value) for key, value in pairs]) if pairs else None,
        invalid_escape=form.invalid_value if options.strict else form.invalid,
        state=b"1" if form.exceeded else b"",
        message=b"More arguments than ARGUMENTS_MAX" if form.exceeded else b"",
        exceeded="ARGUMENTS_MAX" if form.exceeded else "",
    )


def _multipart(body: bytes, content_type: bytes | None, options: Options) -> Reading:
    extraction = Extraction(options.upload_extract, options.upload_file_limit, options.strict)
    found = read_multipart(body, content_type, extraction)
    limit = options.request_body_no_files_limit
    oversize = not found.error and limit is not None and found.bytes_without_files > limit
    return Reading(
        arguments=[(part.name, part.content) for part in found.parts if not part.is_file],
        state=b"1" if found.error else b"" if oversize else b"0",
        message=TOO_LARGE if oversize else b"Multipart parsing error: " + found.error if found.error else b"",
        oversize=oversize,
        exceeded=found.exceeded,
        multipart=found,
    )


def _json(body: bytes, options: Options, room: int | None) -> Reading:
    found = read_json(body, options.json_depth_limit, room, strict=options.strict)
    return _extracted(found.pairs, b"JSON parsing error: ", found.error, found.exceeded, None)


def _xml(body: bytes, options: Options, room: int | None) -> Reading:
    found = read_xml(body, options.xml_into_args, room, strict=options.strict)
    return _extracted(found.pairs, b"XML parsing error: ", found.error, found.exceeded, found.document)


def _extracted(pairs: list[Pair], kind: bytes, error: bytes, exceeded: str, document: Document | None) -> Reading:
    """Arguments that are in ARGS, and not in ARGS_POST."""
    return Reading(
        arguments=pairs,
        posted=False,
        counted=sum([len(key) + len(value) for key, value in pairs]) if pairs else None,
        state=b"1" if error else b"0",
        message=kind + error if error else b"",
        exceeded=exceeded,
        document=document,
    )
