"""Standard input that will run: held until it was read and judged, then passed on as it came.

The host's command starts at once, for what it says may be what the client waits for (Ansible sends
its module only after sudo has answered). Only the input waits: until it ends, until there is as
much of it as may be read at once, or until no more has come for a while. Of a shell's script only
lines that are whole are taken, so that no command is judged by its first half; each part is judged
by itself, and that it is only a part counts as a reason of its own.

What always holds: no byte goes on that was not ruled on; the end of the input goes on after the
last byte; what waits is bounded, and the client is held up. What it does not do: judge, record.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from bastion.command.intake import Intake
from bastion.command.scripts import complete
from bastion.relay.ruling import Ruling
from bastion.relay.script import Script

QUIET_SECONDS = 2.0
"""Silence after which what has come is taken for all that comes for now."""


class Host(Protocol):
    """Where the input goes."""

    def keys(self, data: bytes, *, hidden: bool) -> None:
        """Record *data* and send it to the host."""
        ...

    def end_keys(self) -> None:
        """Tell the host that no more will come."""
        ...

    def hold_user(self, why: str, *, on: bool) -> None:
        """Take no more input from the user (or take it again)."""
        ...


class Feed:
    """Sits between the user's standard input and a command that would run it.

    Args:
        intake: how the command takes its input.
        limit: how many bytes are read at once.
        host: where the input goes.
        rule: asks what is to happen with a script; never raises. What is not released ends the
            feed: nothing goes on any more.
    """

    def __init__(
        self,
        intake: Intake,
        limit: int,
        host: Host,
        rule: Callable[[Script], Awaitable[Ruling]],
        *,
        quiet_seconds: float = QUIET_SECONDS,
    ) -> None:
        self._intake, self._limit, self._host, self._rule = intake, limit, host, rule
        self._quiet_seconds = quiet_seconds
        self._waiting = bytearray()
        self._is_ended = False
        self._came = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def take(self, data: bytes) -> None:
        """The user sent *data*."""
        self._waiting += data
        self._tell()

    def end(self) -> None:
        """The user will send no more."""
        self._is_ended = True
        self._tell()

    def close(self) -> None:
        """Stop: the session is over."""
        if self._task is not None:
            self._task.cancel()

    def _tell(self) -> None:
        self._came.set()
        if len(self._waiting) >= self._limit:
            self._host.hold_user("script", on=True)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        tried = 0  # how much there was when no whole line could be taken of it
        while not self._is_ended or self._waiting:
            await self._pause(tried)
            script = await self._script()
            tried = 0 if script.data else len(self._waiting)
            if script.data and not await self._passed(script):
                return
        self._host.end_keys()

    async def _pause(self, tried: int) -> None:
        """Wait until there is something to be judged."""
        while not self._is_ended and len(self._waiting) < self._limit:
            self._came.clear()
            is_waiting = len(self._waiting) > tried
            try:
                async with asyncio.timeout(self._quiet_seconds if is_waiting else None):
                    await self._came.wait()
            except TimeoutError:
                return

    async def _script(self) -> Script:
        """As much of what waits as can be judged now; empty where that is nothing."""
        is_whole = self._is_ended and len(self._waiting) <= self._limit
        data = bytes(self._waiting[: self._limit])
        if self._intake is Intake.SHELL and not is_whole:
            text = data.decode("utf-8", "surrogateescape")
            lines = text[: await asyncio.to_thread(complete, text)]
            if lines or len(data) < self._limit:
                data = lines.encode("utf-8", "surrogateescape")
        return Script(data, self._intake, is_whole)

    async def _passed(self, script: Script) -> bool:
        ruling = await self._rule(script)
        if not ruling.is_released:
            self._waiting.clear()
            return False
        del self._waiting[: len(script.data)]
        self._host.keys(script.data, hidden=False)
        await ruling.afterwards()
        if len(self._waiting) < self._limit:
            self._host.hold_user("script", on=False)
        return True
