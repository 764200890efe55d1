"""Joins two channels that carry a stream of bytes: a forwarded connection, an agent, a display.

    user's channel ⇄ Half ⇄ Pipe ⇄ Half ⇄ host's channel

What always holds: every byte passes `inspect` before it is written to the other side; a side that
reads slowly stops the other from being read; the end of one direction is passed on and leaves the
other open (half-close); nothing here raises into asyncssh, which would end every session of the
connection. What it does not do: know what the bytes mean, or who may send them.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import asyncssh

from bastion.relay.pump import Valve

Side: TypeAlias = Literal["user", "host"]
OTHER: dict[Side, Side] = {"user": "host", "host": "user"}


class Half(asyncssh.SSHTCPSession[bytes], asyncssh.SSHUNIXSession[bytes]):
    """One of the two channels, of whatever kind."""

    def __init__(self, pipe: "Pipe", side: Side) -> None:
        self._pipe, self._side = pipe, side
        self._early: list[bytes] = []
        self._is_early_end = False
        self.valve = Valve()
        self.channel: Any = None  # asyncssh's classes of channels have no protocol in common

    def connection_made(self, chan: Any) -> None:
        """The channel exists; what came for it meanwhile is written."""
        self.channel = chan
        self.valve.attach(chan)
        early, self._early = self._early, []
        for data in early:
            self.write(data)
        if self._is_early_end:
            self.end()
        self._pipe.attached(self._side)

    def data_received(self, data: bytes, _datatype: int | None) -> None:
        """The peer sent *data*."""
        self._pipe.carry(self._side, data)

    def eof_received(self) -> bool:
        """The peer sends no more; the other direction stays open."""
        self._pipe.ended(self._side)
        return True

    def pause_writing(self) -> None:
        """The peer's window is full."""
        self._pipe.hold(OTHER[self._side], "window", on=True)

    def resume_writing(self) -> None:
        """The peer's window has room."""
        self._pipe.hold(OTHER[self._side], "window", on=False)

    def hold_back(self, why: str, on: bool) -> None:  # noqa: FBT001  guards.Pausable
        """The connection that carries the channel can take no more, or again."""
        self._pipe.hold(OTHER[self._side], why, on=on)

    def connection_lost(self, _exc: Exception | None) -> None:
        """The channel is closed; asyncssh has delivered everything."""
        self._pipe.lost(self._side)

    def write(self, data: bytes) -> None:
        """Send *data* to the peer, who may be gone."""
        if self.channel is None:
            self._early.append(data)
        elif not self.channel.is_closing():
            self.channel.write(data)

    def end(self) -> None:
        """Send no more to the peer."""
        if self.channel is None:
            self._is_early_end = True
        elif not self.channel.is_closing():
            self.channel.write_eof()

    def close(self) -> None:
        """Close the channel, once what is written is sent."""
        if self.channel is not None:
            self.channel.close()

    def abort(self) -> None:
        """Close the channel at once."""
        if self.channel is not None:
            self.channel.abort()


Inspect: TypeAlias = Callable[[Side, bytes], bytes]
"""Sees what a side sent, and returns what is to be passed on; raises to end the pipe."""


class Pipe:
    """Two halves.

    Attributes:
        over: becomes True when both channels are gone or it was closed, or the error that ended it.
        carried: how many bytes each side has sent.
    """

    def __init__(self, inspect: Inspect) -> None:
        self._inspect = inspect
        self.halves: dict[Side, Half] = {"user": Half(self, "user"), "host": Half(self, "host")}
        self.over: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.carried: dict[Side, int] = {"user": 0, "host": 0}
        self._gone: set[Side] = set()

    def attached(self, side: Side) -> None:
        """The channel of *side* exists: the other one may be read on; or close it, too late."""
        self.hold(OTHER[side], "early", on=False)
        if OTHER[side] in self._gone or self.over.done():
            self.halves[side].close()

    def carry(self, side: Side, data: bytes) -> None:
        """Pass on what *side* sent."""
        self.carried[side] += len(data)
        if self.over.done():
            return
        try:
            passed = self._inspect(side, data)
        except Exception as error:  # noqa: BLE001  whatever it is: not inspected, so not passed on
            self.break_(error)
            return
        other = self.halves[OTHER[side]]
        if other.channel is None:
            self.hold(side, "early", on=True)
        if passed:
            other.write(passed)

    def ended(self, side: Side) -> None:
        """Pass on that *side* sends no more."""
        self.halves[OTHER[side]].end()

    def hold(self, side: Side, why: str, *, on: bool) -> None:
        """Stop (or go on) reading from *side*."""
        self.halves[side].valve.hold(why, on=on)

    def lost(self, side: Side) -> None:
        """The channel of *side* is gone, so the other one closes."""
        self._gone.add(side)
        self.halves[OTHER[side]].close()
        if len(self._gone) == len(OTHER):
            self._end()

    def break_(self, error: Exception) -> None:
        """End it by *error*, unless it has ended; nothing more is passed on."""
        if not self.over.done():
            self.over.set_exception(error)

    def close(self) -> None:
        """Close both channels, once what is written is sent; one that comes later closes too."""
        self._end()
        for half in self.halves.values():
            half.close()

    def abort(self) -> None:
        """Close both channels at once; one that comes later closes too."""
        self._end()
        for half in self.halves.values():
            half.abort()

    def _end(self) -> None:
        if not self.over.done():
            self.over.set_result(True)
