"""What `$x`, `${x:-y}`, `${x%.*}` … come to, where the shell's variables are known.

What always holds: a result is exactly what bash would put there, or it is unknown. What it does not
do: split the result into words, or run substitutions.
"""

import re
from collections.abc import Callable

from bastion.command.state import NOT_KNOWN, POSITIONAL, UNKNOWN, ZERO, Value

Lookup = Callable[[str], Value]
"""The value of a variable: what it has here, unset, or unknown."""

_PLAIN = re.compile(r"\$(?P<name>[A-Za-z_]\w*|[0-9@*])")
_BRACED = re.compile(
    r"\$\{(?P<sign>[#!]?)(?P<name>[A-Za-z_]\w*|[0-9]+|[@*])(?:\[(?P<index>[@*]|[0-9]+)\])?"
    r"(?P<how>:?[-=+?]|%%?|##?|//?|\^\^?|,,?|:|)(?P<rest>.*)\}",
    re.DOTALL,
)
_DEFAULTING = re.compile(r"\$\{([A-Za-z_]\w*):?[-=+?]")
_ASSIGNING = re.compile(r"\$\{([A-Za-z_]\w*):?=")
_NAMES = re.compile(r"\$\{?[#!]?([A-Za-z_]\w*|[0-9]+|[@*])")
_SLICE = re.compile(r"[ ]*(-?[0-9]{1,6})[ ]*(?::[ ]*([0-9]{1,6})[ ]*)?")
_PATTERN = re.compile(r"[\w./:=,@+ *?-]*")
# What is replaced, where a backslash makes a `/` a part of it, and what takes its place.
_REPLACEMENT = re.compile(r"((?:[\w.:=,@+ -]|\\[\w./:=,@+*? -])+)(?:/([\w./:=,@+ -]*))?")
_MAX_CHARS = 512
_MOST_STARS = 2  # each multiplies the time that a text takes
_SHORTEST, _LONGEST = ("%", "#"), ("%%", "##")


def names(text: str) -> set[str]:
    """The variables that *text* may ask for; all positional parameters are one."""
    return {
        name if name[0].isalpha() or name[0] == "_" else ZERO if name[0] == "0" else POSITIONAL
        for name in _NAMES.findall(text)
    }


def defaulted(text: str) -> set[str]:
    """The variables that *text* asks for together with what it takes where there is none."""
    return set(_DEFAULTING.findall(text))


def assigning(text: str) -> set[str]:
    """The variables that *text* gives a value on the way (`${x:=y}`)."""
    return set(_ASSIGNING.findall(text))


def parameter(text: str, lookup: Lookup, expanded: Callable[[str], str]) -> tuple[Value, bool]:
    """What the expansion *text* comes to, and whether it is a list (`"$@"`).

    Args:
        text: `$x` or `${…}`.
        lookup: the variables.
        expanded: gives the text of the word in `${x:-word}`.
    """
    if match := _PLAIN.fullmatch(text):
        return _named(match["name"], None, lookup)
    match = _BRACED.fullmatch(text)
    if match is None:
        return NOT_KNOWN, False
    value, is_list = _named(match["name"], match["index"], lookup)
    is_all = is_list or match["index"] == "*" or match["name"] == "*"
    if match["sign"]:
        return _signed(match, value, lookup, is_all=is_all), False
    if not match["how"] and not match["rest"]:
        return value, is_list
    if match["how"] in ("", ":") and (is_all or not match["how"]):
        return NOT_KNOWN, False  # elements, not characters; or nothing that is known here
    return _changed(value, match["how"], match["rest"], expanded), is_list


def nothing(_name: str) -> Value:
    """The lookup where nothing is known."""
    return NOT_KNOWN


def _signed(match: re.Match[str], value: Value, lookup: Lookup, *, is_all: bool) -> Value:
    """`${!x}`, which names another variable, and `${#x}`, a length."""
    if match["how"] or match["rest"] or any(UNKNOWN in part for part in value):
        return NOT_KNOWN
    if match["sign"] == "#":
        return (str(len(value) if is_all else len("".join(value))),)
    name = "".join(value)
    return lookup(name)[:1] if name.isidentifier() and not is_all else NOT_KNOWN


def _named(name: str, index: str | None, lookup: Lookup) -> tuple[Value, bool]:
    if name in ("@", "*"):
        return lookup(POSITIONAL), name == "@"
    if name == ZERO:
        return lookup(ZERO), False
    if name.isdigit():
        return _element(lookup(POSITIONAL), int(name) - 1), False
    value = lookup(name)
    if index in ("@", "*"):
        return value, index == "@"
    return _element(value, int(index or 0)), False


def _element(value: Value, at: int) -> Value:
    if value == NOT_KNOWN:
        return NOT_KNOWN
    is_counted = at >= 0 and UNKNOWN not in "".join(value[:at])  # else it may be several words
    return value[at : at + 1] if is_counted else NOT_KNOWN


def _changed(value: Value, how: str, rest: str, expanded: Callable[[str], str]) -> Value:
    if how[-1] in "-=+?":
        return _chosen(value, how, rest, expanded)
    if any(UNKNOWN in part or len(part) > _MAX_CHARS for part in value):
        return NOT_KNOWN
    change = _change(how, rest)
    return tuple(map(change, value)) if change else NOT_KNOWN


def _chosen(value: Value, how: str, rest: str, expanded: Callable[[str], str]) -> Value:
    """`${x:-word}` and its kin."""
    if value and UNKNOWN in "".join(value):
        return value if how[-1] in "-=?" else (UNKNOWN,)
    is_there = bool(value) and (":" not in how or any(value))
    if how[-1] == "+":
        return (expanded(rest),) if is_there else ()
    if is_there:
        return value
    return (expanded(rest),) if how[-1] in "-=" else NOT_KNOWN


def _change(how: str, rest: str) -> Callable[[str], str] | None:
    """How `${x%…}`, `${x/…}`, `${x^^}`, `${x:1:2}` change a text; None where that is not known."""
    if how == ":":
        return _sliced(rest)
    if how[0] in "^,":
        return None if rest else _cased(how)
    if how[0] == "/":
        return _replaced(how, rest)
    return _trimmed(how, rest)


def _sliced(rest: str) -> Callable[[str], str] | None:
    match = _SLICE.fullmatch(rest)
    if not match:
        return None
    start, count = int(match[1]), match[2]

    def cut(text: str) -> str:
        at = start + len(text) if start < 0 else start
        if at < 0:
            return ""
        return text[at:] if count is None else text[at : at + int(count)]

    return cut


def _cased(how: str) -> Callable[[str], str]:
    turn = str.upper if how[0] == "^" else str.lower
    return turn if len(how) > 1 else lambda text: turn(text[:1]) + text[1:]


def _replaced(how: str, rest: str) -> Callable[[str], str] | None:
    match = _REPLACEMENT.fullmatch(rest)
    if not match:
        return None
    old, new = re.sub(r"\\(.)", r"\1", match[1]), match[2] or ""
    return lambda text: text.replace(old, new, -1 if how == "//" else 1)


def _trimmed(how: str, rest: str) -> Callable[[str], str] | None:
    if not _PATTERN.fullmatch(rest) or rest.count("*") > _MOST_STARS:
        return None
    wild = {"*": ".*", "?": "."}
    pattern = re.compile("".join(wild.get(c) or re.escape(c) for c in rest), re.DOTALL)

    def trim(text: str) -> str:
        lengths = range(len(text) + 1) if len(how) == 1 else range(len(text), -1, -1)
        for length in lengths:
            at = len(text) - length
            part = text[at:] if how[0] == "%" else text[:length]
            if pattern.fullmatch(part):
                return text[:at] if how[0] == "%" else text[length:]
        return text

    return trim
