"""Reads the keys of a terminal out of the bytes that a client sends.

What always holds: an escape sequence that is not known is no key, and one that does not end is
dropped at a length; what is left over between two pieces of input is bounded. What it does not do:
remember anything else, or know what a key means to the menu.
"""

import codecs
import re
from enum import StrEnum

_MAX_SEQUENCE = 32
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[ -~]|[^\[O\x1b])")
_BEGUN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)?")


class Key(StrEnum):
    """A key that is no character."""

    UP = "up"
    DOWN = "down"
    PAGE_UP = "page-up"
    PAGE_DOWN = "page-down"
    HOME = "home"
    END = "end"
    ENTER = "enter"
    ESCAPE = "escape"
    BACKSPACE = "backspace"
    CLEAR = "clear"
    LEAVE = "leave"


_SEQUENCES = {
    **dict.fromkeys(("[A", "OA"), Key.UP),
    **dict.fromkeys(("[B", "OB"), Key.DOWN),
    **dict.fromkeys(("[H", "OH", "[1~", "[7~"), Key.HOME),
    **dict.fromkeys(("[F", "OF", "[4~", "[8~"), Key.END),
    **dict.fromkeys(("OM",), Key.ENTER),
    "[5~": Key.PAGE_UP,
    "[6~": Key.PAGE_DOWN,
}
_CONTROLS = {
    **dict.fromkeys("\r\n", Key.ENTER),
    **dict.fromkeys("\x03\x04", Key.LEAVE),
    **dict.fromkeys("\x08\x7f", Key.BACKSPACE),
    "\x0e": Key.DOWN,
    "\x10": Key.UP,
    "\x15": Key.CLEAR,
}


class Typed(str):
    """One character that was typed."""

    __slots__ = ()


class Keys:
    """The keys of one terminal."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._left = ""

    @property
    def is_open(self) -> bool:
        """Whether what came last may be the Escape key, or the beginning of another one."""
        return bool(self._left)

    def read(self, data: bytes) -> list[Key | Typed]:
        """The keys that *data* completes."""
        text, self._left = self._left + self._decode(data), ""
        keys: list[Key | Typed] = []
        at = 0
        while at < len(text):
            if text[at] != "\x1b":
                keys += _character(text[at])
                at += 1
            elif found := _SEQUENCE.match(text, at):
                keys += _sequence(found[0])
                at = found.end()
            else:
                begun = _BEGUN.match(text, at)
                at = begun.end() if begun else len(text)
                if begun and at == len(text) and len(begun[0]) < _MAX_SEQUENCE:
                    self._left = begun[0]
                elif begun and begun[0] == "\x1b":
                    keys.append(Key.ESCAPE)
        return keys

    def flush(self) -> list[Key | Typed]:
        """Nothing came after what was left: an Escape by itself is the key of that name."""
        left, self._left = self._left, ""
        return [Key.ESCAPE] if left == "\x1b" else []


def _character(char: str) -> list[Key | Typed]:
    if char in _CONTROLS:
        return [_CONTROLS[char]]
    return [Typed(char)] if char.isprintable() else []


def _sequence(sequence: str) -> list[Key | Typed]:
    known = _SEQUENCES.get(sequence[1:])
    return [known] if known else []
