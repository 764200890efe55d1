"""Brace expansion: `/{etc,usr}` is two words, and `{rm,-rf,/}` a whole command.

What always holds: quoted braces, `${…}` and braces without a comma or a range stay as they are, as
in bash; of a word that would become too many the first are given, behind one that is unknown, for
all may be anything. What it does not do: remove quotes (`bastion.command.words`).
"""

import re
from collections.abc import Iterator
from itertools import islice

from bastion.command.reading import UNKNOWN
from bastion.command.scan import after

LIMIT = 256
_KEPT = 16  # of too many
_MOST_OPENED = 16  # braces that choose nothing, before a word is given up
_RANGE = re.compile(r"(?:(-?\d+)\.\.(-?\d+)|([A-Za-z])\.\.([A-Za-z]))(?:\.\.(-?\d+))?")

_PADDED = re.compile(r"-?0\d")


def expand(raw: str) -> list[str]:
    """The raw words that *raw* stands for, itself where it holds no braces to expand."""
    if "{" not in raw:
        return [raw]
    found = list(islice(_expanded(raw), LIMIT + 1))
    return found if len(found) <= LIMIT else [UNKNOWN, *found[:_KEPT]]


def _expanded(raw: str) -> Iterator[str]:
    at = opened = 0
    while at < len(raw):
        if raw[at] == "{":
            opened += 1
        if opened > _MOST_OPENED:  # each is looked for its end
            yield UNKNOWN
            return
        if raw[at] == "{" and (choice := _choice(raw, at)):
            parts, end = choice
            for part in parts:
                for middle in _expanded(part):
                    for tail in _expanded(raw[end:]):
                        yield raw[:at] + middle + tail
            return
        at = after(raw, at)
    yield raw


def _choice(raw: str, start: int) -> tuple[list[str], int] | None:
    """What the braces at *start* choose from, and the offset behind them."""
    depth, cuts, at = 0, [start], start + 1
    while at < len(raw):
        char = raw[at]
        if char == "{":
            depth += 1
        elif char == "}" and depth:
            depth -= 1
        elif char == "}":
            parts = [raw[a + 1 : b] for a, b in zip(cuts, [*cuts[1:], at], strict=True)]
            found = parts if len(parts) > 1 else _range(parts[0])
            return (found, at + 1) if found else None
        elif char == "," and not depth:
            cuts.append(at)
        at = after(raw, at)
    return None


def _range(text: str) -> list[str]:
    """The values of `1..5`, `a..e` and `1..9..2`; none where it is no range."""
    match = _RANGE.fullmatch(text)
    if not match:
        return []
    first, last = (int(match[1]), int(match[2])) if match[1] else (ord(match[3]), ord(match[4]))
    step = abs(int(match[5] or 1)) or 1
    values = range(first, last + 1, step) if first <= last else range(first, last - 1, -step)
    few = islice(values, LIMIT + 1)
    if not match[1]:
        return list(map(chr, few))
    width = max(map(len, match.group(1, 2))) if any(map(_PADDED.match, match.group(1, 2))) else 0
    return [f"{value:0{width}}" for value in few]
