"""Readings as JSON, between the parser's process and ours.

What always holds: nothing but plain data crosses, never code; what does not have the right shape is
refused with ValueError. What it does not do: frame or send.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from bastion.command.reading import Reading, Redirection, SimpleCommand, Word
from bastion.command.state import ShellState
from bastion.verdict import Span

LOADING = 0
"""The length of what says: wait, a part of the reader is being loaded; and again: it is loaded.

A process says it first of all, once it can answer.
"""


@dataclass(frozen=True)
class Asked:
    """A question.

    Attributes:
        text: shell text.
        state: of the shell into which it is typed, where that is known.
        is_raw: whether the shell will still put earlier commands in for `!`.
        seconds: how much processor time the text may take.
    """

    text: str
    state: ShellState | None
    is_raw: bool
    seconds: float


def encode_question(text: str, state: ShellState | None, *, is_raw: bool, seconds: float) -> bytes:
    """*text*, to be read in a shell that is in *state*."""
    known = None if state is None else _plain(state)
    question = {"text": text, "state": known, "is_raw": is_raw, "seconds": seconds}
    return _dumped(question)


def decode_question(data: bytes) -> Asked:
    """What `encode_question` was given; raises ValueError."""
    try:
        tree = _loaded(data)
        state, seconds = _state(tree["state"]), float(tree["seconds"])
        return Asked(str(tree["text"]), state, bool(tree["is_raw"]), seconds)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a question: {error!r}") from error


def encode(reading: Reading) -> bytes:
    """*reading* without its text, which the asker has."""
    state = None if reading.state is None else _plain(reading.state)
    return _dumped({"commands": reading.commands, "opaque": reading.opaque, "state": state})


def decode(text: str, data: bytes) -> Reading:
    """The reading of *text* that *data* holds; raises ValueError."""
    try:
        tree = _loaded(data)
        commands = tuple(map(_command, tree["commands"]))
        return Reading(text, commands, str(tree["opaque"]), _state(tree["state"]))
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
        raise ValueError(f"not a reading: {error!r}") from error


def _dumped(tree: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(tree)
    except TypeError:  # bytes that were no UTF-8 are in a text, as surrogates
        return json.dumps(tree, default=asdict).encode()


def _loaded(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return json.loads(data)


def _plain(state: ShellState) -> dict[str, Any]:
    return {
        "variables": state.variables,
        "aliases": state.aliases,
        "functions": state.functions,
        "exported": sorted(state.exported),
        "fickle": sorted(state.fickle),
        "is_certain": state.is_certain,
        "is_full": state.is_full,
    }


def _state(tree: Any) -> ShellState | None:
    if tree is None:
        return None
    variables = {
        str(name): tuple(tuple(map(str, value)) for value in values)
        for name, values in tree["variables"].items()
    }
    return ShellState(
        variables,
        _texts(tree["aliases"]),
        _texts(tree["functions"]),
        frozenset(map(str, tree["exported"])),
        frozenset(map(str, tree["fickle"])),
        is_certain=bool(tree["is_certain"]),
        is_full=bool(tree["is_full"]),
    )


def _texts(tree: dict[str, Any]) -> dict[str, str | None]:
    return {str(name): None if text is None else str(text) for name, text in tree.items()}


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
