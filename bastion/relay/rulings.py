"""Rules on what one session wants to run, for its gate and for its standard input.

What always holds: what cannot be judged or kept does not run, and ends the session; nothing here
raises into whoever asks. What it does not do: judge by itself, or send keys.
"""

import asyncio
from collections.abc import Callable, Coroutine

from bastion.audit.entry import AuditCode
from bastion.errors import RecordingError, StoreError
from bastion.events import Marker
from bastion.printable import printable
from bastion.refusal import Code, Refusal
from bastion.relay.checkpoint import Checkpoint
from bastion.relay.clearance import Cleared
from bastion.relay.gate_states import NO_INTEGRATION
from bastion.relay.journal import Journal
from bastion.relay.line import SHELL, Line
from bastion.relay.ruling import Ruling
from bastion.relay.script import Script
from bastion.relay.wire import REFUSED, Wire
from bastion.verdict import Judgement, Verdict

UNVERIFIED, UNASKED = "deny_unverified", "unasked"
"""The marks of a stopped line that may have run, and of one that ran without a question."""
_DROPPED = "dropped: the shell did not ask for this line, and ran nothing of it: {}"
_UNVERIFIED_REASON = "deny-unverified"
_UNKNOWN_TEXT = "(not known)"
_SCREEN_ALONE = "(a shell that does not ask: {})"
_CAUSE_CHARS, _LINE_CHARS = 200, 400


class Rulings:
    """The rulings of one session.

    Args:
        wire: the session's channels.
        journal: where everything is kept.
        checkpoint: judges, and asks approvers.
        end: ends the session with a sentence.
    """

    def __init__(
        self,
        wire: Wire,
        journal: Journal,
        checkpoint: Checkpoint,
        end: Callable[[Refusal], None],
    ) -> None:
        self._wire, self._journal, self._checkpoint = wire, journal, checkpoint
        self._end = end
        self._acting: set[asyncio.Task[None]] = set()

    async def rule(self, what: Line | Script) -> Ruling:
        """What is to happen with *what*; a failure stops it and ends the session."""
        try:
            return await self._ruled(what)
        except Exception as error:  # noqa: BLE001  whatever it is: not judged, so not run
            self._wire.break_(error)
            return Ruling(is_released=False)

    def foresee(self, text: str) -> None:
        """The shell will most likely ask for *text*."""
        self._checkpoint.foresee(text)

    async def enters(self, cause: str) -> bool:
        """Whether a shell that does not ask, for *cause*, may be sat at; else the session ends.

        The cause is the host's word, so that approvers are shown no more of it than fits.
        """
        self.mark(f"{NO_INTEGRATION}: {cause}")
        try:
            text = _SCREEN_ALONE.format(printable(cause, _CAUSE_CHARS))
            may_enter = await self._checkpoint.enters(text, NO_INTEGRATION)
        except Exception as error:  # noqa: BLE001  whatever it is: not judged, so not entered
            self._wire.break_(error)
            return False
        if not may_enter:
            self._wire.end(REFUSED)
        return may_enter

    def cancel(self) -> bool:
        """The user pressed Ctrl-C; False where nothing waits for approval."""
        return self._checkpoint.cancel()

    def mark(self, label: str) -> None:
        """Mark this moment in the record."""
        if self._wire.over.done():
            return
        try:
            self._journal.record(Marker(label))
        except RecordingError as error:
            self._wire.break_(error)

    def warn(self, sentence: str) -> None:
        """Tell the user *sentence*."""
        if self._wire.over.done():
            return
        try:
            self._checkpoint.warned(sentence)
        except RecordingError as error:
            self._wire.break_(error)

    def failed(self, error: Exception) -> None:
        """Something could not be judged because of *error*: the session ends."""
        self._wire.break_(error)

    async def stopped(self, text: str, rule: str, why: str) -> None:
        """Keep that *text* was stopped without a judgement, and tell the user *why*."""
        try:
            await self._checkpoint.settles(text, SHELL, Judgement(Verdict.BLOCK, rule, why))
        except (RecordingError, StoreError) as error:
            self._wire.break_(error)

    def unasked(self, text: str, directory: str) -> None:
        """A line ran, or may have, *text* as far as it is known, and nobody was asked."""
        self.mark(UNASKED)
        self._notice(text, UNASKED, AuditCode.COMMAND_UNASKED, Code.COMMAND_UNASKED, directory)

    def dropped(self, text: str) -> None:
        """A shell asked nothing of the line *text*, and ran none of it."""
        self._act(self._dropped_by_shell(text))

    def unverified(self, text: str) -> None:
        """The line *text* was stopped, and nothing shows that it did not run."""
        self.mark(UNVERIFIED)
        self._notice(text, _UNVERIFIED_REASON, AuditCode.DENY_UNVERIFIED, Code.DENY_UNVERIFIED)

    async def finish(self) -> None:
        """Wait until everything that was noticed is kept."""
        await asyncio.gather(*self._acting)

    def _notice(
        self, text: str, reason: str, code: AuditCode, refusal: Code, directory: str = ""
    ) -> None:
        """Have it kept, audited and told; rules say for *reason* whether the session goes on."""
        self._act(self._noticed(text or _UNKNOWN_TEXT, reason, code, refusal, directory))

    def _act(self, doing: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(doing)
        self._acting.add(task)
        task.add_done_callback(self._acting.discard)

    async def _noticed(
        self, text: str, reason: str, code: AuditCode, refusal: Code, directory: str
    ) -> None:
        try:
            found = await self._checkpoint.noticed(text, reason, code, directory)
        except Exception as error:  # noqa: BLE001  whatever it is: not kept, so nothing goes on
            self._wire.break_(error)
            return
        if found.verdict >= Verdict.HOLD and not self._wire.over.done():
            self._end(Refusal(refusal))

    async def _dropped_by_shell(self, text: str) -> None:
        """Mark *text*, where it is a line that a shell would have run."""
        try:
            if await self._checkpoint.would_run(text):
                self._journal.record(Marker(_DROPPED.format(printable(text, _LINE_CHARS))))
        except Exception as error:  # noqa: BLE001  whatever it is: nothing goes on unrecorded
            self._wire.break_(error)

    async def _ruled(self, what: Line | Script) -> Ruling:
        checkpoint = self._checkpoint
        cleared = await checkpoint.passes(what)
        if cleared is None and isinstance(what, Script):
            self._wire.end(REFUSED)  # no prompt to go on at, unlike after a line
        if cleared is None:
            return Ruling(is_released=False)
        return Ruling(
            is_released=True,
            afterwards=lambda: self._released(cleared),
            is_opaque=_is_opaque(cleared),
            was_held=cleared.judgement.verdict is Verdict.HOLD,
            approved=_approved(cleared),
            drop=lambda why: self._dropped(cleared, why),
        )

    async def _released(self, cleared: Cleared) -> None:
        try:
            await self._checkpoint.released(cleared)
        except (RecordingError, StoreError) as error:
            self._wire.break_(error)

    async def _dropped(self, cleared: Cleared, why: str) -> None:
        try:
            await self._checkpoint.dropped(cleared, why)
        except (RecordingError, StoreError) as error:
            self._wire.break_(error)


def _approved(cleared: Cleared) -> frozenset[str]:
    """The commands of a line that was held; quoted text that only looks like one is none.

    None where it was read as another text, for its shell may tell the same words and mean others.
    """
    reading = cleared.reading
    if cleared.judgement.verdict is not Verdict.HOLD or reading is None:
        return frozenset()
    if reading.text != cleared.command.text:
        return frozenset()
    spans = (command.span for command in reading.commands if not command.is_wrapped)
    return frozenset(reading.text[span.start : span.end] for span in spans)


def _is_opaque(cleared: Cleared) -> bool:
    """Whether nobody can see, off its text, what all it does, here and not in a program."""
    reading, judgement = cleared.reading, cleared.judgement
    is_marked = judgement.verdict is Verdict.OPAQUE and not judgement.marks_only
    return is_marked or bool(reading and reading.opaque)
