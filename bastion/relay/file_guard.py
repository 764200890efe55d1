"""Says whether something may be done with a file, and asks an approver where a rule holds it.

What always holds: the access rules of this moment say where files may be read and written, and the
rules for files what is blocked or held; every block and hold of a rule is in the journal before
anything follows from it. Paths outside the folders are all in the recording, and the first of a
session in the audit log. What it does not do: know protocols, or forward.
"""

from collections.abc import Awaitable, Callable, Sequence

from bastion.audit.entry import AuditCode
from bastion.files import Deed, Places
from bastion.policy.file_rules import FileRules
from bastion.refusal import Code, Refusal
from bastion.relay.checkpoint import FILES, Checkpoint
from bastion.relay.notices import Notices
from bastion.verdict import Judgement, Verdict

ACCESS = "access"
"""Stands for a rule's id where access rules do not cover a path."""
_MAX_TOLD = 8
_OUTSIDE = Judgement(Verdict.BLOCK, ACCESS, "the access rules do not cover that path")


class FileGuard:
    """The guard of one session.

    Args:
        checkpoint: of the session; approvers are asked through it.
        tell: shows a notice in the session.
        rules: the rules for files in force.
        places: where this session may read and write, at the moment of the question.
        audit: adds an entry about the session to the audit log.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        tell: Callable[[bytes], None],
        rules: Callable[[], FileRules],
        places: Callable[[], Places],
        audit: Callable[..., Awaitable[None]],
    ) -> None:
        self._checkpoint, self._tell = checkpoint, tell
        self._rules, self._places, self._audit = rules, places, audit
        self._notices = Notices(0)
        self._told = 0

    def judge(self, deeds: Sequence[Deed]) -> Judgement:
        """Whether all of *deeds* may be done."""
        places = self._places()
        if not places.are_everywhere and not all(map(places.cover, deeds)):
            return _OUTSIDE
        return self._rules().judge(deeds)

    def follows_links(self, deeds: Sequence[Deed]) -> bool:
        """Whether *deeds* could be judged otherwise if their paths lead elsewhere."""
        actions = [deed.action for deed in deeds]
        return not self._places().are_everywhere or self._rules().concern(actions)

    async def passes(self, deeds: Sequence[Deed], judgement: Judgement) -> bool:
        """Whether *deeds*, judged so, may be done; an approver is asked where a rule holds them.

        Raises RecordingError, StoreError.
        """
        if judgement.verdict is Verdict.ALLOW:
            return True
        text = "; ".join(deed.text for deed in deeds)
        if judgement.rule != ACCESS:
            return await self._checkpoint.settles(text, FILES, judgement)
        self._told += 1
        if self._told <= _MAX_TOLD:  # a whole tree may be refused, file by file
            refusal = Refusal(Code.FILE_DENIED, text)
            self._tell(self._notices.refused(refusal))
            await self._audit(AuditCode.FILE_DENIED, text=text)
        return False
