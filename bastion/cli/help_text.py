"""Lays out what `--help` says of a command: its examples below each other, indented.

Typer strips the indent of what follows the first paragraph, unless an empty one stands between; in
docstrings, a blank line parts one example from the next. It takes `[words]` for markup.

What always holds: the words stay as they are. What it does not do: draw.
"""

import inspect
import re
from typing import Any

from typer.core import TyperGroup

_HEADING = "For example:\n\n"
_BETWEEN_EXAMPLES = re.compile(r"\n\n(?= )")
_MARKUP = re.compile(r"(?=\[[a-z#/@])")  # Rich's own escape() would cost each command its import
_IN_A_PARAGRAPH = re.compile(r"(?<=\S)\n(?=\S)")


def lay_out(command: Any) -> Any:
    """*command*, and all below it, with their texts laid out."""
    command.help = _laid_out(command.help or "")
    for parameter in command.params:
        parameter.help = _escaped(parameter.help or "")
    if isinstance(command, TyperGroup):
        for below in command.commands.values():
            lay_out(below)
    return command


def _laid_out(text: str) -> str:
    one_line_each = _IN_A_PARAGRAPH.sub(" ", _escaped(inspect.cleandoc(text)))
    before, heading, examples = one_line_each.partition(_HEADING)
    between = "\n\n" if heading else ""
    return before + between + heading + _BETWEEN_EXAMPLES.sub("\n", examples)


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\", text)
