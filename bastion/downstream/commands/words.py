"""Reads the words of a command: operands, options with a value, and flags.

What always holds: an option that is not known, lacks its value or comes twice is refused; what
follows `--` is an operand, whatever it looks like. What it does not do: know any command.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from bastion.refusal import Code, Refusal


@dataclass(frozen=True)
class Words:
    """What was read.

    Attributes:
        values: of the options, by their names without dashes.
        flags: the names of those that were given.
    """

    operands: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()


def read_words(
    words: tuple[str, ...], *, options: Collection[str] = (), flags: Collection[str] = ()
) -> Words | Refusal:
    """*words*, where only these *options* and *flags* are known."""
    operands: list[str] = []
    values: dict[str, str] = {}
    given: set[str] = set()
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            operands += left
            break
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("-"):
            operands.append(word)
        elif word.startswith("--") and name in flags and not equals and name not in given:
            given.add(name)
        elif word.startswith("--") and name in options and name not in values:
            if not equals and not left:
                return Refusal(Code.USAGE, f"--{name} needs a value")
            values[name] = value if equals else left.pop(0)
        else:
            return Refusal(Code.USAGE, f"{word} is not understood here")
    return Words(tuple(operands), values, frozenset(given))
