"""The menu on a session channel: `ssh BASTION` with a terminal and no command.

    hosts are looked up → keys move and search → a choice → the session of that host takes the
    channel over, as if it had been named → the choice is in the audit log before it

What always holds: nothing is dialed before the choice, and the choice passes the same doors as
`ssh LOGIN@HOST@BASTION`; a client that reads nothing is drawn nothing and read from no more; what
is typed after the choice waits in bounded memory. What it does not do: decide who may go where.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import asyncssh

from bastion.downstream.heard import heard
from bastion.downstream.menu.choosing import Choice, Choosing
from bastion.downstream.menu.drawing import BEGIN, END, Drawing
from bastion.downstream.menu.keys import Keys
from bastion.downstream.menu.numbered import Numbered
from bastion.downstream.outlook import Host
from bastion.downstream.told import Told
from bastion.guards import requests
from bastion.guards.lending import Display
from bastion.refusal import Refusal
from bastion.relay.pump import UserChannel, Valve

_FAILED = 255  # as ssh says "the connection failed"
_ESCAPE_SECONDS = 0.1  # an Escape that nothing follows for so long is the key
_EARLY_BYTES = 64 * 1024
_KEYS_AT_A_TIME = 16  # each may search thousands of hosts
_DEFERRED: Any = None  # asyncssh takes None for "the answer comes later" (requests.reply)
_DUMB = frozenset({"", "dumb", "unknown"})


class Doorway(Protocol):
    """Where the menu of one person leads."""

    @property
    def account(self) -> str:
        """Whose menu it is."""
        ...

    async def open(self) -> Refusal | None:
        """Keep that the menu is opened; why it may not be. Raises StoreError."""
        ...

    async def hosts(self) -> Sequence[Host]:
        """What can be chosen. Raises StoreError."""
        ...

    async def enter(self, choice: Choice) -> asyncssh.SSHServerSession[bytes] | Refusal:
        """What serves the channel from now on. Raises StoreError."""
        ...


class MenuSession(asyncssh.SSHServerSession[bytes]):
    """One menu."""

    def __init__(self, doorway: Doorway, told: Told) -> None:
        self._doorway, self._told = doorway, told
        self._channel: UserChannel | None = None
        self._keys, self._valve = Keys(), Valve()
        self._menu: Choosing | None = None
        self._show: Callable[[], None] = lambda: None
        self._numbered: Numbered | None = None
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._early = bytearray()
        self._holds: set[str] = set()
        self._is_shown = self._is_stale = False
        self._escape: asyncio.TimerHandle | None = None
        self._more: asyncio.Handle | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, chan: UserChannel) -> None:
        """The channel is handed over to it."""
        self._channel = chan
        self._valve.attach(chan)

    def shell_requested(self) -> bool:
        """Begin."""
        if self._channel is None:
            return False
        requests.reply(self._channel, accepted=True)
        self._task = asyncio.create_task(self._run(self._channel))
        answered: bool = _DEFERRED
        return answered

    def agent_requested(self) -> bool:
        """The client offers its ssh-agent, for the session to come."""
        return self._told.agent()

    def display_requested(self, display: Display) -> bool:
        """The client offers its display."""
        return self._told.display(display)

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        """Draw for the new size."""
        self._told.resize((width, height, pixwidth, pixheight))
        self._show()

    def data_received(self, data: bytes, _datatype: int | None) -> None:
        """The person pressed keys."""
        self._early += data
        if len(self._early) > _EARLY_BYTES:
            self._valve.hold("early", on=True)
        if self._more is None:
            self._take()

    def eof_received(self) -> bool:
        """Nothing more will be typed: nothing will be chosen."""
        self._leave()
        return True

    def signal_received(self, signal: str) -> None:
        """An interrupt leaves."""
        if signal in {"INT", "TERM", "HUP"}:
            self._leave()

    def pause_writing(self) -> None:
        """The client's window is full."""
        self.hold_back("window", on=True)

    def resume_writing(self) -> None:
        """The client's window has room."""
        self.hold_back("window", on=False)

    def hold_back(self, why: str, on: bool) -> None:  # noqa: FBT001  guards.Pausable
        """Draw nothing, and read nothing, while the client does not read."""
        (self._holds.add if on else self._holds.discard)(why)
        self._valve.hold(why, on=on)
        if not self._holds and self._is_stale:
            self._show()

    def connection_lost(self, _exc: Exception | None) -> None:
        """The channel is closed."""
        for timer in (self._escape, self._more):
            if timer is not None:
                timer.cancel()
        if self._task is not None:
            self._task.cancel()

    async def _run(self, channel: UserChannel) -> None:
        answer = await heard(self._chosen(), "a menu failed")
        self._end_screen()
        if channel.is_closing():
            return
        if answer is None:
            channel.exit(0)
        elif isinstance(answer, Refusal):
            self._write(f"{answer.text()}\r\n".encode())
            channel.exit(_FAILED)
        else:
            self._hand_over(channel, answer)

    async def _chosen(self) -> asyncssh.SSHServerSession[bytes] | Refusal | None:
        """What follows the menu; None where the person has left."""
        if refusal := await self._doorway.open():
            return refusal
        menu = Choosing(await self._doorway.hosts())
        self._begin(menu)
        await self._over
        self._end_screen()
        return await self._doorway.enter(menu.choice) if menu.choice else None

    def _begin(self, menu: Choosing) -> None:
        self._menu = menu
        if self._told.term in _DUMB:
            self._numbered = Numbered(menu)
            self._write(self._numbered.begin().encode())
        else:
            drawing = Drawing(self._doorway.account, has_colour=not self._told.is_colourless)
            self._show = lambda: self._draw(drawing, menu)
            self._write(BEGIN)
            self._is_shown = True
            self._show()
        self._take()

    def _take(self) -> None:
        """Handle some keys, and let other connections have their turn before the next ones."""
        self._more = None
        if self._menu is None or self._over.done():
            return
        if self._escape is not None and self._early:
            self._escape.cancel()
        for _ in range(_KEYS_AT_A_TIME):
            if not self._early or self._over.done():
                break
            byte = bytes(self._early[:1])  # one by one: what follows the choice is for the host
            del self._early[:1]
            self._press(self._menu, byte)
        loop = asyncio.get_running_loop()
        if self._early and not self._over.done():
            self._more = loop.call_soon(self._take)
            return
        if self._keys.is_open:
            self._escape = loop.call_later(_ESCAPE_SECONDS, self._flush, self._menu)
        if not self._over.done():
            self._valve.hold("early", on=False)
        self._show()

    def _press(self, menu: Choosing, data: bytes) -> None:
        for key in self._keys.read(data):
            if self._numbered is not None:
                self._write(self._numbered.press(key).encode())
            else:
                menu.press(key)
        if menu.is_over:
            self._leave()

    def _flush(self, menu: Choosing) -> None:
        for key in self._keys.flush():
            menu.press(key)
        self._show()

    def _draw(self, drawing: Drawing, menu: Choosing) -> None:
        self._is_stale = bool(self._holds)
        if not self._holds and not self._over.done():
            self._write(drawing.screen(menu, *self._told.cells))

    def _leave(self) -> None:
        if not self._over.done():
            self._over.set_result(None)

    def _end_screen(self) -> None:
        if self._is_shown:
            self._is_shown = False
            self._write(END)

    def _hand_over(self, channel: UserChannel, session: asyncssh.SSHServerSession[bytes]) -> None:
        self._told.pass_on(channel, session)
        if session.shell_requested() is False:
            channel.close()
            return
        if self._early:
            session.data_received(bytes(self._early), None)
        self._valve.hold("early", on=False)

    def _write(self, data: bytes) -> None:
        if self._channel is not None and data and not self._channel.is_closing():
            self._channel.write(data)
