"""Reads a line while its Enter is on the way to the host, so that its judgement need not wait.

The shell asks for a line one round trip after Enter; what the screen showed at Enter is then most
often the very text that it asks for, and has been read meanwhile.

What always holds: a reading is used only for the same text in the same state of the shell, where
reading it once more would say the same; of one session one text at most is read ahead. What it
does not do: judge, or record: nothing is decided before the shell has asked.
"""

import asyncio
from dataclasses import dataclass

from bastion.command.parser import Parser
from bastion.command.reading import Reading
from bastion.command.state import ShellState


@dataclass(frozen=True)
class _Foreseen:
    text: str
    state: ShellState
    reading: asyncio.Task[Reading]


class Foresight:
    """The readings of one session's lines."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._foreseen: _Foreseen | None = None

    def expect(self, text: str, state: ShellState) -> None:
        """Begin to read *text*, which the shell will ask for; nothing where one is being read."""
        if self._foreseen is None or self._foreseen.reading.done():
            reading = asyncio.get_running_loop().create_task(self._parser.read(text, state=state))
            self._foreseen = _Foreseen(text, state, reading)

    async def read(self, text: str, state: ShellState | None, *, is_raw: bool) -> Reading:
        """The reading of *text*, as `Parser.read` gives it."""
        foreseen = self._foreseen
        if foreseen and not is_raw and foreseen.text == text and foreseen.state is state:
            # not cancelled with who asks: a parser that is left in the middle has to be replaced
            return await asyncio.shield(foreseen.reading)
        return await self._parser.read(text, state=state, is_raw=is_raw)
