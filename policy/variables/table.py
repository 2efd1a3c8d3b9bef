"""Each variable that is read out of a message, and how: name ▸ a function from the transaction to its items.

Names in MATCHED_VAR_NAME are ModSecurity 3's, with its oddities: STATUS and STATUS_LINE are called RESPONSE_STATUS,
REMOTE_USER has the name of the header that it came in, ARGS_COMBINED_SIZE is written with six decimals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from policy.variables import headers
from policy.variables.item import NOTHING, Item, Items, Pair, key_names, keyed, single

if TYPE_CHECKING:
    from policy.variables.processors.parts import Multipart, Part
    from policy.variables.transaction import Transaction

Reader = Callable[["Transaction"], Items]
Pairs = Callable[["Transaction"], Sequence[Pair]]

MODSEC_BUILD: Final = b"030015100"  # 3.0.15, whose reading this is
XML_TREE: Final = b"[XML document tree]"  # what XML without an expression holds


def _fact(name: str, value: Callable[[Transaction], bytes]) -> Reader:
    label = name.encode()
    return lambda transaction: single(label, value(transaction))


def _collection(name: str, pairs: Pairs) -> Reader:
    prefix = name.encode() + b":"
    return lambda transaction: keyed(prefix, pairs(transaction))


def _names(name: str, pairs: Pairs) -> Reader:
    prefix = name.encode() + b":"
    return lambda transaction: key_names(prefix, pairs(transaction))


def _nothing(_: Transaction) -> Items:
    return NOTHING


# arguments


def _all(transaction: Transaction) -> Sequence[Pair]:
    posted = transaction.body_pairs()
    return [*transaction.query_pairs(), *posted] if posted else transaction.query_pairs()


def _combined_size(transaction: Transaction) -> bytes:
    pairs = transaction.query_pairs()
    posted = transaction.reading.counted
    if not pairs and posted is None:
        return b""
    return b"%d.000000" % (sum([len(key) + len(value) for key, value in pairs]) + (posted or 0))


def _url_error(transaction: Transaction) -> bytes:
    form = transaction.form
    invalid = form.invalid_value if transaction.options.strict else form.invalid
    return b"1" if invalid or transaction.reading.invalid_escape else b"0"


_ARGUMENTS: Final[dict[str, Reader]] = {
    "ARGS": _collection("ARGS", _all),
    "ARGS_NAMES": _names("ARGS_NAMES", _all),
    "ARGS_GET": _collection("ARGS_GET", lambda t: t.query_pairs()),
    "ARGS_GET_NAMES": _names("ARGS_GET_NAMES", lambda t: t.query_pairs()),
    "ARGS_POST": _collection("ARGS_POST", lambda t: t.posted_pairs()),
    "ARGS_POST_NAMES": _names("ARGS_POST_NAMES", lambda t: t.posted_pairs()),
    "ARGS_COMBINED_SIZE": _fact("ARGS_COMBINED_SIZE", _combined_size),
    "URLENCODED_ERROR": _fact("URLENCODED_ERROR", _url_error),
}

# the head of the request


def _request_line(transaction: Transaction) -> bytes:
    facts = transaction.facts
    return b"%b %b %b" % (facts.method, facts.uri, facts.protocol) if facts.line is None else facts.line


def _remote_user(transaction: Transaction) -> Items:
    sent = transaction.select("REQUEST_HEADERS", b"authorization")
    user = headers.basic_user(sent[-1].value) if sent else None
    return NOTHING if user is None else (Item(sent[-1].name, sent[-1].key, user),)


_HEAD: Final[dict[str, Reader]] = {
    "REQUEST_LINE": _fact("REQUEST_LINE", _request_line),
    "REQUEST_METHOD": _fact("REQUEST_METHOD", lambda t: t.facts.method),
    "REQUEST_PROTOCOL": _fact("REQUEST_PROTOCOL", lambda t: t.facts.protocol),
    "REQUEST_URI": _fact("REQUEST_URI", lambda t: t.target.uri),
    "REQUEST_URI_RAW": _fact("REQUEST_URI_RAW", lambda t: t.facts.uri),
    "REQUEST_FILENAME": _fact("REQUEST_FILENAME", lambda t: t.target.filename),
    "REQUEST_BASENAME": _fact("REQUEST_BASENAME", lambda t: t.target.basename),
    "PATH_INFO": _fact("PATH_INFO", lambda t: t.target.filename),
    "QUERY_STRING": _fact("QUERY_STRING", lambda t: t.target.query),
    "REQUEST_HEADERS": _collection("REQUEST_HEADERS", lambda t: t.facts.headers),
    "REQUEST_HEADERS_NAMES": _names("REQUEST_HEADERS_NAMES", lambda t: t.facts.headers),
    "REQUEST_COOKIES": _collection("REQUEST_COOKIES", lambda t: t.cookie_pairs()),
    "REQUEST_COOKIES_NAMES": _names("REQUEST_COOKIES_NAMES", lambda t: t.cookie_pairs()),
    "AUTH_TYPE": _fact("AUTH_TYPE", lambda t: headers.first_word(t.last_header(b"authorization"), b" ")),
    "SERVER_NAME": _fact("SERVER_NAME", lambda t: headers.first_word(t.last_header(b"host"), b":")),
    "REMOTE_USER": _remote_user,
    "REQBODY_PROCESSOR": _fact("REQBODY_PROCESSOR", lambda t: t.processor.encode()),
}

# the connection and the clock


def _number(value: int) -> bytes:
    return b"%d" % value


_AROUND: Final[dict[str, Reader]] = {
    "REMOTE_ADDR": _fact("REMOTE_ADDR", lambda t: t.facts.remote_addr),
    "REMOTE_HOST": _fact("REMOTE_HOST", lambda t: t.facts.remote_addr),
    "REMOTE_PORT": _fact("REMOTE_PORT", lambda t: _number(t.facts.remote_port)),
    "SERVER_ADDR": _fact("SERVER_ADDR", lambda t: t.facts.server_addr),
    "SERVER_PORT": _fact("SERVER_PORT", lambda t: _number(t.facts.server_port)),
    "UNIQUE_ID": _fact("UNIQUE_ID", lambda t: t.facts.unique_id),
    "TIME": _fact("TIME", lambda t: t.facts.time.strftime("%H:%M:%S").encode()),
    "TIME_DAY": _fact("TIME_DAY", lambda t: _number(t.facts.time.day)),
    "TIME_EPOCH": _fact("TIME_EPOCH", lambda t: _number(int(t.facts.time.timestamp()))),
    "TIME_HOUR": _fact("TIME_HOUR", lambda t: b"%02d" % t.facts.time.hour),
    "TIME_MIN": _fact("TIME_MIN", lambda t: b"%02d" % t.facts.time.minute),
    "TIME_MON": _fact("TIME_MON", lambda t: b"%02d" % t.facts.time.month),
    "TIME_SEC": _fact("TIME_SEC", lambda t: b"%02d" % t.facts.time.second),
    "TIME_WDAY": _fact("TIME_WDAY", lambda t: _number(t.facts.time.isoweekday() % 7)),
    "TIME_YEAR": _fact("TIME_YEAR", lambda t: _number(t.facts.time.year)),
    "MODSEC_BUILD": _fact("MODSEC_BUILD", lambda _: MODSEC_BUILD),
    "ENV": _nothing,
    "GEO": _nothing,
}

# the body of the request


def _full_request(transaction: Transaction) -> bytes:
    if transaction.request_body is None:
        return b""
    lines = [b"%b: %b\n" % pair for pair in transaction.facts.headers]
    return b"".join([*lines, b"\n\n", transaction.request_body])


def _full_request_length(transaction: Transaction) -> bytes:
    if transaction.request_body is None:
        return b""
    return _number(
        sum([len(name) + len(value) + 3 for name, value in transaction.facts.headers])
        + 2
        + len(transaction.request_body)
    )


def _body_error(transaction: Transaction) -> bytes:
    return b"1" if transaction.reading.oversize else transaction.reading.state


def _processor_message(transaction: Transaction) -> bytes:
    return b"" if transaction.reading.oversize else transaction.reading.message


def _inbound_error(transaction: Transaction) -> bytes:
    if transaction.request_body is None:
        return b""
    return b"1" if transaction.body_over_limit or transaction.reading.oversize else b"0"


def _request_body(transaction: Transaction) -> bytes:
    """The manual has it for URLENCODED or where it is forced, ModSecurity 3 for every body.

    Here, not for a multipart body that was read: its lines, boundaries and Base64 are not what rules about arguments are written
    for, and each part is a value of its own.
    """
    body = transaction.request_body or b""
    if body and not (transaction.options.strict or transaction.forced_body_variable):
        found = transaction.reading.multipart
        if found is not None and found.read and transaction.reading.state == b"0":
            return b""
    return body


_BODY: Final[dict[str, Reader]] = {
    "REQUEST_BODY": _fact("REQUEST_BODY", _request_body),
    "REQUEST_BODY_LENGTH": _fact(
        "REQUEST_BODY_LENGTH", lambda t: _number(len(t.request_body)) if t.request_body else b""
    ),
    "FULL_REQUEST": _fact("FULL_REQUEST", _full_request),
    "FULL_REQUEST_LENGTH": _fact("FULL_REQUEST_LENGTH", _full_request_length),
    "REQBODY_ERROR": _fact("REQBODY_ERROR", _body_error),
    "REQBODY_ERROR_MSG": _fact("REQBODY_ERROR_MSG", lambda t: t.reading.message),
    "REQBODY_PROCESSOR_ERROR": _fact("REQBODY_PROCESSOR_ERROR", lambda t: t.reading.state),
    "REQBODY_PROCESSOR_ERROR_MSG": _fact("REQBODY_PROCESSOR_ERROR_MSG", _processor_message),
    "INBOUND_DATA_ERROR": _fact("INBOUND_DATA_ERROR", _inbound_error),
    "XML": lambda _: (Item(b"", b"", XML_TREE),),
}

# multipart


def _flag(name: str, value: Callable[[Multipart], int]) -> Reader:
    label = name.encode()
    unset = single(label, b"")

    def held(transaction: Transaction) -> Items:
        found = transaction.reading.multipart
        return single(label, b"%d" % value(found)) if found is not None and found.read else unset

    return held


def _parts(name: str, value: Callable[[Multipart], Sequence[Pair]], *, named: bool = True) -> Reader:
    """`named`: a collection, else the names of one."""
    prefix = name.encode() + b":"
    write = keyed if named else key_names

    def held(transaction: Transaction) -> Items:
        found = transaction.reading.multipart
        return NOTHING if found is None else write(prefix, value(found))

    return held


def _files(name: str, value: Callable[[Part], bytes]) -> Reader:
    return _parts(name, lambda m: [(part.name, value(part)) for part in m.parts if part.is_file])


def _files_combined_size(transaction: Transaction) -> bytes:
    found = transaction.reading.multipart
    sizes = [part.size for part in found.parts if part.is_file] if found else []
    return _number(sum(sizes)) if sizes else b""


def _file_limit(transaction: Transaction) -> bytes:
    """ModSecurity 3 has no value here but where the limit was exceeded and, strictly, never; the manual says 1."""
    found = transaction.reading.multipart
    return b"1" if found is not None and found.file_limit_exceeded and not transaction.options.strict else b""


_MULTIPART: Final[dict[str, Reader]] = {
    "FILES": _files("FILES", lambda part: part.filename),
    "FILES_NAMES": _files("FILES_NAMES", lambda part: part.name),
    "FILES_SIZES": _files("FILES_SIZES", lambda part: _number(part.size)),
    "FILES_TMP_CONTENT": _files("FILES_TMP_CONTENT", lambda part: part.content),
    "FILES_TMPNAMES": _nothing,
    "FILES_COMBINED_SIZE": _fact("FILES_COMBINED_SIZE", _files_combined_size),
    "MULTIPART_NAME": _parts("MULTIPART_NAME", lambda m: [(name, name) for name in m.names], named=False),
    "MULTIPART_FILENAME": _parts("MULTIPART_FILENAME", lambda m: [(name, name) for name in m.filenames], named=False),
    "MULTIPART_PART_HEADERS": _parts("MULTIPART_PART_HEADERS", lambda m: m.part_headers),
    "MULTIPART_STRICT_ERROR": _flag("MULTIPART_STRICT_ERROR", lambda m: m.strict_error),
    "MULTIPART_UNMATCHED_BOUNDARY": _flag("MULTIPART_UNMATCHED_BOUNDARY", lambda m: m.unmatched_boundary),
    "MULTIPART_BOUNDARY_QUOTED": _flag("MULTIPART_BOUNDARY_QUOTED", lambda m: m.boundary_quoted),
    "MULTIPART_BOUNDARY_WHITESPACE": _flag("MULTIPART_BOUNDARY_WHITESPACE", lambda m: m.boundary_whitespace),
    "MULTIPART_CRLF_LF_LINES": _flag("MULTIPART_CRLF_LF_LINES", lambda m: m.crlf_line and m.lf_line),
    "MULTIPART_DATA_AFTER": _flag("MULTIPART_DATA_AFTER", lambda m: m.data_after),
    "MULTIPART_DATA_BEFORE": _flag("MULTIPART_DATA_BEFORE", lambda m: m.data_before),
    "MULTIPART_HEADER_FOLDING": _flag("MULTIPART_HEADER_FOLDING", lambda m: m.header_folding),
    "MULTIPART_INVALID_HEADER_FOLDING": _flag("MULTIPART_INVALID_HEADER_FOLDING", lambda m: m.invalid_header_folding),
    "MULTIPART_INVALID_PART": _flag("MULTIPART_INVALID_PART", lambda m: m.invalid_part),
    "MULTIPART_INVALID_QUOTING": _flag("MULTIPART_INVALID_QUOTING", lambda m: m.invalid_quoting),
    "MULTIPART_LF_LINE": _flag("MULTIPART_LF_LINE", lambda m: m.lf_line),
    "MULTIPART_MISSING_SEMICOLON": _flag("MULTIPART_MISSING_SEMICOLON", lambda m: m.missing_semicolon),
    "MULTIPART_SEMICOLON_MISSING": _flag("MULTIPART_MISSING_SEMICOLON", lambda m: m.missing_semicolon),
    "MULTIPART_FILE_LIMIT_EXCEEDED": _fact("MULTIPART_FILE_LIMIT_EXCEEDED", _file_limit),
}

# the response


def _status(transaction: Transaction) -> bytes:
    return b"" if transaction.response is None else _number(transaction.response.status)


def _response_headers(transaction: Transaction) -> Sequence[Pair]:
    return () if transaction.response is None else transaction.response.headers


def _response_type(transaction: Transaction) -> bytes:
    found = b""
    for name, value in _response_headers(transaction):
        if len(name) == 12 and name.lower() == b"content-type":
            found = headers.first_word(value, b";")
    return found


def _response_length(transaction: Transaction) -> bytes:
    return b"" if transaction.response_body is None else _number(len(transaction.response_body))


def _outbound_error(transaction: Transaction) -> bytes:
    if transaction.response_body is None:
        return b""
    return b"1" if transaction.response_over_limit else b"0"


_RESPONSE: Final[dict[str, Reader]] = {
    "RESPONSE_STATUS": _fact("RESPONSE_STATUS", _status),
    "STATUS": _fact("RESPONSE_STATUS", _status),
    "STATUS_LINE": _fact("RESPONSE_STATUS", _status),
    "RESPONSE_PROTOCOL": _fact("RESPONSE_PROTOCOL", lambda t: t.response.protocol if t.response else b""),
    "RESPONSE_HEADERS": _collection("RESPONSE_HEADERS", _response_headers),
    "RESPONSE_HEADERS_NAMES": _names("RESPONSE_HEADERS_NAMES", _response_headers),
    "RESPONSE_CONTENT_TYPE": _fact("RESPONSE_CONTENT_TYPE", _response_type),
    "RESPONSE_CONTENT_LENGTH": _fact("RESPONSE_CONTENT_LENGTH", _response_length),
    "RESPONSE_BODY": _fact("RESPONSE_BODY", lambda t: t.response_body or b""),
    "OUTBOUND_DATA_ERROR": _fact("OUTBOUND_DATA_ERROR", _outbound_error),
}

TABLE: Final[dict[str, Reader]] = {
    **_ARGUMENTS,
    **_HEAD,
    **_AROUND,
    **_BODY,
    **_MULTIPART,
    **_RESPONSE,
    "DURATION": _fact("DURATION", lambda t: t.duration),
}

BODY_VARIABLES: Final = frozenset(
    {*_ARGUMENTS, *_BODY, *_MULTIPART, "REQBODY_PROCESSOR"}
)  # what `process_body` may change
RESPONSE_VARIABLES: Final = frozenset(_RESPONSE)  # what `begin_response` and `process_response_body` may change
