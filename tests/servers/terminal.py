"""Types like a person: a real `ssh` on a terminal, driven by pexpect."""

import asyncio
import contextlib
import os
import re
from collections.abc import AsyncIterator

import pexpect
import pytest

_SECONDS = 20
PROMPT = "story\\$ "


class Terminal:
    """A program on a pseudo terminal; what it showed is in `shown`."""

    def __init__(
        self,
        command: str,
        arguments: list[str],
        *,
        cols: int = 100,
        environment: dict[str, str] | None = None,
    ) -> None:
        self._child = pexpect.spawn(
            command,
            arguments,
            dimensions=(30, cols),
            encoding="utf-8",
            codec_errors="replace",
            env={**os.environ, **(environment or {})},
        )
        self._child.delaybeforesend = None
        self.shown = ""

    async def sees(self, pattern: str) -> str:
        """Wait for *pattern* (a regular expression); what came up to its end."""
        try:
            await self._child.expect(pattern, timeout=_SECONDS, async_=True)
        except (pexpect.TIMEOUT, pexpect.EOF):
            before = self._child.before
            pytest.fail(f"{pattern!r} did not come; {before!r} after {self.shown[-1500:]!r}")
        came = self._child.before + self._child.after
        self.shown += came
        return came

    async def ends(self) -> int:
        """Wait for the end; the exit status."""
        await self._child.expect(pexpect.EOF, timeout=_SECONDS, async_=True)
        self.shown += self._child.before
        async with asyncio.timeout(_SECONDS):  # to hang up would end who is still ending
            await asyncio.to_thread(self._child.wait)
        self.close()
        return self._child.exitstatus if self._child.exitstatus is not None else -1

    def types(self, text: str) -> None:
        """Send *text* as it stands."""
        self._child.send(text)

    def resize(self, cols: int, rows: int) -> None:
        """Give the terminal another size."""
        self._child.setwinsize(rows, cols)

    def close(self) -> None:
        """Hang up."""
        if self._child.async_pw_transport is not None:
            self._child.async_pw_transport[1].close()
            self._child.async_pw_transport = None
        self._child.close(force=True)


@contextlib.asynccontextmanager
async def shell(
    command: str,
    arguments: list[str],
    *,
    cols: int = 100,
    environment: dict[str, str] | None = None,
) -> AsyncIterator[Terminal]:
    """A terminal at the prompt of a shell that asks the same in every test."""
    terminal = Terminal(command, arguments, cols=cols, environment=environment)
    try:
        await terminal.sees("[$#] ")
        terminal.types("PS1='story''$ '\r")
        await terminal.sees(PROMPT)
        yield terminal
    finally:
        terminal.close()


def plain(text: str) -> str:
    """*text* without escape sequences and line ends."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]", "", text)
