"""The strait of `scp -O`: names, sizes and hashes of what passes; a file that is held waits.

What always holds: a file's name is judged and recorded before its line goes on; both sides speak in
turn (`bastion.sftp.dialogue`), so that while an approver is asked nothing of either passes. What it
does not do: know links on the host; who may not use files everywhere does not get here.
"""

import asyncio
import posixpath

from bastion.command.transfer import Transfer, below_home
from bastion.errors import TransferError
from bastion.events import FileDone
from bastion.files import Action, Deed
from bastion.refusal import Code, Refusal
from bastion.relay.carried import Carried
from bastion.relay.file_guard import FileGuard
from bastion.relay.ledger import Doing, Ledger
from bastion.relay.strait import Ways
from bastion.sftp.dialogue import Answer, Dialogue
from bastion.sftp.scp import Body, Entered, Finished, Left, Part, Said, Sent, complaint
from bastion.verdict import Judgement, Verdict

_MAX_DEPTH = 256
_MAX_WAITING_BYTES = 64 * 1024
"""So much of somebody who does not wait for their turn is taken in."""


class ScpStrait:
    """One scp of the old protocol."""

    def __init__(self, transfer: Transfer, guard: FileGuard, ledger: Ledger) -> None:
        self._transfer, self._guard, self._ledger = transfer, guard, ledger
        self._is_upload = transfer.action is Action.UPLOAD
        self._dialogue = Dialogue(is_upload=self._is_upload)
        self._folders: list[str] = []
        self._number = 0
        self._tally: Carried | None = None
        self._is_denied = self._has_ended = False
        self._busy: asyncio.Task[None] | None = None

    def attach(self, ways: Ways) -> None:
        """Write to *ways* from now on."""
        self._ways = ways

    async def close(self) -> None:
        """Note a file that is under way, and let go; raises RecordingError, StoreError."""
        async with self._ledger.closing(self._busy):
            self._done("not finished")

    def from_user(self, data: bytes) -> None:
        """The user sent *data*; raises TransferError, RecordingError."""
        self._take(data, is_sender=self._is_upload)

    def from_host(self, data: bytes) -> None:
        """The host sent *data*; raises TransferError, RecordingError."""
        self._take(data, is_sender=not self._is_upload)

    def user_ended(self) -> None:
        """The user will send no more."""
        self._has_ended = True
        self._go_on()

    def _take(self, data: bytes, *, is_sender: bool) -> None:
        if self._is_denied:
            return  # both were told, and are to end
        (self._dialogue.sent if is_sender else self._dialogue.answered)(data)
        self._go_on()

    def _go_on(self) -> None:
        while not self._is_denied and self._busy is None and (said := self._dialogue.next()):
            match said:
                case Answer():
                    self._hear(said)
                case Sent() | Entered():
                    self._consider(said)
                case _:
                    self._pass(said)
                    self._onwards(said.raw)
        if self._is_denied:
            return
        user, host = self._waiting
        self._ways.hold_user("turn", on=user > _MAX_WAITING_BYTES)
        self._ways.hold_host("turn", on=host > _MAX_WAITING_BYTES)
        is_users_turn = self._is_upload is not self._dialogue.awaits_answer
        if self._has_ended and self._busy is None and (is_users_turn or not user):
            self._ways.end_keys()

    @property
    def _waiting(self) -> tuple[int, int]:
        """How many bytes of the user and of the host wait for their turn."""
        sender, receiver = self._dialogue.sender_waits, self._dialogue.receiver_waits
        return (sender, receiver) if self._is_upload else (receiver, sender)

    def _pass(self, part: Part) -> None:
        match part:
            case Body(raw):
                if self._tally is not None:
                    self._tally.add(raw)
            case Finished(is_good):
                if not is_good:
                    self._done("the sender could not read all of it")
            case Left():
                if not self._folders:
                    raise TransferError("scp leaves a folder that it has not entered")
                self._folders.pop()
            case Said() | Sent() | Entered():
                pass

    def _hear(self, answer: Answer) -> None:
        match answer.to:
            case Entered() if answer.complaint:
                self._folders.pop()  # its end does not come
            case Finished() | Sent() if answer.complaint:
                self._done(answer.complaint)
            case Finished():
                self._done("ok")
            case _:
                pass
        (self._ways.to_user if self._is_upload else self._ways.to_host)(answer.raw)

    def _consider(self, part: Sent | Entered) -> None:
        deeds = self._deeds(part)
        judgement = self._guard.judge(deeds)
        if judgement.verdict is Verdict.ALLOW:
            self._begin(part, deeds, judgement)
            self._onwards(part.raw)
            return
        self._hold(on=True)
        self._busy = asyncio.create_task(self._settle(part, deeds, judgement))

    async def _settle(
        self, part: Sent | Entered, deeds: tuple[Deed, ...], judgement: Judgement
    ) -> None:
        try:
            if await self._guard.passes(deeds, judgement):
                allowed = Judgement(Verdict.ALLOW, judgement.rule, judgement.reason)
                self._begin(part, deeds, allowed)
                self._onwards(part.raw)
            else:
                self._deny(deeds, judgement)
            self._busy = None
            self._hold(on=False)
            self._go_on()
        except Exception as error:  # noqa: BLE001  whatever it is: not judged, so not done
            self._ways.break_(error)

    def _begin(self, part: Sent | Entered, deeds: tuple[Deed, ...], judgement: Judgement) -> None:
        number = self._ledger.asked(self._doing(deeds), judgement)
        if isinstance(part, Entered):
            self._folders.append(part.name)
            if len(self._folders) > _MAX_DEPTH:
                raise TransferError("scp goes too deep")
            self._ledger.done(number, "ok")
        else:
            direction = "written" if self._is_upload else "read"
            self._number = number
            self._tally = self._ledger.carried(number, direction)

    def _deny(self, deeds: tuple[Deed, ...], judgement: Judgement) -> None:
        """Nothing more passes; both sides hear why, and end."""
        self._is_denied = True
        number = self._ledger.asked(self._doing(deeds), judgement)
        self._ledger.done(number, "denied")
        sentence = Refusal(Code.FILE_DENIED, f"{judgement.rule}: {judgement.reason}").text()
        self._ways.to_user(complaint(sentence))
        self._ways.end_keys()

    def _deeds(self, part: Sent | Entered) -> tuple[Deed, ...]:
        """What the part does; where the name on the host is not sure, by each that it can have."""
        is_folder = isinstance(part, Entered)
        action = Action.FOLDER if is_folder and self._is_upload else self._transfer.action
        paths = self._targets(part.name) if self._is_upload else self._sources(part.name)
        sought = [Deed(action, below_home(path), is_deep=True) for path in self._transfer.sought]
        return (*(Deed(action, path) for path in dict.fromkeys(paths)), *sought)

    def _doing(self, deeds: tuple[Deed, ...]) -> Doing:
        """What is recorded: of two names that a file may get, both, for only the host knows."""
        deed = deeds[0]
        is_unsure = self._is_upload and not self._transfer.is_into
        return Doing("scp", str(deed.action), deed.path, deeds[1].path if is_unsure else "")

    def _targets(self, name: str) -> list[str]:
        """Where the host may put what is called *name*; always two, the likely one first."""
        base = below_home(self._transfer.paths[0])
        inner = posixpath.join(base, *self._folders, name)
        other = posixpath.join(base, *self._folders[1:], name)
        paths = [inner, base if not self._folders else other]
        is_name = not self._transfer.is_deep or posixpath.basename(base) == name
        if is_name and not self._transfer.is_into:
            paths.reverse()
        return paths

    def _sources(self, name: str) -> list[str]:
        """What the host may mean by *name*: beside each path that was asked for, likely ones first.

        It calls a path by its last part; which of several paths it is at, it does not say.
        """
        inner = (*self._folders, name)
        bases = [below_home(path) for path in self._transfer.paths]
        bases.sort(key=lambda base: posixpath.basename(base) != inner[0])
        return [posixpath.join(posixpath.dirname(base), *inner) for base in bases]

    def _done(self, result: str) -> None:
        if not self._number or self._tally is None:
            return
        total, sha256, copy = self._tally.total, self._tally.sha256, self._tally.copied()
        carried = (
            FileDone(0, "", written_bytes=total, written_sha256=sha256, copy=copy)
            if self._is_upload
            else FileDone(0, "", read_bytes=total, read_sha256=sha256, copy=copy)
        )
        self._ledger.done(self._number, result, carried)
        self._number = 0

    def _onwards(self, raw: bytes) -> None:
        (self._ways.to_host if self._is_upload else self._ways.to_user)(raw)

    def _hold(self, *, on: bool) -> None:
        (self._ways.hold_user if self._is_upload else self._ways.hold_host)("files", on=on)
