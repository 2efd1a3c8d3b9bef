"""One request as it comes in: its head, and its body piece by piece under a minimum rate.

Waiting for the peer happens here and nowhere else in the pipeline, so every deadline of a request is here.
"""

from __future__ import annotations

import trio

from relay.base.errors import Refused
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.front.measure import Stopwatch
from relay.http.connection import Data, EndOfMessage, Head, Pause, ServerConnection
from relay.net.tls_stream import TlsStream

RECEIVE_BYTES = 128 * 1024  # of a body in one read: what a piece costs on its way is more than what its bytes cost


class Incoming:
    """A request under way on a connection. `source` is the peer's address; `tenant` and `route` as far as they are known.

    `permitted`: its intent is in the log, and it may have crossed.
    """

    def __init__(
        self, head: Head, http: ServerConnection, stream: TlsStream, limits: Limits, source: str, timed: Stopwatch
    ) -> None:
        self.head = head
        self.source = source
        self.timed = timed
        self.tls = stream.facts
        self.tenant = ""
        self.route = ""
        self.body_kind: str | None = None
        self.permitted = False
        self.received_bytes = 0
        self._http = http
        self._stream = stream
        self._limits = limits
        self._started = 0.0
        self._continue_owed = head.expect_continue

    @property
    def authority(self) -> str:
        """Host and port as the client addressed them."""
        return self.head.host if self.head.port is None else f"{self.head.host}:{self.head.port}"

    def allow(self, body_bytes: int) -> None:
        """The bound of this body, from its route. Raises Refused when the head already says more."""
        self._http.body_limit = body_bytes
        if (self.head.content_length or 0) > body_bytes:
            raise Refused(Reason.BODY_TOO_LARGE)

    async def next_piece(self) -> bytes | None:
        """The next bytes of the body; None at its end. Raises Refused."""
        while True:
            event = self._http.next_event()
            if type(event) is Data:
                self.received_bytes += len(event.data)
                return event.data
            if type(event) is EndOfMessage:
                return None
            if event is not Pause.NEED_DATA:
                raise Refused(Reason.BODY_INCOMPLETE)
            await self._receive()

    @property
    def unread(self) -> bytes:
        """What had come from where the body was refused."""
        return self._http.unread

    def finish_bodiless(self) -> None:
        """Pass the end of a request that has no body, so that one refused by its head does not cost its connection."""
        if not self.head.has_body:
            self._http.next_event()

    async def _receive(self) -> None:
        now = trio.current_time()
        self._started = self._started or now
        limits = self._limits
        at_the_rate_s = limits.body_grace_ms / 1000 + self.received_bytes / limits.body_min_rate
        allowed_s = min(at_the_rate_s, limits.body_timeout_ms / 1000)
        with trio.move_on_at(self._started + allowed_s) as scope:
            if self._continue_owed:
                self._continue_owed = False
                await self._stream.send_all(self._http.informational_continue())
            data = await self._stream.receive_some(RECEIVE_BYTES)
        if scope.cancelled_caught:
            raise Refused(Reason.BODY_TIMEOUT)
        self._http.receive(data)
