"""The gate of an interactive session: Enter is held until the line it would accept was judged.

What always holds: every byte that may accept a line (CR, LF, ^O) is forwarded only after the line
that the witness reads was ruled on; what was typed after it waits; a line that was stopped is
cancelled with ^C (never with a key that could accept it) and what was typed after it is thrown
away, the rest of a paste as well. Bytes that accept nothing pass at once while nothing waits. What
it does not do: judge, show notices or record; its `Ruling` does.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from bastion.relay.line import Line
from bastion.relay.paste import Paste
from bastion.relay.witness import Witness

CANCEL = b"\x03"
MAX_WAITING_BYTES = 64 * 1024
_ACCEPTS = re.compile(rb"[\r\n\x0f]")
# What a terminal answers by itself (device attributes, cursor position, colours): not typed keys.
_REPLIES = re.compile(
    rb"(?:\x1b\[[?>=]?[0-9;]*[cRnt]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1bP[^\x1b]*\x1b\\)+"
)
_QUIET_SECONDS = 0.03
_LONGEST_SETTLE_SECONDS = 1.0
_ECHO_ROUND_TRIPS = 4
_ECHO_SECONDS = (0.1, 0.5)  # how long an echo may take: at least, and at first


async def _nothing() -> None:
    """What follows where nothing has to."""


@dataclass(frozen=True)
class Ruling:
    """What is to happen with a line.

    Attributes:
        is_released: whether the key that accepts it goes to the host.
        afterwards: what follows once the key was sent.
    """

    is_released: bool
    afterwards: Callable[[], Awaitable[None]] = _nothing


class Host(Protocol):
    """Where the gate sends keys."""

    def keys(self, data: bytes, *, hidden: bool) -> None:
        """Record *data* (or only that something came, when *hidden*) and send it to the host."""
        ...

    def hold_user(self, why: str, *, on: bool) -> None:
        """Take no more keys from the user (or take them again)."""
        ...


class Gate:
    """Sits between the user's keys and the host.

    Args:
        witness: reads the screen.
        host: where keys go.
        rule: asks what is to happen with a line; never raises.
        cancel: stops the asking, for the user pressed Ctrl-C; False where nothing is being asked.
    """

    def __init__(
        self,
        witness: Witness,
        host: Host,
        rule: Callable[[Line], Awaitable[Ruling]],
        cancel: Callable[[], bool],
    ) -> None:
        self._witness, self._host = witness, host
        self._rule, self._cancel = rule, cancel
        self._waiting, self._paste = bytearray(), Paste()
        self._task: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._sent_at = self._output_at = self._loop.time()
        self._echo_seconds = _ECHO_SECONDS[1]

    def output(self, data: bytes) -> None:
        """The host printed *data*."""
        now = self._loop.time()
        if self._output_at < self._sent_at:
            self._measure(now - self._sent_at)
        self._output_at = now
        self._witness.output(data, now)

    def resize(self, cols: int, rows: int) -> None:
        """The terminal has a new size."""
        self._witness.resize(cols, rows)

    def keys(self, data: bytes) -> None:
        """The user typed *data*."""
        data = self._paste.wanted(data)
        if self._task is None and not _ACCEPTS.search(data):
            self._forward(data)
            return
        if self._task is not None and CANCEL in data and self._cancel():
            self._waiting.clear()
            return
        self._waiting += data
        if len(self._waiting) > MAX_WAITING_BYTES:
            self._host.hold_user("gate", on=True)
        if self._task is None:
            self._task = self._loop.create_task(self._drain())

    @property
    def is_full_screen(self) -> bool:
        """Whether a full-screen program is shown."""
        return self._witness.is_full_screen

    def close(self) -> None:
        """Stop: the session is over."""
        if self._task is not None:
            self._task.cancel()

    async def _drain(self) -> None:
        try:
            while self._waiting:
                match = _ACCEPTS.search(self._waiting)
                end = match.start() if match else len(self._waiting)
                self._forward(self._take(end))
                if match:
                    await self._accept(self._take(1))
        finally:
            self._task = None
            self._host.hold_user("gate", on=False)

    def _take(self, count: int) -> bytes:
        taken = bytes(self._waiting[:count])
        del self._waiting[:count]
        return taken

    def _forward(self, keys: bytes) -> None:
        if not keys:
            return
        now = self._sent_at = self._loop.time()
        hidden = self._witness.is_hidden(now)
        _, cancel, typed = keys.rpartition(CANCEL)
        if cancel:
            self._witness.accepted()
        if typed and not _REPLIES.fullmatch(typed):
            self._witness.typed(typed, now)
        self._host.keys(keys, hidden=hidden or self._witness.is_hidden(now))

    async def _accept(self, key: bytes) -> None:
        await self._settle()
        line = self._witness.line()
        ruling = Ruling(is_released=True) if line.is_blank else await self._rule(line)
        if ruling.is_released:
            self._witness.learn()
            self._send(key)
            await ruling.afterwards()
        else:
            self._waiting.clear()
            self._paste.throw_away()
            self._send(CANCEL)

    def _send(self, key: bytes) -> None:
        self._witness.accepted()
        self._sent_at = self._loop.time()
        self._host.keys(key, hidden=False)

    def _measure(self, seconds: float) -> None:
        """An echo took *seconds*: wait for later ones a few times as long, and no longer."""
        patience = _ECHO_ROUND_TRIPS * seconds
        self._echo_seconds = min(max(patience, _ECHO_SECONDS[0]), _LONGEST_SETTLE_SECONDS)

    async def _settle(self) -> None:
        """Wait until the echo of what was sent stands on the screen, in bounded time."""
        deadline = self._loop.time() + _LONGEST_SETTLE_SECONDS
        while (now := self._loop.time()) < deadline:
            is_echoed = self._output_at >= self._sent_at
            quiet_at = (
                self._output_at + _QUIET_SECONDS
                if is_echoed
                else self._sent_at + self._echo_seconds
            )
            if quiet_at <= now:
                return
            await asyncio.sleep(min(quiet_at - now, _QUIET_SECONDS))
