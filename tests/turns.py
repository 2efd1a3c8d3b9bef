"""How often another task has its turn meanwhile: `nursery.start_soon(turns.take)`."""

from __future__ import annotations

import trio


class Turns:
    count = 0

    async def take(self) -> None:
        while True:
            self.count += 1
            await trio.lowlevel.checkpoint()
