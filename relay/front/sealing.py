"""The body on its way through parse ▸ judge ▸ write anew ▸ seal, chunk by chunk (design: one pass, bounded memory).

What is not yet admitted is already sealed, and worth nothing: only `finish` with the policy's `Admitted` gives the signature
and the key to anybody, and a Sealing that is dropped takes its content key with it.
"""

from __future__ import annotations

from typing import NamedTuple

from policy.pipeline import Judgement
from policy.verdict import Admitted, Denied
from relay.base.ids import TransferId
from relay.envelope.bhttp import RequestEncoder
from relay.envelope.format import Header
from relay.envelope.keys import SenderPrivateKey
from relay.envelope.seal import Envelope, Sealer
from relay.envelope.wrapping import KeyWrapper
from relay.front.carry import Carrier
from relay.front.denial import Denial
from relay.net.parcel import Parcel, ParcelWriter
from relay.tree.disarmed import as_field
from relay.tree.record import DisarmedFile

CONTENT_BYTES = 16 * 1024  # of accepted content before it goes to the sealer: one TLS record


class Sealed(NamedTuple):
    """What may cross once the ledger permits it."""

    admitted: Admitted
    envelope: Envelope
    parcel: Parcel
    disarmed: tuple[DisarmedFile, ...]


class Sealing:
    """One transfer's body. Use it as a context manager, so that whatever was spooled is dropped if it does not finish."""

    def __init__(
        self,
        *,
        header: Header,
        wrapper: KeyWrapper,
        sender: SenderPrivateKey,
        judgement: Judgement,
        carrier: Carrier,
        authority: str,
        source: str,
    ) -> None:
        self._writer = ParcelWriter()
        self._sealer = Sealer(header, wrapper, sender, self._writer.write)
        self._judgement = judgement
        self._carrier = carrier
        head = judgement.head
        self._request = RequestEncoder(
            method=head.method.encode("ascii"),
            authority=authority.encode("ascii"),
            path=(head.path if head.query is None else f"{head.path}?{head.query}").encode("ascii"),
            headers=(*head.headers, *_content_type(carrier), *_provenance(header.transfer_id, source, authority)),
        )
        self._sealer.write(self._request.start())
        self._held: list[bytes] = []  # accepted, not yet sealed: a client that drips must not make a chunk of each drop
        self._held_bytes = 0

    def feed(self, data: bytes) -> None:
        """More of the client's body. Raises Refused when it is malformed or over a limit."""
        self.take(self._carrier.feed(data))

    def take(self, accepted: bytes) -> None:
        """More of the body as it goes on, from the carrier."""
        if accepted:
            self._judgement.crossing(accepted)
            self._held.append(accepted)
            self._held_bytes += len(accepted)
            if self._held_bytes >= CONTENT_BYTES:
                self._seal_held()

    def finish(self, *, created_ms: int, expires_ms: int, disarmed: tuple[DisarmedFile, ...]) -> Sealed:
        """The verdict on the whole, and the envelope, which lives from now on. Raises Denial; then there is no envelope.

        `disarmed`: what is said of the files that were made anew, all of which `take` was given.
        """
        accepted = self._carrier.finish()
        if accepted:
            self._judgement.crossing(accepted)
        verdict = self._judgement.finish()
        if isinstance(verdict, Denied):
            raise Denial(verdict)
        self._held.append(accepted)
        self._seal_held()
        self._sealer.write(self._request.end_with(as_field(disarmed)))
        envelope = self._sealer.finish(verdict, created_ms=created_ms, expires_ms=expires_ms)
        return Sealed(verdict, envelope, self._writer.freeze(), disarmed)

    def deny_without_verdicts(self) -> None:
        """There is no verdict on the files. Raises Denial where the request is denied all the same: it is told of in one go."""
        self._carrier.finish()
        denied = self._judgement.denial_without_verdicts()
        if denied is not None:
            raise Denial(denied)

    def _seal_held(self) -> None:
        content = b"".join(self._held)
        self._held.clear()
        self._held_bytes = 0
        if content:
            self._sealer.write(self._request.content_head(content))
            self._sealer.write(content)

    def __enter__(self) -> Sealing:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()


def _content_type(carrier: Carrier) -> tuple[tuple[bytes, bytes], ...]:
    return () if carrier.content_type is None else ((b"content-type", carrier.content_type),)


def _provenance(transfer_id: TransferId, source: str, authority: str) -> tuple[tuple[bytes, bytes], ...]:
    """RFC 7239 Forwarded, written here and nowhere else: a client's own was dropped with the headers that do not go on."""
    node = f'"[{source}]"' if ":" in source else source
    forwarded = f'for={node};host="{authority}";proto=https'
    return ((b"forwarded", forwarded.encode("ascii")), (b"sekisho-transfer", transfer_id.encode("ascii")))
