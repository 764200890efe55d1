"""Readings as JSON, between the parser's process and ours.

What always holds: nothing but plain data crosses, never code; what does not have the right shape is
refused with ValueError. What it does not do: frame or send.
"""

import json
from dataclasses import asdict
from typing import Any

from bastion.command.reading import Reading, Redirection, SimpleCommand, Word
from bastion.verdict import Span

READY = b"ready\n"
"""What a parser's process writes once it can answer."""


def encode(reading: Reading) -> bytes:
    """*reading* without its text, which the asker has."""
    commands = [asdict(command) for command in reading.commands]
    return json.dumps({"commands": commands, "opaque": reading.opaque}).encode()


def decode(text: str, data: bytes) -> Reading:
    """The reading of *text* that *data* holds; raises ValueError."""
    try:
        tree = json.loads(data)
        commands = tuple(map(_command, tree["commands"]))
        return Reading(text, commands, str(tree["opaque"]))
    except (KeyError, TypeError, UnicodeDecodeError) as error:
        raise ValueError(f"not a reading: {error!r}") from error


def _command(tree: dict[str, Any]) -> SimpleCommand:
    return SimpleCommand(
        words=tuple(map(_word, tree["words"])),
        assignments=tuple(map(_word, tree["assignments"])),
        redirections=tuple(
            Redirection(str(r["operator"]), _word(r["target"])) for r in tree["redirections"]
        ),
        span=_span(tree["span"]),
        pipeline=int(tree["pipeline"]),
        stage=int(tree["stage"]),
        is_wrapped=bool(tree["is_wrapped"]),
    )


def _word(tree: dict[str, Any]) -> Word:
    span = _span(tree["span"])
    return Word(str(tree["raw"]), str(tree["text"]), span, bool(tree["has_glob"]))


def _span(tree: dict[str, Any]) -> Span:
    return Span(int(tree["start"]), int(tree["end"]))
