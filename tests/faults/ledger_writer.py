"""A ledger to be killed: appends without end, and prints the log's size after each append that was acknowledged.

Usage: python ledger_writer.py DIRECTORY, with the private key of the log on standard input.
"""

from __future__ import annotations

import sys
from pathlib import Path

from relay.ledger.store import LogStore
from relay.tree.note import Signer
from relay.tree.record import encode_record
from tests.log_samples import JOURNAL_BYTES, ORIGIN, START_MS, refusal

PUBLISH_EACH = 7  # appends


def main() -> None:
    signer = Signer.parse(sys.stdin.readline().strip())
    store = LogStore.open(Path(sys.argv[1]), ORIGIN, signer, START_MS, journal_bytes=JOURNAL_BYTES)
    print("ready", flush=True)
    turn = 0
    while True:
        turn += 1
        batch = [encode_record(refusal(store.size + offset)) for offset in range(1 + turn % 5)]
        store.append(batch)
        print(store.size, flush=True)
        if turn % PUBLISH_EACH == 0:
            store.publish(START_MS)


if __name__ == "__main__":
    main()
