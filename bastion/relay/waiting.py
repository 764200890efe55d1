"""Waits with the user for an approver's decision: a line that counts down, and Ctrl-C that cancels.

What always holds: the waiting ends with the desk's decision, also when the user cancels; the line
is written through the journal like everything the user sees. What it does not do: decide.
"""

import asyncio
from collections.abc import Callable

from bastion.approval.desk import Decision, Desk, Held
from bastion.clock import Clock
from bastion.relay.notices import Notices
from bastion.verdict import Judgement

_REDRAW_SECONDS = 1.0


class Waiting:
    """The waiting of one session; at most one command waits at a time."""

    def __init__(
        self, desk: Desk, notices: Notices, show: Callable[[bytes], None], clock: Clock
    ) -> None:
        self._desk, self._notices, self._show = desk, notices, show
        self._clock = clock
        self._cancelled: asyncio.Event | None = None

    def cancel(self) -> bool:
        """The user pressed Ctrl-C; False where nothing waits."""
        if self._cancelled is None:
            return False
        self._cancelled.set()
        return True

    async def decision(self, held: Held, judgement: Judgement) -> Decision:
        """What was decided on *held*; raises StoreError, RecordingError."""
        self._cancelled = asyncio.Event()
        outcome = asyncio.create_task(self._desk.outcome(held))
        drawing = asyncio.create_task(self._draw(held, judgement))
        cancelling = asyncio.create_task(self._cancel(held, self._cancelled))
        try:
            await asyncio.wait([outcome, drawing], return_when=asyncio.FIRST_COMPLETED)
            if drawing.done():
                drawing.result()  # raises: drawing ends only by an error
            return await outcome
        finally:
            self._cancelled = None
            tasks = outcome, drawing, cancelling
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)  # a session that ends has taken its request back

    async def _cancel(self, held: Held, cancelled: asyncio.Event) -> None:
        await cancelled.wait()
        await self._desk.cancel(held)

    async def _draw(self, held: Held, judgement: Judgement) -> None:
        approvers = held.request.approvers
        self._show(self._notices.held(judgement, approvers, self._left(held)))
        if not self._notices.cols:
            await asyncio.Event().wait()  # without a terminal one line is enough
        while True:
            self._show(self._notices.left(approvers, self._left(held)))
            await asyncio.sleep(_REDRAW_SECONDS)

    def _left(self, held: Held) -> int:
        return int(held.request.expires_at - self._clock.now())
