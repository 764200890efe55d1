"""Passes one command through with the user watching: verdict, notice, waiting, outcome.

What always holds: a command passes only when its verdict allows it or an approver released it; the
outcome is kept beside the verdict. What it does not do: run the command, or cancel it on the host.
"""

from collections.abc import Callable, Sequence

from bastion.relay.clearance import Clearance, Cleared
from bastion.relay.journal import Journal
from bastion.relay.notices import Notices
from bastion.relay.waiting import Waiting
from bastion.verdict import Verdict


class Checkpoint:
    """The checkpoint of one session."""

    def __init__(
        self,
        clearance: Clearance,
        waiting: Waiting,
        journal: Journal,
        notices: Notices,
        show: Callable[[bytes], None],
    ) -> None:
        self._clearance, self._waiting = clearance, waiting
        self._journal, self._notices, self._show = journal, notices, show

    def cancel(self) -> bool:
        """The user pressed Ctrl-C; False where nothing waits for approval."""
        return self._waiting.cancel()

    async def passes(
        self,
        text: str,
        *,
        source: str,
        where: str,
        others: Sequence[str] = (),
        prompt: str = "",
    ) -> Cleared | None:
        """The command, if it may run; None if it was stopped, and the user was told.

        Raises RecordingError, StoreError.
        """
        cleared = await self._clearance.judge(
            text, source=source, where=where, others=others, prompt=prompt
        )
        if cleared.judgement.verdict is Verdict.BLOCK:
            self._show(self._notices.blocked(cleared.judgement))
            await self._journal.outcome(cleared.command, "blocked")
            return None
        if cleared.judgement.verdict is Verdict.HOLD:
            return await self._approved(cleared)
        return cleared

    async def released(self, cleared: Cleared) -> None:
        """Keep that *cleared* went to the host; raises RecordingError, StoreError."""
        if not cleared.command.outcome:
            await self._journal.outcome(cleared.command, "released")

    async def _approved(self, cleared: Cleared) -> Cleared | None:
        if self._notices.cols:
            self._show(b"\r\n")
        held = await self._clearance.hold(cleared)
        decision = await self._waiting.decision(held, cleared.judgement)
        self._show(self._notices.decided(decision.state, decision.by, decision.reason))
        outcome = "released" if decision.is_released else decision.state
        command = await self._journal.outcome(
            cleared.command, outcome, decision.by, decision.reason
        )
        return Cleared(command, cleared.judgement) if decision.is_released else None
