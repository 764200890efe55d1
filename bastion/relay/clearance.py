"""Takes a command through reading, judging and, where it is held, approval.

What always holds: every verdict is in the journal before anything is done about it; other readings
of a line can only make its judgement stricter; whatever fails on the way stops the command. What it
does not do: show anything, or touch the host.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bastion.approval.desk import Desk, Held
from bastion.approval.request import Wanted
from bastion.audit.entry import AuditCode
from bastion.command.parser import Parser
from bastion.policy.command_rules import CommandRules
from bastion.policy.judge import judge
from bastion.relay.journal import Journal
from bastion.relay.statement import Statement
from bastion.store.rows import Command
from bastion.verdict import Judgement, Verdict


@dataclass(frozen=True)
class Cleared:
    """A command that was judged and kept."""

    command: Command
    judgement: Judgement


class Clearance:
    """Judges the commands of one session."""

    def __init__(
        self,
        parser: Parser,
        rules: Callable[[], CommandRules],
        desk: Desk,
        journal: Journal,
    ) -> None:
        self._parser, self._rules = parser, rules
        self._desk, self._journal = desk, journal
        self._statement = Statement()

    async def judge(
        self,
        text: str,
        *,
        source: str,
        where: str,
        others: Sequence[str] = (),
        prompt: str = "",
    ) -> Cleared:
        """The kept verdict on *text*; raises RecordingError, StoreError.

        A line that goes on with the command before it is judged, kept and approved as the whole.
        """
        whole = self._statement.whole(text, prompt, where)
        if whole != text:
            others, where = (text, *others), "shell"
        rules = self._rules()
        reading = await self._parser.read(whole)
        is_unfinished = where == "shell" and reading.opaque == "incomplete"
        self._statement.keep(whole, is_unfinished=is_unfinished)
        decided = judge(rules, reading, where="unfinished" if is_unfinished else where)
        for other in others:
            # Only rules may speak here: a misreading that cannot be parsed says nothing.
            heard = judge(rules, await self._parser.read(other), where="in-program")
            if heard.verdict > max(decided.verdict, Verdict.OPAQUE):
                decided = _without_spans(heard)
        command = await self._journal.judged(whole, source, decided)
        if decided.verdict is Verdict.BLOCK:
            await self._journal.audit(
                AuditCode.COMMAND_BLOCKED, command=command.id, text=whole, rule=decided.rule
            )
        return Cleared(command, decided)

    async def hold(self, cleared: Cleared) -> Held:
        """Ask for approval; raises StoreError."""
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
            )
        )
        await self._journal.audit(
            AuditCode.COMMAND_HELD,
            command=cleared.command.id,
            request=held.request.id,
            rule=judgement.rule,
        )
        return held


def _without_spans(judgement: Judgement) -> Judgement:
    """The judgement of another reading: its spans do not fit the text that is kept."""
    return Judgement(judgement.verdict, judgement.rule, judgement.reason, (), judgement.approvers)
