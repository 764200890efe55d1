"""Finds the strait of a session: which protocol its bytes are, and whether files may pass at all.

What always holds: a transfer is known by the words of its command, read as a shell would, and needs
the channels for files beside `exec`; one whose paths cannot be followed is for those alone who may
use files everywhere. What it does not do: read the protocols.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bastion.authorization import SFTP, Authorization, Channel
from bastion.clock import Clock
from bastion.command.programs import Kind
from bastion.command.transfer import Transfer, below_home, transfer_of
from bastion.files import EVERYWHERE, Action, Deed
from bastion.policy.authorize import may_open
from bastion.policy.current import Rules
from bastion.recording.copies import Copies
from bastion.recording.library import Library
from bastion.refusal import Code, Refusal
from bastion.relay.file_guard import FileGuard
from bastion.relay.ledger import Doing, Ledger
from bastion.relay.passage import Passage
from bastion.relay.reach import Reach
from bastion.relay.rsync import RsyncStrait
from bastion.relay.scp import ScpStrait
from bastion.relay.sftp import SftpStrait
from bastion.relay.strait import Strait
from bastion.verdict import Judgement, Verdict


@dataclass(frozen=True)
class Straits:
    """Makes the straits of one process.

    Attributes:
        rules: in force.
        library: beside the recordings in it stand copies of files.
        copy_bytes: how large a file is copied; 0 for none.
    """

    rules: Callable[[], Rules]
    clock: Clock
    library: Library
    copy_bytes: int

    async def find(self, passage: Passage) -> Strait | Refusal | None:
        """The strait of the session; None where its bytes are no transfer that is known.

        Raises RecordingError, StoreError.
        """
        if passage.asked.kind == SFTP:
            return SftpStrait(self._guard(passage), self._ledger(passage))
        transfer = transfer_of(passage.reading) if passage.reading else None
        if transfer is None:
            return None
        if refusal := _unreachable(transfer, passage.authorization()):
            return refusal
        if transfer.kind is Kind.SCP:
            return ScpStrait(transfer, self._guard(passage), self._ledger(passage))
        return await self._rsync(transfer, passage)

    async def _rsync(self, transfer: Transfer, passage: Passage) -> Strait | Refusal:
        guard, ledger = self._guard(passage), self._ledger(passage)
        deeds = _deeds(transfer)
        judgement = guard.judge(deeds)
        is_allowed = await guard.passes(deeds, judgement)
        noted = judgement if not is_allowed else _allowed(judgement)
        numbers = tuple(
            ledger.asked(Doing("rsync", str(deed.action), deed.path), noted) for deed in deeds
        )
        if is_allowed:
            return RsyncStrait(passage.journal, ledger, numbers)
        for number in numbers:
            ledger.done(number, "denied")
        await ledger.close()
        return Refusal(Code.FILE_DENIED, f"{judgement.rule}: {judgement.reason}")

    def _guard(self, passage: Passage) -> FileGuard:
        return FileGuard(
            passage.checkpoint,
            passage.show,
            lambda: self.rules().files,
            Reach(self.rules, passage.authorization, self.clock).places,
            passage.journal.audit,
        )

    def _ledger(self, passage: Passage) -> Ledger:
        recording = self.library.path(passage.journal.session.recording)
        copies = Copies(recording, self.copy_bytes)
        return Ledger(passage.journal, self.clock, passage.fail, copies)


def _unreachable(transfer: Transfer, authorization: Authorization) -> Refusal | None:
    """Why *authorization* does not let a transfer through whose links cannot be followed."""
    is_upload = transfer.action is Action.UPLOAD
    channel = Channel.SFTP_WRITE if is_upload else Channel.SFTP_READ
    if refusal := may_open(authorization, channel):
        return refusal
    if transfer.is_deleting and authorization.files.write != EVERYWHERE:
        return Refusal(Code.FILE_DENIED, "rsync would delete, and you may not write there")
    if transfer.problem:
        return Refusal(Code.FILE_DENIED, transfer.problem)
    files = authorization.files
    if (files.write if is_upload else files.read) != EVERYWHERE:
        advice = "your folders are limited, and only `sftp` and `scp` without -O keep to folders"
        return Refusal(Code.FILE_DENIED, f"{transfer.kind}: {advice}")
    return None


def _deeds(transfer: Transfer) -> list[Deed]:
    """What rsync may do; the name of a file that comes is seen only where it leaves."""
    is_upload = transfer.action is Action.UPLOAD
    actions = [transfer.action, *[Action.DELETE] * transfer.is_deleting]
    return [
        Deed(action, below_home(path), is_deep=transfer.is_deep, is_into=is_upload)
        for path in transfer.paths
        for action in actions
    ]


def _allowed(judgement: Judgement) -> Judgement:
    return Judgement(Verdict.ALLOW, judgement.rule, judgement.reason)
