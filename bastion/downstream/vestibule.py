"""A session channel whose opening needs an approval: open, but nothing behind it yet.

    the client asks for a shell or a command → the channel says what it waits for → admitted:
    the session that serves such channels takes it over as if it had been there all along

What always holds: nothing is dialed and nothing is run before the admission; what the user types
meanwhile waits in bounded memory and is passed on; Ctrl-C cancels. What it does not do: decide
(`bastion.downstream.admission`), or relay.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import asyncssh
from asyncssh.constants import EXTENDED_DATA_STDERR

from bastion.authorization import Authorization, Channel
from bastion.downstream.heard import heard
from bastion.downstream.told import ToldSession
from bastion.downstream.waiting_line import WaitingLine
from bastion.guards import requests
from bastion.refusal import Refusal
from bastion.relay.pump import UserChannel, Valve
from bastion.store.rows import Request

_EARLY_BYTES = 64 * 1024
_CANCEL = b"\x03"
_FAILED = 255  # as ssh says "the connection failed"
_DEFERRED: Any = None  # asyncssh takes None for "the answer comes later" (requests.reply)
_FILES = (Channel.SFTP_READ, Channel.SFTP_WRITE)


class Admitted(Protocol):
    """Waits for the admission of one channel."""

    async def __call__(
        self,
        kinds: Sequence[Channel],
        *,
        show: Callable[[Request], None],
        cancelled: asyncio.Event,
    ) -> Authorization | Refusal:
        """The authorization for one of *kinds*, or why there is none; raises StoreError."""
        ...


@dataclass(frozen=True)
class _Wanted:
    """What the client asked for, and how the session is told."""

    kinds: tuple[Channel, ...]
    begin: Callable[[asyncssh.SSHServerSession[bytes]], Any]


class Vestibule(ToldSession):
    """One channel, until it is admitted."""

    def __init__(
        self,
        admitted: Admitted,
        make_session: Callable[[Authorization], asyncssh.SSHServerSession[bytes]],
        clock: Callable[[], float],
    ) -> None:
        super().__init__()
        self._admitted, self._make_session, self._clock = admitted, make_session, clock
        self._early, self._is_input_over, self._valve = bytearray(), False, Valve()
        self._cancelled = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def shell_requested(self) -> bool:
        """A login shell."""
        return self._wait(_Wanted((Channel.SHELL,), lambda session: session.shell_requested()))

    def exec_requested(self, command: str) -> bool:
        """One command."""
        return self._wait(_Wanted((Channel.EXEC,), lambda session: session.exec_requested(command)))

    def subsystem_requested(self, subsystem: str) -> bool:
        """A subsystem; which one may be opened says the session behind."""
        return self._wait(_Wanted(_FILES, lambda session: session.subsystem_requested(subsystem)))

    def data_received(self, data: bytes, _datatype: int | None) -> None:
        """The user typed or sent something."""
        if self._told.has_terminal and _CANCEL in data:
            self._cancelled.set()
            return
        self._early += data
        if len(self._early) > _EARLY_BYTES:
            self._valve.hold("early", on=True)

    def eof_received(self) -> bool:
        """The user will send no more."""
        self._is_input_over = True
        return True

    def signal_received(self, signal: str) -> None:
        """An interrupt cancels; there is nothing yet that could take another signal."""
        if signal == "INT":
            self._cancelled.set()

    def connection_lost(self, _exc: Exception | None) -> None:
        """The channel is closed; nobody waits any more."""
        if self._task is not None:
            self._task.cancel()

    def _wait(self, wanted: _Wanted) -> bool:
        if self._channel is None or self._task is not None:
            return False
        self._valve.attach(self._channel)
        self._task = asyncio.create_task(self._run(self._channel, wanted))
        answer: bool = _DEFERRED
        return answer

    async def _run(self, channel: UserChannel, wanted: _Wanted) -> None:
        line = WaitingLine(self._told.cols, self._clock)

        def show(request: Request) -> None:
            requests.reply(channel, accepted=True)  # from now on the client passes Ctrl-C on
            self._write(line.waiting(request, self._told.cols))

        async def enter() -> Refusal | None:
            answer = await self._admitted(wanted.kinds, show=show, cancelled=self._cancelled)
            if isinstance(answer, Authorization) and not channel.is_closing():
                self._write(line.approved())
                self._hand_over(channel, wanted, answer)
            return answer if isinstance(answer, Refusal) else None

        refusal = await heard(enter(), "an admission failed")
        if refusal is not None and not channel.is_closing():
            requests.reply(channel, accepted=True)
            self._write(line.refused(refusal))
            channel.exit(_FAILED)

    def _hand_over(
        self, channel: UserChannel, wanted: _Wanted, authorization: Authorization
    ) -> None:
        session = self._make_session(authorization)
        self._told.pass_on(channel, session)
        if wanted.begin(session) is False:
            requests.reply(channel, accepted=False)
            channel.close()
            return
        if self._early:
            session.data_received(bytes(self._early), None)
        if self._is_input_over:
            session.eof_received()
        # Where more waits than is kept here, the relay holds it as well, and lets it go later.

    def _write(self, text: bytes) -> None:
        if self._channel is not None and text and not self._channel.is_closing():
            self._channel.write(text, None if self._told.has_terminal else EXTENDED_DATA_STDERR)
