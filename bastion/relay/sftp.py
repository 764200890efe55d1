"""The strait of an SFTP session: every request is understood, judged and recorded as it passes.

    user → framer → request → guard → (the host is asked where the path leads; an approver) → host
    host → framer → answer → ledger → (our denials in their turn) → user

What always holds: a request that is not understood or not allowed never reaches the host; while one
waits for a decision nothing behind it passes, and what the host answers still does; bytes go on as
they came, but for INIT and VERSION. What it does not do: keep what is in the files.
"""

import asyncio
import posixpath
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from bastion.errors import TransferError
from bastion.events import FileDone
from bastion.files import Action, Deed, clean
from bastion.refusal import Code, Refusal
from bastion.relay.carried import Carried
from bastion.relay.file_guard import FileGuard
from bastion.relay.ledger import Doing, Ledger
from bastion.relay.strait import Ways
from bastion.sftp import greeting, request
from bastion.sftp.conversation import Answer, Conversation, Opened
from bastion.sftp.fields import text
from bastion.sftp.framing import Framer, Packet
from bastion.sftp.numbers import APPENDS, Kind, Status
from bastion.sftp.request import Request
from bastion.verdict import Judgement, Verdict, strictest

_SILENT = frozenset({request.READ, request.WRITE, request.CLOSE})
_OPENS = frozenset({request.OPEN, request.OPENDIR})


class SftpStrait:
    """One SFTP session."""

    def __init__(self, guard: FileGuard, ledger: Ledger) -> None:
        self._guard, self._ledger = guard, ledger
        self._conversation = Conversation()
        self._user, self._host = Framer(Kind.WRITE), Framer(Kind.DATA)
        self._to_host: list[bytes] = []
        self._to_user: list[bytes] = []
        self._home = "/"
        self._has_begun = self._is_greeted = self._has_ended = False
        self._is_held_up = False
        self._busy: asyncio.Task[None] | None = None
        self._question: asyncio.Future[str | Status] | None = None
        self._writing: Opened | None = None
        self._reading: Opened | None = None

    def attach(self, ways: Ways) -> None:
        """Write to *ways* from now on."""
        self._ways = ways

    async def close(self) -> None:
        """Note what is still open, and let go; raises RecordingError, StoreError."""
        async with self._ledger.closing(self._busy):
            for opened in self._conversation.handles.values():
                self._ledger.done(opened.number, "not closed", _carried(opened))
            for waiting in self._conversation.unanswered():
                if waiting.opened is not None:
                    self._ledger.done(waiting.opened.number, "unanswered", _carried(waiting.opened))

    # From the user.

    def from_user(self, data: bytes) -> None:
        """The user sent *data*; raises TransferError, RecordingError."""
        self._user.add(data)
        self._go_on()

    def user_ended(self) -> None:
        """The user will send no more."""
        self._has_ended = True
        self._go_on()

    def _go_on(self) -> None:
        """Take what the user sent, up to a request that has to wait.

        Some clients ask for a whole file at once (paramiko): they wait until the host has answered.
        """
        while self._may_take() and (piece := self._user.next()) is not None:
            if isinstance(piece, Packet):
                self._take(piece)
            else:
                self._take_data(piece)
            if self._conversation.is_full:
                self._flush()  # denials whose turn has come make room
        self._flush()
        self._is_held_up = not self._may_take()
        self._ways.hold_user("files", on=self._is_held_up)
        if self._has_ended and not self._is_held_up:
            self._ways.end_keys()

    def _may_take(self) -> bool:
        """Whether the next packet may be looked at; data of the last one goes on."""
        is_full = self._conversation.is_full and self._user.is_between
        return self._busy is None and not is_full

    def _take(self, packet: Packet) -> None:
        if not self._has_begun:
            self._begin(packet)
            return
        asked = request.parse(packet)
        if problem := self._conversation.problem(asked):
            self._refuse(asked, packet, problem)
        elif deeds := self._deeds(asked):
            self._consider(asked, packet, deeds)
        else:
            self._forward(asked, packet, ())

    def _take_data(self, piece: bytes) -> None:
        """Data of the WRITE before it; dropped where that was refused."""
        if self._writing is not None:
            self._writing.written.add(piece)
            self._to_host.append(piece)

    def _begin(self, packet: Packet) -> None:
        self._has_begun = True
        self._to_host.append(greeting.init(packet))
        self._wait_for(self._find_home())

    async def _find_home(self) -> None:
        home = await self._led(b".")
        if isinstance(home, Status):
            raise TransferError("the host does not say where it begins")
        self._home = home

    def _consider(self, asked: Request, packet: Packet, deeds: tuple[Deed, ...]) -> None:
        judgement = self._guard.judge(deeds)
        is_clear = judgement.verdict is Verdict.ALLOW
        if is_clear and not (asked.paths and self._guard.follows_links(deeds)):
            self._forward(asked, packet, deeds)
        else:
            self._wait_for(self._settle(asked, packet, deeds, judgement))

    async def _settle(
        self, asked: Request, packet: Packet, deeds: tuple[Deed, ...], judgement: Judgement
    ) -> None:
        """Follow the paths on the host, ask an approver where need be, then forward or deny."""
        found = deeds
        if judgement.verdict is not Verdict.BLOCK and asked.paths:
            followed = await self._followed(asked, deeds)
            if isinstance(followed, Status):
                self._refuse(asked, packet, "the host does not say where that leads", followed)
                return
            if followed != deeds:
                found = followed
                judgement = strictest([judgement, self._guard.judge(found)])
        if await self._guard.passes(found, judgement):
            allowed = replace(judgement, verdict=Verdict.ALLOW)
            self._forward(asked, packet, deeds, allowed, found[0].path)
        else:
            self._deny(asked, found, judgement)

    def _forward(
        self,
        asked: Request,
        packet: Packet,
        deeds: tuple[Deed, ...],
        judgement: Judgement | None = None,
        place: str = "",
    ) -> None:
        """Pass *asked* on; *place* is where its path leads, as far as the host was asked."""
        opened = self._conversation.handles.get(asked.handles[0]) if asked.handles else None
        if asked.form not in _SILENT:
            number = self._record(asked, deeds, opened, judgement, place)
            if asked.form in _OPENS:
                opened = self._opened(asked, number, place)
        else:
            number = 0
        if asked.form is request.COPY:
            self._conversation.handles[asked.handles[1]].written.spoil()
        self._conversation.forwarded(asked, (number,) if number else (), opened)
        if asked.form is request.WRITE:
            self._writing = opened
            if opened is not None:
                opened.written.at(asked.numbers[0])
        self._to_host.append(packet.raw)

    def _opened(self, asked: Request, number: int, place: str) -> Opened:
        read, written = (self._ledger.carried(number, way) for way in ("read", "written"))
        if asked.form is request.OPEN and asked.numbers[0] & APPENDS:
            written.spoil()  # where it begins only the host knows
        return Opened(number, place or clean(asked.paths[0], self._home), read, written)

    def _record(
        self,
        asked: Request,
        deeds: tuple[Deed, ...],
        opened: Opened | None,
        judgement: Judgement | None,
        place: str,
    ) -> int:
        doing = _doing(asked, deeds, self._home, opened)
        if asked.form is request.COPY:
            other = self._conversation.handles[asked.handles[1]].path
            doing = replace(doing, action=str(Action.UPLOAD), other=other)
        elif place != doing.path and not doing.other:
            doing = replace(doing, other=place)
        return self._ledger.asked(doing, judgement or Judgement(Verdict.ALLOW))

    def _refuse(
        self, asked: Request, packet: Packet, problem: str, status: Status = Status.FAILURE
    ) -> None:
        """Answer what nobody may ask, whoever it is."""
        if asked.form is request.WRITE:
            self._writing = None  # its data is dropped
        is_unknown = asked.form is request.UNKNOWN
        name = f"{asked.form.name} {packet.kind}" if is_unknown else asked.form.name
        path = asked.paths[0] if asked.paths else ""
        verdict = Judgement(Verdict.BLOCK, "protocol", problem)
        if asked.form not in _SILENT:
            number = self._ledger.asked(Doing(name, "", path), verdict)
            self._ledger.done(number, "denied")
        status = Status.OP_UNSUPPORTED if is_unknown else status
        self._conversation.denied(asked, status, f"bastion: {problem}")

    def _deny(self, asked: Request, deeds: tuple[Deed, ...], judgement: Judgement) -> None:
        number = self._ledger.asked(_doing(asked, deeds, self._home, None), judgement)
        self._ledger.done(number, "denied")
        message = Refusal(Code.FILE_DENIED, f"{judgement.rule}: {judgement.reason}").text()
        self._conversation.denied(asked, Status.PERMISSION_DENIED, message)

    def _deeds(self, asked: Request) -> tuple[Deed, ...]:
        """What *asked* does, by the paths as they are written."""
        if not asked.actions:
            return ()
        if not asked.paths:
            return tuple(
                Deed(action, self._conversation.handles[asked.handles[0]].path)
                for action in asked.actions
            )
        path, other = (clean(p, self._home) for p in (*asked.paths, "")[:2])
        if len(asked.paths) == 1:
            return tuple(Deed(action, path) for action in asked.actions)
        if asked.form is request.SYMLINK:  # OpenSSH: what it leads to, then its name
            path, other = other, clean(asked.paths[0], posixpath.dirname(other))
        return tuple(Deed(action, path, other) for action in asked.actions)

    # Questions of our own.

    async def _followed(self, asked: Request, deeds: tuple[Deed, ...]) -> tuple[Deed, ...] | Status:
        """*deeds*, by the paths that the host says they lead to, or why it cannot say."""
        # What a symbolic link leads to is judged as it is written.
        raw = asked.raw_paths[1 if asked.form is request.SYMLINK else 0 :]
        led = [await self._leads(path, follows=asked.form.follows) for path in raw]
        statuses = [status for status in led if isinstance(status, Status)]
        if unsaid := [status for status in statuses if status is not Status.NO_SUCH_FILE]:
            return unsaid[0]
        # Where there is nothing, the path stays as it is written, and the host will say so.
        pairs = zip(led, deeds[0].paths, strict=False)
        paths = [written if isinstance(place, Status) else place for place, written in pairs]
        path, other = paths[0], paths[1] if len(paths) > 1 else deeds[0].other
        return tuple(replace(deed, path=path, other=other) for deed in deeds)

    async def _leads(self, path: bytes, *, follows: bool) -> str | Status:
        """Where *path* leads; without *follows*, only its folder is looked up.

        A slash at the end has every host follow a link that stands before it.
        """
        folder, name = posixpath.split(path)
        if follows or name in (b"", b".", b".."):
            return await self._led(path or b".")
        found = await self._led(folder or b".")
        return found if isinstance(found, Status) else clean(text(name), found)

    async def _led(self, path: bytes) -> str | Status:
        self._question = asyncio.get_running_loop().create_future()
        self._to_host.append(greeting.question(path))
        self._flush()
        try:
            return await self._question
        finally:
            self._question = None

    def _wait_for(self, settling: Coroutine[Any, Any, None]) -> None:
        self._busy = asyncio.create_task(self._waited(settling))

    async def _waited(self, settling: Coroutine[Any, Any, None]) -> None:
        try:
            await settling
            self._busy = None
            self._go_on()
        except Exception as error:  # noqa: BLE001  whatever it is: not judged, so not done
            self._ways.break_(error)

    # From the host.

    def from_host(self, data: bytes) -> None:
        """The host sent *data*; raises TransferError, RecordingError."""
        self._host.add(data)
        while (piece := self._host.next()) is not None:
            if not isinstance(piece, Packet):
                if self._reading is not None:
                    self._reading.read.add(piece)
                self._to_user.append(piece)
            elif not self._is_greeted:
                self._is_greeted = True
                self._to_user.append(greeting.version(piece))
            elif self._question is not None and greeting.is_own(piece):
                self._answer_own(piece)
            else:
                self._hear(self._conversation.answered(piece), piece)
                self._to_user.append(piece.raw)
        self._flush()
        if self._is_held_up and self._may_take():
            self._go_on()

    def _answer_own(self, packet: Packet) -> None:
        if self._question is None or self._question.done():
            raise TransferError("the host answers twice")
        self._question.set_result(greeting.resolved(packet))

    def _hear(self, answer: Answer, packet: Packet) -> None:
        waiting = answer.waiting
        form, opened = waiting.request.form, waiting.opened
        if packet.kind == Kind.DATA:
            self._reading = opened
            if opened is not None:
                opened.read.at(waiting.request.numbers[0])
        elif form is request.WRITE:
            if not answer.is_good and opened is not None:
                opened.written.spoil()
        elif form is request.CLOSE:
            if opened is not None:
                self._ledger.done(opened.number, answer.words, _carried(opened))
        elif not (form in _OPENS and packet.kind == Kind.HANDLE):
            for number in waiting.numbers:
                self._ledger.done(number, answer.words)

    def _flush(self) -> None:
        """Write what has gathered; our denials stand between packets of the host."""
        if self._host.is_between and (due := self._conversation.due()):
            self._to_user.append(due)
        host, self._to_host = b"".join(self._to_host), []
        user, self._to_user = b"".join(self._to_user), []
        if host:
            self._ways.to_host(host)
        if user:
            self._ways.to_user(user)


def _doing(asked: Request, deeds: tuple[Deed, ...], home: str, opened: Opened | None) -> Doing:
    if deeds:
        actions = "+".join(deed.action for deed in deeds)
        return Doing(asked.form.name, actions, deeds[0].path, deeds[0].other)
    path = clean(asked.paths[0], home) if asked.paths else (opened.path if opened else "")
    return Doing(asked.form.name, "", path)


def _carried(opened: Opened) -> FileDone:
    read, written = opened.read, opened.written
    copies = [tally.copied() for tally in (read, written) if isinstance(tally, Carried)]
    copy = " ".join(filter(None, copies))
    return FileDone(0, "", read.total, read.sha256, written.total, written.sha256, copy)
