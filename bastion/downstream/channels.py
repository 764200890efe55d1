"""The channels of one connection: which requests each kind of channel may make.

What always holds: a channel opens only with an `Authorization`, for the kinds that it covers; every
other kind and every unknown request is refused with a sentence. Environment variables pass by an
allow-list. What it does not do: relay; `bastion.relay.session` does, once a request was accepted.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import asyncssh
from asyncssh.constants import OPEN_ADMINISTRATIVELY_PROHIBITED

from bastion.authorization import SFTP, Authorization, Channel, door
from bastion.guards import requests
from bastion.guards.lending import Display, Lent
from bastion.policy.authorize import may_open
from bastion.printable import printable
from bastion.refusal import Code, Refusal
from bastion.relay.live import Live
from bastion.relay.pump import UserChannel
from bastion.relay.session import RelaySession
from bastion.relay.wire import Asked, Terminal, Wire, sized

_PASSED_VARIABLES = re.compile(rb"LANG|LC_[A-Z]+|COLORTERM|NO_COLOR")
_MAX_VALUE_BYTES = 256
_FAILED = 255  # as ssh says "the connection failed"
_DEFERRED: Any = None  # asyncssh takes None for "the answer comes later" (requests.reply)


class Loan(Protocol):
    """What a session may lend to the host."""

    @property
    def lent(self) -> Lent:
        """What it lends."""
        ...

    def agent(self) -> Refusal | None:
        """Lend the agent, or say why not."""
        ...

    def display(self, display: Display) -> Refusal | None:
        """Lend the display, or say why not."""
        ...

    def over(self) -> None:
        """The session is over."""
        ...


class RelayMaker(Protocol):
    """Makes the relay of one channel."""

    def __call__(self, channel: UserChannel) -> RelaySession:
        """A relay for *channel*, not started."""
        ...


def refuse(refusal: Refusal) -> asyncssh.ChannelOpenError:
    """The refusal of a channel, as the client shows it: `channel 0: open failed: …`."""
    return asyncssh.ChannelOpenError(OPEN_ADMINISTRATIVELY_PROHIBITED, refusal.text())


class ChannelSession(asyncssh.SSHServerSession[bytes]):
    """One session channel, from its opening to its close."""

    def __init__(
        self, authorization: Authorization, make_relay: RelayMaker, live: Live, loan: Loan
    ) -> None:
        self._authorization, self._make_relay, self._live = authorization, make_relay, live
        self._loan = loan
        self._terminal: Terminal | None = None
        self._channel: UserChannel | None = None
        self._relay: RelaySession | None = None

    def connection_made(self, chan: UserChannel) -> None:
        """The channel is open."""
        self._channel = chan
        self._relay = self._make_relay(chan)

    def pty_requested(
        self, term_type: str, term_size: tuple[int, int, int, int], term_modes: Mapping[int, int]
    ) -> bool:
        """Remember the terminal; the host is asked for one when the session starts."""
        self._terminal = Terminal(term_type, sized(term_size), dict(term_modes))
        return True

    def agent_requested(self) -> bool:
        """The client offers its ssh-agent (guards.lending.Lends)."""
        refusal = self._loan.agent()
        if refusal is not None and self._channel is not None:
            # Many have `ForwardAgent yes` for everything: only `ssh -v` shows this.
            self._channel.get_connection().send_debug(refusal.text())
        return refusal is None

    def display_requested(self, display: Display) -> bool:
        """The client offers its display."""
        refusal = self._loan.display(display)
        if refusal is not None and self._channel is not None:
            self._channel.write_stderr(f"{refusal.text()}\r\n".encode())
        return refusal is None

    def shell_requested(self) -> bool:
        """A login shell, on a terminal."""
        if self._terminal is None:
            return self._refuse(Refusal(Code.CHANNEL_REFUSED, "a shell without a terminal"))
        return self._start(Channel.SHELL, "")

    def exec_requested(self, command: str) -> bool:
        """One command."""
        return self._start(Channel.EXEC, command)

    def subsystem_requested(self, subsystem: str) -> bool:
        """SFTP, and no other."""
        if subsystem == SFTP:
            self._terminal = None  # a terminal would change the bytes
            return self._start(SFTP, "")
        return self._refuse(Refusal(Code.CHANNEL_REFUSED, f"subsystem {printable(subsystem, 64)}"))

    def data_received(self, data: bytes, _datatype: int | None) -> None:
        """The user typed or sent something."""
        self._with(lambda wire: wire.input(data))

    def eof_received(self) -> bool:
        """The user will send no more; the other direction stays open."""
        self._with(Wire.input_ended)
        return True

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        """The terminal has a new size."""
        size = sized((width, height, pixwidth, pixheight))
        self._with(lambda wire: wire.resize(size))

    def signal_received(self, signal: str) -> None:
        """The user sent a signal (RFC 4254 section 6.9)."""
        self._with(lambda wire: wire.signal(signal))

    def break_received(self, msec: int) -> bool:
        """The user sent a break (RFC 4335)."""
        self._with(lambda wire: wire.send_break(msec))
        return True

    def pause_writing(self) -> None:
        """The user's window is full."""
        self.hold_back("window", on=True)

    def resume_writing(self) -> None:
        """The user's window has room."""
        self.hold_back("window", on=False)

    def hold_back(self, why: str, on: bool) -> None:  # noqa: FBT001  guards.Pausable
        """Stop (or go on) reading from the host, for the reason *why*."""
        self._with(lambda wire: wire.hold_host(why, on=on))

    def output_refused(self) -> None:
        """The client takes no more output."""
        self._with(Wire.output_refused)

    def connection_lost(self, _exc: Exception | None) -> None:
        """The channel is closed."""
        self._loan.over()
        if self._relay is not None:
            self._relay.lost()

    def _with(self, act: Callable[[Wire], object]) -> None:
        if self._relay is not None:
            act(self._relay.wire)

    def _start(self, kind: str, command: str) -> bool:
        if refusal := may_open(self._authorization, door(kind, self._authorization.channels)):
            return self._refuse(refusal)
        if self._channel is None or self._relay is None:
            return False
        environment = tuple(
            (name, value)
            for name, value in self._channel.get_environment_bytes().items()
            if _PASSED_VARIABLES.fullmatch(name) and len(value) <= _MAX_VALUE_BYTES
        )
        asked = Asked(str(kind), command, self._terminal, environment, self._loan.lent)
        self._live.watch(self._relay, self._relay.start(asked))
        answer: bool = _DEFERRED
        return answer

    def _refuse(self, refusal: Refusal) -> bool:
        """End the channel with a sentence: of a request that fails, clients show no more than that.

        So the request is answered as done, and what was asked for is not.
        """
        if self._channel is None or self._channel.is_closing():
            return False
        requests.reply(self._channel, accepted=True)
        self._channel.write_stderr(f"{refusal.text()}\r\n".encode())
        self._channel.exit(_FAILED)
        answered: bool = _DEFERRED
        return answered
