"""Takes a command through reading, judging and, where it is held, approval.

What always holds: every verdict is in the journal before anything is done about it; other readings
of a line can only make its judgement stricter; whatever fails on the way stops the command. What it
does not do: show anything, or touch the host.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bastion.approval.desk import Desk, Held
from bastion.approval.request import Wanted
from bastion.audit.entry import AuditCode
from bastion.command.parser import Parser
from bastion.command.programs import kind_of
from bastion.command.reading import HARMLESS, UNKNOWN, Reading, SimpleCommand
from bastion.command.shell.fish_line import in_posix
from bastion.command.state import ShellState
from bastion.events import Marker
from bastion.policy.command_rules import CommandRules
from bastion.policy.judge import UNLISTED, judge, unseen
from bastion.relay.foresight import Foresight
from bastion.relay.journal import Journal
from bastion.relay.line import STEP, Line
from bastion.relay.script import Script
from bastion.relay.statement import Statement
from bastion.store.rows import Command, Session
from bastion.verdict import Judgement, Verdict, strictest

_MOST_RESOLVED, _RESOLVED_CHARS = 20, 300
_RUNS_NOTHING = HARMLESS | {"unparsable", "incomplete"}
_SHELLS = frozenset({"exec", "shell"})
_TOO_LONG = "too-long"  # so is what is made of it
_UNKNOWN_SHOWN = "⟨?⟩"  # as `bastion explain` shows it
Tell = Callable[[Session, Command], None]
"""Has people told of a command that runs."""


@dataclass(frozen=True)
class Cleared:
    """A command that was judged and kept.

    Attributes:
        reading: what its text says; None for what is not one command line.
        directory: where it would run, as far as that is known.
    """

    command: Command
    judgement: Judgement
    reading: Reading | None = None
    directory: str = ""


class Clearance:
    """Judges the commands of one session."""

    def __init__(
        self,
        parser: Parser,
        rules: Callable[[], CommandRules],
        desk: Desk,
        journal: Journal,
        tell: Tell,
    ) -> None:
        self._parser, self._rules = parser, rules
        self._desk, self._journal, self._tell = desk, journal, tell
        self._statement, self._shell = Statement(), ShellState()
        self._foresight = Foresight(parser)

    def foresee(self, text: str) -> None:
        """*text* is most likely the next line that is typed at the prompt."""
        if text.strip():
            self._foresight.expect(text, self._shell)

    async def judge(self, what: Line | Script) -> Cleared:
        """The kept verdict on *what*; raises RecordingError, StoreError.

        A line that goes on with the command before it is judged, kept and approved as the whole.
        """
        if isinstance(what, Script):
            found = await what.judged(self._parser, self._rules())
            text, dangerous = what.shown(found)
            return await self.keep(text, "script", replace(found, dangerous=dangerous))
        whole = self._statement.whole(what)
        decided, reading = await self._judged(whole)
        if kind := kind_of(reading):
            self._journal.record(Marker(f"program {kind}"))
        cleared = await self.keep(whole.text, whole.source, decided)
        return replace(cleared, reading=reading, directory=whole.directory)

    async def would_run(self, text: str) -> bool:
        """Whether a shell that gets the line *text* runs something: no comment, say, no error."""
        reading = await self._parser.read(text, state=self._shell)
        return bool(reading.commands) and reading.opaque not in _RUNS_NOTHING

    def unseen(self, reason: str) -> Judgement:
        """What rules say of what cannot be seen into, for *reason*."""
        return unseen(self._rules(), reason)

    async def notice(self, text: str, reason: str, code: AuditCode, directory: str) -> Judgement:
        """Keep that *text* ran, or may have, though nobody let it; people are told.

        Raises RecordingError, StoreError.
        """
        decided = self.unseen(reason)
        command = await self._journal.judged(text, reason, decided)
        await self._journal.audit(code, command=command.id, text=text, directory=directory)
        self._tell(self._journal.session, command)
        return decided

    async def keep(self, text: str, source: str, decided: Judgement) -> Cleared:
        """*decided* in the journal, and in the audit log where it blocks or has people told.

        Raises RecordingError, StoreError.
        """
        command = await self._journal.judged(text, source, decided)
        if decided.verdict is Verdict.BLOCK:
            await self._journal.audit(
                AuditCode.COMMAND_BLOCKED, command=command.id, text=text, rule=decided.rule
            )
        if decided.verdict is Verdict.NOTIFY:
            await self._journal.audit(
                AuditCode.COMMAND_NOTIFIED, command=command.id, text=text, rule=decided.rule
            )
            self._tell(self._journal.session, command)
        return Cleared(command, decided)

    async def _judged(self, whole: Line) -> tuple[Judgement, Reading]:
        """The strictest judgement of all readings, and the first of these."""
        rules = self._rules()
        is_typed = whole.where == "shell" and whole.source != STEP  # a step is part of a line
        if whole.meant and self._shell.is_certain:
            # That grammar sets variables, and makes aliases, in ways that are not read.
            self._shell = replace(self._shell, is_certain=False)
        reading = await self._foresight.read(
            whole.meant or whole.text,
            self._shell if is_typed or whole.meant else None,
            is_raw=is_typed and not whole.is_exact,
        )
        if whole.meant and reading.opaque in HARMLESS:
            # Its shell runs this: so it was put wrong.
            reading = replace(reading, opaque="unparsable")
        is_unfinished = not whole.is_exact and whole.where == "shell" and reading.is_unfinished
        decided = judge(rules, reading, where="unfinished" if is_unfinished else whole.where)
        if whole.meant not in {"", whole.text}:
            said = await self._by_rules(rules, whole.text, whole.where)
            decided = strictest([*said, _without_spans(decided)])
        elif not whole.is_exact and whole.where in _SHELLS and reading.opaque != _TOO_LONG:
            put = in_posix(whole.text)  # the shell may be fish
            said = [] if put == whole.text else await self._by_rules(rules, put, whole.where)
            decided = strictest([decided, *map(_without_spans, said)])
        for other in whole.others:
            # Only rules may speak here: a misreading that cannot be parsed says nothing.
            heard = judge(rules, await self._parser.read(other), where="in-program")
            if heard.verdict > max(decided.verdict, Verdict.OPAQUE):
                decided = _without_spans(heard)
        if whole.reason:
            decided = strictest([decided, unseen(rules, whole.reason)])
        is_let = decided.verdict < Verdict.HOLD
        self._statement.keep(whole, is_unfinished=is_unfinished, is_let=is_let)
        if is_typed and not is_unfinished:
            self._shell = shell_after(self._shell, reading, decided)
        return decided, reading

    async def _by_rules(self, rules: CommandRules, text: str, where: str) -> list[Judgement]:
        """What rules say against *text*, which need not be one that can be parsed, or is listed."""
        reading = replace(await self._parser.read(text, state=self._shell), opaque="")
        heard = judge(rules, reading, where=where)
        return [heard] if heard.verdict > Verdict.OPAQUE and heard.rule != UNLISTED else []

    async def hold(self, cleared: Cleared, screen: str = "") -> Held:
        """Ask for approval; *screen* is what the person sees. Raises StoreError."""
        session, judgement = self._journal.session, cleared.judgement
        held = await self._desk.hold(
            Wanted(
                subject=session.subject,
                account=session.account,
                target=session.target,
                login=session.login,
                session_id=session.id,
                command_id=cleared.command.id,
                text=cleared.command.text,
                rule=judgement.rule,
                reason=judgement.reason,
                dangerous=judgement.dangerous,
                approvers=judgement.approvers,
                directory=cleared.directory,
                resolved=resolved(cleared.command.text, cleared.reading),
                screen=screen,
            )
        )
        await self._journal.audit(
            AuditCode.COMMAND_HELD,
            command=cleared.command.id,
            request=held.request.id,
            rule=judgement.rule,
        )
        return held


def shell_after(before: ShellState, reading: Reading, decided: Judgement) -> ShellState:
    """What is known of the shell once a line was judged, which runs unless it is stopped."""
    if decided.verdict is Verdict.BLOCK:
        return before
    if reading.state is None:
        return replace(before, is_certain=False)
    return before.merged(reading.state) if decided.verdict is Verdict.HOLD else reading.state


def _without_spans(judgement: Judgement) -> Judgement:
    """The judgement of another reading: its spans do not fit the text that is kept."""
    return replace(judgement, dangerous=())


def resolved(text: str, reading: Reading | None) -> tuple[str, ...]:
    """The commands that *text*, read so, comes to; none where it says all of them itself."""
    if reading is None:
        return ()
    said = dict.fromkeys(filter(None, map(_in_words, reading.commands)))
    told = tuple(_cut(command, _RESOLVED_CHARS) for command in said)
    if all(command in text for command in told):
        return ()  # each stands there, word for word
    more = len(told) - _MOST_RESOLVED
    return told if more <= 0 else (*told[:_MOST_RESOLVED], f"(and {more} more)")


def _in_words(command: SimpleCommand) -> str:
    """*command* with what is set for it and the files that it opens."""
    opened = (
        word
        for redirection in command.redirections
        for word in (redirection.operator, redirection.target.text)
    )
    words = [word.text for word in (*command.assignments, *command.words)]
    return " ".join([*words, *opened]).replace(UNKNOWN, _UNKNOWN_SHOWN)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}\N{HORIZONTAL ELLIPSIS}"
