"""One exchange as rules see it: each variable of the manual that is read out of a message, worked out when a rule asks.

Collections that rules write (TX, IP, GLOBAL, RESOURCE, SESSION, USER, MATCHED_*, RULE, HIGHEST_SEVERITY...) belong to the
engine. ENV and GEO are always empty: rules see nothing of this process's environment, and there is no geography here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from policy.variables import body, headers
from policy.variables.facts import DEFAULTS, Options, RequestFacts, ResponseFacts
from policy.variables.item import NOTHING, Item, Items, Pair
from policy.variables.limits import ARGUMENTS_MAX, COOKIES_MAX, HEADERS_MAX, URI_BYTES_MAX
from policy.variables.processors.urlencoded import NO_FORM, Form, read_form
from policy.variables.table import BODY_VARIABLES, RESPONSE_VARIABLES, TABLE
from policy.variables.target import Target, read_target


class Transaction:
    """Use: make it, run phase 1; `process_body`, phase 2; `begin_response`, phase 3; `process_response_body`, phase 4.

    `get` is cheap when repeated. `body_over_limit`, `response_over_limit`: the body was larger than its directive says.
    `names_are_declared`: no peer made up the names of its arguments.
    `exceeded` names the bound of ours that something went over: then the rules have not seen all, and who enforces must
    refuse. It is known for headers, query, cookies and body after `process_body`; XPath expressions may set it later.
    """

    __slots__ = (
        "_cache", "_cookies", "_form", "_index", "_target", "body_over_limit", "duration", "exceeded", "facts",
        "forced_body_variable", "forced_processor", "names_are_declared", "options", "reading", "request_body", "response", "response_body",
        "response_over_limit",
    )  # fmt: skip

    facts: RequestFacts
    options: Options
    response: ResponseFacts | None
    reading: body.Reading
    duration: bytes  # seconds with six decimals, as ModSecurity 3 writes it; the engine keeps it up to date

    def __init__(self, facts: RequestFacts, options: Options = DEFAULTS) -> None:
        self.facts = facts if len(facts.uri) <= URI_BYTES_MAX else _cut(facts)
        self.options = options
        self.response = None
        self.reading = body.NOT_READ
        self.forced_processor = ""
        self.forced_body_variable = False
        self.request_body: bytes | None = None
        self.response_body: bytes | None = None
        self.body_over_limit = False
        self.response_over_limit = False
        self.duration = b"0"
        self.names_are_declared = False
        self.exceeded = "HEADERS_MAX" if len(facts.headers) > HEADERS_MAX else ""
        if self.facts is not facts:
            self.exceeded = "URI_BYTES_MAX"
        self._cache: dict[str, Items] = {}
        self._index: dict[str, dict[bytes, list[Item]]] = {}
        self._target: Target | None = None
        self._form: Form | None = None
        self._cookies: list[Pair] | None = None

    # what rules ask for

    def get(self, collection: str) -> Items:
        """All values of a variable, upper case. LookupError if it is not one of TABLE."""
        found = self._cache.get(collection)
        if found is None:
            found = self._cache[collection] = TABLE[collection](self)
        return found

    def sent(self, collection: str) -> list[bytes]:
        """As `get`, the values alone. Of arguments that no rule wants to see with their names, this is all that is worked out."""
        found = self._cache.get(collection)
        if found is None and collection == "ARGS":
            return [value for _, value in (*self.query_pairs(), *self.reading.arguments)]
        if found is None and collection == "ARGS_NAMES":
            return [name for name, _ in (*self.query_pairs(), *self.reading.arguments)]
        return [item[2] for item in (self.get(collection) if found is None else found)]

    def select(self, collection: str, key: bytes) -> list[Item]:
        """The values whose key is `key`, given in lower case; keys are compared without regard to ASCII case."""
        index = self._index.get(collection)
        if index is None:
            index = self._index[collection] = {}
            for item in self.get(collection):
                name = item[1].lower()
                same = index.get(name)
                if same is None:
                    index[name] = [item]
                else:
                    same.append(item)
        return index.get(key, [])

    def xml(self, expression: str, namespaces: Mapping[str, str] | None = None) -> Items:
        """What an XPath expression selects in an XML body, one item for each node; nothing where there is no document."""
        document = self.reading.document
        if document is None:
            return NOTHING
        found = document.select(expression, namespaces or {})
        self.exceeded = self.exceeded or document.exceeded
        return found

    # what moves it on

    @property
    def processor(self) -> str:
        """Which body processor is in force: what a rule has set, else what the Content-Type says, else ""."""
        return self.forced_processor or headers.body_kind(self.header_values(b"content-type"))

    def set_processor(self, name: str) -> None:
        """As ctl:requestBodyProcessor does, in phase 1."""
        if name not in body.PROCESSORS:
            raise LookupError(name)
        self.forced_processor = name
        self._forget(("REQBODY_PROCESSOR",))

    def force_body_variable(self, forced: bool) -> None:
        """As ctl:forceRequestBodyVariable does: REQUEST_BODY holds any body."""
        self.forced_body_variable = forced
        self._forget(("REQUEST_BODY",))

    def process_body(self, processor: str | None = None) -> None:
        """Read the body, before phase 2; `processor` overrides what is in force."""
        options = self.options
        sent = self.facts.body
        if len(sent) > options.request_body_limit:
            self.body_over_limit = True
            sent = sent[: options.request_body_limit] if options.request_body_partial else b""
        content_types = self.header_values(b"content-type")
        room = None if options.arguments_limit is None else max(0, options.arguments_limit - len(self.query_pairs()))
        name = self.processor if processor is None else processor
        self.reading = body.read_body(name, sent, content_types[0] if content_types else None, options, room)
        self.exceeded = self.exceeded or self.reading.exceeded
        self._count()
        self.request_body = sent
        self._forget(BODY_VARIABLES)

    def _count(self) -> None:
        """`exceeded` is known from here on, whatever rules ask for."""
        self.cookie_pairs()
        if len(self.query_pairs()) + len(self.reading.arguments) > ARGUMENTS_MAX:
            self.exceeded = self.exceeded or "ARGUMENTS_MAX"

    def begin_response(self, response: ResponseFacts) -> None:
        """Its head is known, before phase 3."""
        self.response = response
        if len(response.headers) > HEADERS_MAX:
            self.exceeded = "HEADERS_MAX"
        self._forget(RESPONSE_VARIABLES)

    def process_response_body(self, sent: bytes | None = None) -> None:
        """Its body is known, before phase 4; None: the one that came with the head."""
        if sent is None:
            sent = b"" if self.response is None else self.response.body
        options = self.options
        if len(sent) > options.response_body_limit:
            self.response_over_limit = True
            sent = sent[: options.response_body_limit] if options.response_body_partial else b""
        self.response_body = sent
        self._forget(RESPONSE_VARIABLES)

    def response_coding(self) -> bytes:
        """What the body of the response is encoded in; empty if it is to be read as it is."""
        named = [item.value for item in self.select("RESPONSE_HEADERS", b"content-encoding")]
        return b", ".join([value for value in named if value.lower() not in (b"", b"identity")])

    def _forget(self, names: frozenset[str] | tuple[str, ...]) -> None:
        for memory in (self._cache, self._index):
            for name in [known for known in memory if known in names]:
                del memory[name]

    # what the readers below share

    def header_values(self, name: bytes) -> list[bytes]:
        """The values of a request header, its name in lower case, in the order sent."""
        return [item.value for item in self.select("REQUEST_HEADERS", name)]

    def last_header(self, name: bytes) -> bytes:
        """ModSecurity 3 keeps the last of several for what it derives from a header."""
        values = self.header_values(name)
        return values[-1] if values else b""

    @property
    def target(self) -> Target:
        """The request target, taken apart."""
        if self._target is None:
            self._target = read_target(self.facts.uri)
        return self._target

    @property
    def form(self) -> Form:
        """The arguments of the query, as many as SecArgumentsLimit lets in."""
        if self._form is None:
            query = self.target.query
            form = read_form(query, self.options.argument_separator) if query else NO_FORM
            limit = self.options.arguments_limit
            self._form = form if limit is None else form._replace(pairs=form.pairs[:limit])
            if form.exceeded:
                self.exceeded = "ARGUMENTS_MAX"
        return self._form

    def query_pairs(self) -> list[Pair]:
        return self.form.pairs

    def body_pairs(self) -> list[Pair]:
        """Arguments of the body, wherever they are shown (JSON and XML are in ARGS, but not in ARGS_POST)."""
        return list(self.reading.arguments)

    def posted_pairs(self) -> list[Pair]:
        return list(self.reading.arguments) if self.reading.posted else []

    def cookie_pairs(self) -> list[Pair]:
        """The cookies of all Cookie headers, read once for their names and values."""
        if self._cookies is None:
            found: list[Pair] = []
            for value in self.header_values(b"cookie"):
                found += headers.read_cookies(value)
            if len(found) > COOKIES_MAX:
                self.exceeded = self.exceeded or "COOKIES_MAX"
                del found[COOKIES_MAX:]
            self._cookies = found
        return self._cookies


def _cut(facts: RequestFacts) -> RequestFacts:
    """With as much of the request target as rules look at."""
    line = None if facts.line is None else facts.line[:URI_BYTES_MAX]
    return replace(facts, uri=facts.uri[:URI_BYTES_MAX], line=line)
