"""Moves bytes between the two channels of a session, with full fidelity (RFC 4254 section 6).

The order of the end matters. An OpenSSH client whose stdin has ended answers our EOF with CLOSE,
and asyncssh answers CLOSE by dropping all unsent, so an exit status that comes later is lost: EOF
is held back (at most a second) until the exit status is known. The downstream channel is closed
only when the upstream one is, which is after its buffer was delivered.

What always holds: `taps` see every byte before it is written to the other side; an exception in a
tap ends this session and never reaches asyncssh, which would end every session of the connection.
What it does not do: know recordings or gates.
"""

import asyncio
from typing import Protocol

import asyncssh
from asyncssh.channel import SSHClientChannel, SSHServerChannel
from asyncssh.constants import EXTENDED_DATA_STDERR

from bastion.events import Exit, Stream
from bastion.guards import lending, requests
from bastion.guards.lending import Lent

UserChannel = SSHServerChannel[bytes]
"""The downstream session channel that a relay serves."""

_EOF_PATIENCE_SECONDS = 1.0


class Readable(Protocol):
    """A channel whose incoming data can be held back."""

    def pause_reading(self) -> None:
        """Deliver no more."""
        ...

    def resume_reading(self) -> None:
        """Deliver again."""
        ...


class Valve:
    """Reading from a channel stops while any reason holds."""

    def __init__(self) -> None:
        self._reasons: set[str] = set()
        self._channel: Readable | None = None

    def attach(self, channel: Readable) -> None:
        """Hold *channel* from now on."""
        self._channel = channel
        if self._reasons:
            channel.pause_reading()

    def hold(self, why: str, *, on: bool) -> None:
        """Add the reason *why*, or take it away."""
        was_held = bool(self._reasons)
        (self._reasons.add if on else self._reasons.discard)(why)
        if self._channel is None or was_held == bool(self._reasons):
            return
        if self._reasons:
            self._channel.pause_reading()
        else:
            self._channel.resume_reading()


class Ends(Protocol):
    """Who is told of what the host's side does; nothing of it may raise."""

    def from_host(self, data: bytes, stream: Stream) -> bool:
        """The host sent *data*; False if it must not be passed on."""
        ...

    def passed_on(self, data: bytes) -> None:
        """What the host sent is on its way to the user."""
        ...

    def host_ended(self, exit_: Exit | None) -> None:
        """The host's channel is closed; everything was delivered."""
        ...

    def hold_user(self, why: str, *, on: bool) -> None:
        """The host takes no more input (or takes it again)."""
        ...


class HostHalf(asyncssh.SSHClientSession[bytes]):
    """The upstream channel's session: passes what the host says to the user's channel."""

    def __init__(self, user: UserChannel, ends: Ends, lent: Lent | None = None) -> None:
        self._user, self._ends, self._lent = user, ends, lent
        self._exit: Exit | None = None
        self._eof_timer: asyncio.TimerHandle | None = None
        self._is_refused = False
        self.valve = Valve()
        self.channel: SSHClientChannel[bytes] | None = None

    def connection_made(self, chan: SSHClientChannel[bytes]) -> None:
        """The channel exists."""
        self.channel = chan
        self.valve.attach(chan)
        if self._lent is not None:
            lending.offer(chan, self._lent)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """The host sent data."""
        stream: Stream = "stderr" if datatype == EXTENDED_DATA_STDERR else "stdout"
        if not self._ends.from_host(data, stream):
            return
        if not self._is_refused:
            self.write(data, datatype)
        self._ends.passed_on(data)

    def write(self, data: bytes, datatype: int | None) -> None:
        """Pass *data* to the user, who may be gone."""
        if not self._user.is_closing():
            self._user.write(data, datatype)

    def refuse_output(self) -> None:
        """The user can take no more output: drop it, and tell the host."""
        self._is_refused = True
        self.valve.hold("window", on=False)
        if self.channel:
            requests.send_eow(self.channel)

    def eof_received(self) -> bool:
        """The host will send no more; the other direction stays open."""
        if self._exit is not None:
            self._send_eof()
        else:
            loop = asyncio.get_running_loop()
            self._eof_timer = loop.call_later(_EOF_PATIENCE_SECONDS, self._send_eof)
        return True

    def exit_status_received(self, status: int) -> None:
        """The command ended."""
        self._exit = Exit(status)
        requests.send_exit_status(self._user, status)
        self._exit_known()

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:  # noqa: FBT001  asyncssh's callback
        """The command was ended by a signal."""
        self._exit = Exit(None, signal)
        requests.send_exit_signal(self._user, signal, msg, lang, core=core_dumped)
        self._exit_known()

    def pause_writing(self) -> None:
        """The host's window is full."""
        self._ends.hold_user("window", on=True)

    def resume_writing(self) -> None:
        """The host's window has room."""
        self._ends.hold_user("window", on=False)

    def hold_back(self, why: str, on: bool) -> None:  # noqa: FBT001  guards.Pausable
        """The upstream connection's TCP buffer is full (or has room): hold the user's input."""
        self._ends.hold_user(f"host {why}", on=on)

    def connection_lost(self, _exc: Exception | None) -> None:
        """The channel is closed; asyncssh has delivered everything."""
        if self._eof_timer:
            self._eof_timer.cancel()
        self._ends.host_ended(self._exit)

    def _exit_known(self) -> None:
        if self._eof_timer:
            self._eof_timer.cancel()
            self._send_eof()

    def _send_eof(self) -> None:
        self._eof_timer = None
        if not self._user.is_closing():
            self._user.write_eof()
