"""The side channel: a second channel of the host's connection, by which the shell asks.

It must not be the terminal: what is typed ahead, echoed or printed there would be mistaken for
questions and answers. docs/PROTOCOL.shell says what crosses it.

What always holds: nothing that comes over it raises into the connection; what comes before anybody
listens is kept in bounded memory; its end is told once. What it does not do: understand questions,
or rule on them.
"""

import asyncio
from collections.abc import Callable

import asyncssh
import structlog
from asyncssh.channel import SSHClientChannel

from bastion.command.shell.bootstrap import Secret, side_channel_command
from bastion.command.shell.questions import Answer, Forged, Question, Questions, answer
from bastion.upstream.connection import UpstreamConnection

_LOG = structlog.get_logger()
READY_SECONDS = 5.0
_MAX_EARLY = 64
_Word = Question | Forged


class SideChannel(asyncssh.SSHClientSession[bytes]):
    """One side channel."""

    def __init__(self, secret: Secret) -> None:
        self._secret, self._questions = secret, Questions(secret)
        self._channel: SSHClientChannel[bytes] | None = None
        self._ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._early: list[_Word] = []
        self._heard: Callable[[_Word], None] | None = None
        self._gone: Callable[[str], None] = lambda _: None
        self._cause = ""

    def listen(self, heard: Callable[[_Word], None], gone: Callable[[str], None]) -> None:
        """Tell *heard* every word from now on, and *gone* the end of them."""
        self._heard, self._gone = heard, gone
        early, self._early = self._early, []
        for word in early:
            heard(word)
        if self._cause:
            gone(self._cause)

    async def ready(self) -> str:
        """Wait until the host is ready; why there is no integration, empty where there is."""
        try:
            return await asyncio.wait_for(self._ready, READY_SECONDS)
        except TimeoutError:
            return "the host was not ready in time"

    @property
    def shell(self) -> str:
        """The name of the shell that is to ask."""
        return self._questions.shell

    def answer(self, question: Question, given: Answer) -> None:
        """Answer *question*; where that cannot be sent, the shell denies by itself."""
        channel = self._channel
        if channel is not None and not channel.is_closing():
            channel.write(answer(self._secret, question, given))

    def close(self) -> None:
        """End it; the host removes what it made for it."""
        if self._channel is not None:
            self._channel.close()

    async def leave(self) -> None:
        """End it as nobody listens any more, and wait until the host has tidied up."""
        self._heard, self._gone = lambda _: None, lambda _: None
        if self._channel is None:
            return
        try:
            async with asyncio.timeout(READY_SECONDS):
                self._channel.write_eof()
                await self._channel.wait_closed()
        except TimeoutError:
            self.close()

    # From asyncssh.

    def connection_made(self, chan: SSHClientChannel[bytes]) -> None:
        """The channel exists."""
        self._channel = chan

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """The host sent data; what it sends as an error is not for us."""
        if datatype is not None:
            return
        try:
            self._take(data)
        except Exception as error:  # noqa: BLE001  it would end every session of the connection
            _LOG.exception("a word from a shell could not be taken", cause=repr(error))
            self._end("internal error")

    def eof_received(self) -> bool:
        """The host will send no more."""
        self._end("the host closed the side channel")
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  it is the end anyhow
        """The channel is closed."""
        self._end("the side channel is closed")

    def _take(self, data: bytes) -> None:
        for word in self._questions.feed(data):
            if self._heard is not None:
                self._heard(word)
            elif len(self._early) < _MAX_EARLY:
                self._early.append(word)
        if self._questions.absence:
            self._decide(self._questions.absence)
        elif self._questions.shell:
            self._decide("")

    def _decide(self, absence: str) -> None:
        if not self._ready.done():
            self._ready.set_result(absence)

    def _end(self, cause: str) -> None:
        if self._cause:
            return
        self._cause = cause
        self._decide(cause)
        self._gone(cause)


async def open_side(connection: UpstreamConnection, secret: Secret) -> SideChannel | str:
    """A side channel that is ready on the host; why there is none where there is none."""
    side = SideChannel(secret)
    try:
        async with asyncio.timeout(READY_SECONDS):
            await connection.create_session(
                lambda: side, side_channel_command(secret), request_pty=False, encoding=None
            )
    except (TimeoutError, asyncssh.ChannelOpenError) as error:
        side.close()
        return f"the host opened no side channel ({type(error).__name__})"
    except asyncio.CancelledError:
        side.close()
        raise
    absence = await side.ready()
    if absence:
        side.close()
        return absence
    return side
