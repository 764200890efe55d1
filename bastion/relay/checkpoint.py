"""Passes one command through with the user watching: verdict, notice, waiting, outcome.

What always holds: a command passes only when its verdict allows it or an approver released it; the
outcome is kept beside the verdict. What it does not do: run the command, or cancel it on the host.
"""

from collections.abc import Callable
from dataclasses import replace

from bastion.audit.entry import AuditCode
from bastion.relay.clearance import Clearance, Cleared
from bastion.relay.journal import Journal
from bastion.relay.line import SHELL, STEP, Line
from bastion.relay.notices import Notices
from bastion.relay.script import Script
from bastion.relay.waiting import Waiting
from bastion.verdict import Judgement, Verdict

_DROPPED = "typed-ahead"
FILES, DOOR = "files", "door"
"""The source of what is done with files, and of a shell's opening, where rules block or hold it."""


class Checkpoint:
    """The checkpoint of one session.

    Attributes:
        screen: what the person's screen shows, for approvers; no row where there is no screen.
    """

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
        self.screen: Callable[[], list[str]] = list

    def cancel(self) -> bool:
        """The user pressed Ctrl-C; False where nothing waits for approval."""
        return self._waiting.cancel()

    def foresee(self, text: str) -> None:
        """*text* is most likely the next line."""
        self._clearance.foresee(text)

    async def would_run(self, text: str) -> bool:
        """Whether a shell that gets the line *text* runs something."""
        return await self._clearance.would_run(text)

    async def passes(self, what: Line | Script) -> Cleared | None:
        """The command, if it may run; None if it was stopped, and the user was told.

        Raises RecordingError, StoreError.
        """
        return await self._settled(await self._clearance.judge(what))

    async def settles(self, text: str, source: str, judgement: Judgement) -> bool:
        """Whether *text*, which was judged elsewhere, may happen; the user is told if not.

        Raises RecordingError, StoreError.
        """
        cleared = await self._clearance.keep(text, source, judgement)
        return await self._settled(cleared) is not None

    async def enters(self, text: str, reason: str) -> bool:
        """Whether *text*, a stretch that cannot be seen into for *reason*, may begin.

        Where rules only want it marked, it is not kept as a command. Raises RecordingError,
        StoreError.
        """
        decided = self._clearance.unseen(reason)
        if decided.verdict <= Verdict.OPAQUE:
            return True
        cleared = await self._settled(await self._clearance.keep(text, DOOR, decided))
        if cleared is not None:
            await self.released(cleared)
        return cleared is not None

    async def _settled(self, cleared: Cleared) -> Cleared | None:
        if cleared.judgement.verdict is Verdict.BLOCK:
            self._show(
                self._notices.blocked(
                    cleared.judgement, is_file=_is_file(cleared), is_ended=_is_ended(cleared)
                )
            )
            await self._journal.outcome(cleared.command, "blocked")
            return None
        if cleared.judgement.verdict is Verdict.HOLD:
            return await self._approved(cleared)
        return cleared

    async def released(self, cleared: Cleared) -> None:
        """Keep that *cleared* went to the host; raises RecordingError, StoreError."""
        if not cleared.command.outcome:
            await self._journal.outcome(cleared.command, "released")

    async def dropped(self, cleared: Cleared, why: str) -> None:
        """Keep that *cleared* does not run after all, and say *why*.

        Raises RecordingError, StoreError.
        """
        self._show(self._notices.blocked(Judgement(Verdict.BLOCK, _DROPPED, why), is_ended=False))
        await self._journal.outcome(cleared.command, "blocked", reason=why)

    def warned(self, sentence: str) -> None:
        """Tell the user *sentence*; raises RecordingError."""
        self._show(self._notices.warned(sentence))

    async def noticed(self, text: str, reason: str, code: AuditCode, directory: str) -> Judgement:
        """Keep that *text* ran, or may have, though nobody let it; what rules say of *reason*.

        Raises RecordingError, StoreError.
        """
        return await self._clearance.notice(text, reason, code, directory)

    async def _approved(self, cleared: Cleared) -> Cleared | None:
        self._journal.waits(cleared.command)
        held = await self._clearance.hold(cleared, "\n".join(self.screen()))
        decision = await self._waiting.decision(held, cleared.judgement)
        state, by, reason = decision.state, decision.by, decision.reason
        self._show(
            self._notices.decided(
                state, by, reason, is_file=_is_file(cleared), is_ended=_is_ended(cleared)
            )
        )
        outcome = "released" if decision.is_released else decision.state
        command = await self._journal.outcome(
            cleared.command, outcome, decision.by, decision.reason
        )
        return replace(cleared, command=command) if decision.is_released else None


def _is_file(cleared: Cleared) -> bool:
    return cleared.command.source == FILES


def _is_ended(cleared: Cleared) -> bool:
    """Whether we end the notice: a shell that drops a line begins a new one by itself."""
    return cleared.command.source not in {SHELL, STEP}
