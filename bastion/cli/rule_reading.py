"""What the commands about rules share: rules loaded, commands read, words shown.

What always holds: a command is read as the bastion reads it, in a process that can be killed. What
it does not do: judge.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bastion.cli.output import stop
from bastion.command.parser import Parser
from bastion.command.reading import UNKNOWN, Reading, Word
from bastion.errors import RulesError
from bastion.policy import command_rules
from bastion.policy.command_rules import CommandRules

_DEADLINE_SECONDS = 5.0  # a person waits; the bastion itself is stricter
_MAX_BYTES = 16384
_SHOWN_UNKNOWN = "⟨?⟩"

RulesOption = Annotated[
    Path | None,
    typer.Option("--rules", metavar="DIR", help="Folder with commands/; else the shipped rules."),
]


def loaded(folder: Path) -> CommandRules:
    """The command rules in *folder*; ends the command where they cannot be used."""
    try:
        return command_rules.load(folder / "commands")
    except RulesError as error:
        stop(str(error))


def readings(texts: Sequence[str]) -> list[Reading]:
    """What each of *texts* would do."""
    return asyncio.run(_read(texts))


async def _read(texts: Sequence[str]) -> list[Reading]:
    parser = Parser(workers=1, deadline_seconds=_DEADLINE_SECONDS, max_bytes=_MAX_BYTES)
    try:
        await parser.start()
        return [await parser.read(text) for text in texts]
    finally:
        await parser.stop()


def shown(words: Sequence[Word]) -> str:
    """*words* as the program gets them, what cannot be known marked."""
    return " ".join(unknown_shown(word.text) or "''" for word in words)


def unknown_shown(text: str) -> str:
    """*text* with a sign for what cannot be known."""
    return text.replace(UNKNOWN, _SHOWN_UNKNOWN)
