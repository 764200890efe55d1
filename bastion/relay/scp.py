"""The strait of `scp -O`: names, sizes and hashes of what passes; a file that is held waits.

What always holds: a file's name is judged and recorded before its line goes on; while an approver
is asked nothing of the sender passes. What it does not do: know links on the host; who may not use
files everywhere does not get here.
"""

import asyncio
import posixpath
from collections.abc import Callable

from bastion.command.transfer import Transfer, below_home
from bastion.errors import TransferError
from bastion.events import FileDone
from bastion.files import Action, Deed
from bastion.refusal import Code, Refusal
from bastion.relay.carried import Carried
from bastion.relay.file_guard import FileGuard
from bastion.relay.ledger import Doing, Ledger
from bastion.relay.strait import Ways
from bastion.sftp.scp import (
    Acks,
    Body,
    Entered,
    Finished,
    Left,
    Part,
    Said,
    Sender,
    Sent,
    complaint,
)
from bastion.verdict import Judgement, Verdict

_MAX_DEPTH = 256


class ScpStrait:
    """One scp of the old protocol."""

    def __init__(self, transfer: Transfer, guard: FileGuard, ledger: Ledger) -> None:
        self._transfer, self._guard, self._ledger = transfer, guard, ledger
        self._sender, self._acks = Sender(), Acks()
        self._is_upload = transfer.action is Action.UPLOAD
        self._folders: list[str] = []
        self._number = 0
        self._tally: Carried | None = None
        self._is_sent = self._is_denied = self._has_ended = False
        self._busy: asyncio.Task[None] | None = None

    def attach(self, ways: Ways) -> None:
        """Write to *ways* from now on."""
        self._ways = ways

    async def close(self) -> None:
        """Note a file that is under way, and let go; raises RecordingError, StoreError."""
        if self._busy is not None:
            self._busy.cancel()
            await asyncio.wait([self._busy])
        try:
            self._done("not finished")
        finally:
            await self._ledger.close()

    def from_user(self, data: bytes) -> None:
        """The user sent *data*; raises TransferError, RecordingError."""
        if self._is_upload:
            self._from_sender(data)
        elif not self._is_denied:
            self._hear(data)
            self._ways.to_host(data)

    def from_host(self, data: bytes) -> None:
        """The host sent *data*; raises TransferError, RecordingError."""
        if not self._is_upload:
            self._from_sender(data)
        elif not self._is_denied:
            self._hear(data)
            self._ways.to_user(data)

    def user_ended(self) -> None:
        """The user will send no more."""
        self._has_ended = True
        if self._busy is None:
            self._ways.end_keys()

    def _from_sender(self, data: bytes) -> None:
        self._sender.add(data)
        self._go_on()

    def _go_on(self) -> None:
        out: list[bytes] = []
        while self._busy is None and not self._is_denied and (part := self._sender.next()):
            if isinstance(part, Sent | Entered):
                self._consider(part, out)
            else:
                self._pass(part)
                out.append(part.raw)
        if out:
            self._onwards(b"".join(out))
        if self._has_ended and self._busy is None:
            self._ways.end_keys()

    def _pass(self, part: Part) -> None:
        match part:
            case Body(raw):
                if self._tally is not None:
                    self._tally.add(raw)
            case Finished(is_good):
                self._is_sent = is_good
                if not is_good:
                    self._done("the sender could not read all of it")
            case Left():
                if not self._folders:
                    raise TransferError("scp leaves a folder that it has not entered")
                self._folders.pop()
            case Said() | Sent() | Entered():
                pass

    def _consider(self, part: Sent | Entered, out: list[bytes]) -> None:
        deeds = self._deeds(part)
        judgement = self._guard.judge(deeds)
        if judgement.verdict is Verdict.ALLOW:
            self._begin(part, deeds, judgement)
            out.append(part.raw)
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
        deed = deeds[0]
        number = self._ledger.asked(Doing("scp", str(deed.action), deed.path), judgement)
        if isinstance(part, Entered):
            self._folders.append(part.name)
            if len(self._folders) > _MAX_DEPTH:
                raise TransferError("scp goes too deep")
            self._ledger.done(number, "ok")
        else:
            direction = "written" if self._is_upload else "read"
            self._number, self._is_sent = number, False
            self._tally = self._ledger.carried(number, direction)

    def _deny(self, deeds: tuple[Deed, ...], judgement: Judgement) -> None:
        """Nothing more passes; both sides hear why, and end."""
        self._is_denied = True
        deed = deeds[0]
        number = self._ledger.asked(Doing("scp", str(deed.action), deed.path), judgement)
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

    def _targets(self, name: str) -> list[str]:
        """Where the host may put what is called *name*."""
        base = below_home(self._transfer.paths[0])
        inner = posixpath.join(base, *self._folders, name)
        other = posixpath.join(base, *self._folders[1:], name)
        paths = [inner, base if not self._folders else other]
        if not self._transfer.is_into and posixpath.basename(base) == name:
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

    def _hear(self, data: bytes) -> None:
        """The answers of the side that receives."""
        for answer in self._acks.hear(data):
            if self._is_sent or answer:
                self._done(answer or "ok")

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
        self._number, self._is_sent = 0, False

    @property
    def _onwards(self) -> Callable[[bytes], None]:
        return self._ways.to_host if self._is_upload else self._ways.to_user

    def _hold(self, *, on: bool) -> None:
        (self._ways.hold_user if self._is_upload else self._ways.hold_host)("files", on=on)
