"""Commands of fish that run a text, or set a variable, as other shells would write them.

What always holds: a text that one of them runs stands there as other shells write it, or as one
that nobody knows. What it does not do: find commands.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from types import MappingProxyType

from bastion.command.shell.fish_word import UNKNOWN, Word, quoted

Put = Callable[[str], str]
"""Puts a text of fish into the grammar of other shells."""
Change = Callable[[Sequence[Word], Put], str | None]
"""A command's words as one text; None where they may stand as they are."""

_SCOPE = re.compile(
    r"-[gxlUufpa]+|--(?:global|export|local|universal|unexport|function|path|unpath|prepend|append)"
)
_EXPORTS = re.compile(r"-[a-zA-Z]*[xpa]|--(?:export|prepend|append)")
_KEEPS = re.compile(r"-[a-zA-Z]*[pa]|--(?:prepend|append)")
_APPENDS = re.compile(r"-[a-zA-Z]*a|--append")
_PATHS = "fish_user_paths"
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_SIGNAL = re.compile(r"(?:SIG)?[A-Z0-9]+|[0-9]+", re.ASCII)
_RUN_BY_COMPLETE = re.compile(r"-\w*([na])(.*)|--(c)ondition=(.*)|--(a)rguments=(.*)", re.DOTALL)
_LONG = {"--condition": "n", "--arguments": "a"}


def _run(words: Sequence[Word], put: Put) -> str:
    """`eval` of *words*."""
    plain = [word.plain for word in words if word.plain is not None]
    if len(plain) < len(words):
        return f'eval {_said(words)} "{UNKNOWN}"'
    return f"eval {quoted(put(' '.join(plain)))}"


def _said(words: Sequence[Word]) -> str:
    return " ".join(word.said for word in words)


def _unsure(words: Sequence[Word]) -> str:
    return f'{_said(words)}; "{UNKNOWN}"'


def _operands(words: Sequence[Word]) -> list[Word]:
    return [word for word in words[1:] if not (word.plain or "").startswith("-")]


def _eval(words: Sequence[Word], put: Put) -> str | None:
    return _run(words[1:], put) if len(words) > 1 else None


def _alias(words: Sequence[Word], put: Put) -> str | None:
    """What an alias stands for, as if it ran: the line may go on with it."""
    given = _operands(words)
    if len(given) != 1:
        return _run(given[1:], put) if given else None
    if given[0].plain is None:
        return _unsure(words)
    name, _, body = given[0].plain.partition("=")
    return _run([Word(0, "", body)], put) if name and body else None


def _source(words: Sequence[Word], _put: Put) -> str | None:
    """What reads text from its input does so as a shell, and as one of another grammar."""
    if len(words) > 1 and words[1].plain not in {"-", "--"}:
        return None
    return "{ sh; fish; }"


def _trap(words: Sequence[Word], put: Put) -> str | None:
    given = _operands(words)
    if all(word.plain is not None and _SIGNAL.fullmatch(word.plain) for word in given):
        return None
    return _run(given[:1], put)


def _set(words: Sequence[Word], _put: Put) -> str | None:
    """`x=y` for `set x y`."""
    scopes = []
    for word in words[1:]:
        if not _SCOPE.fullmatch(word.plain or ""):
            break
        scopes.append(word.plain or "")
    name, *values = words[1 + len(scopes) :] or [Word(0, "", "")]
    if not values or not _NAME.fullmatch(name.plain or ""):
        return None
    called = "PATH" if name.plain == _PATHS else name.plain
    export = "export " if any(map(_EXPORTS.match, scopes)) else ""
    keeps = any(map(_KEEPS.match, scopes))
    if len(values) == 1 and not keeps:
        return f"{export}{called}={values[0].said}"
    known = f"{UNKNOWN} {_said(values)}" if any(map(_APPENDS.match, scopes)) else _said(values)
    listed = f"{called}=({known}{f' {UNKNOWN}' if keeps else ''})"
    return (
        f"export {called}={':'.join(word.said for word in values)}; {listed}" if export else listed
    )


def _add_path(words: Sequence[Word], _put: Put) -> str | None:
    """Where programs are looked for."""
    given = _operands(words)
    return f"{_said(words)}; PATH=({_said(given)} $PATH)" if given else None


def _argparse(words: Sequence[Word], _put: Put) -> str | None:
    """It runs what stands behind a `!`."""
    is_plain = all(word.plain is not None and "!" not in word.plain for word in words)
    return None if is_plain else _unsure(words)


def _complete(words: Sequence[Word], put: Put) -> str | None:
    """With conditions and arguments, which run once somebody asks for completions."""
    if any(word.plain is None for word in words):
        return _unsure(words)
    runs = [_run([Word(0, "", text)], put) for text in _run_by_complete(words)]
    return "; ".join([_said(words), *runs])


def _run_by_complete(words: Sequence[Word]) -> Iterator[str]:
    for word, following in zip_longest(words, words[1:]):
        plain, behind = word.plain or "", following.plain or "" if following else ""
        kind, value = _LONG.get(plain, ""), behind
        if found := _RUN_BY_COMPLETE.fullmatch(plain):
            kind, value = (part for part in found.groups() if part is not None)
            value = value if value or plain.startswith("--") else behind
        if kind:
            yield f"echo {value}" if kind == "a" else value


CHANGES: Mapping[str, Change] = MappingProxyType(
    {
        "eval": _eval,
        "alias": _alias,
        "source": _source,
        ".": _source,
        "trap": _trap,
        "set": _set,
        "fish_add_path": _add_path,
        "argparse": _argparse,
        "complete": _complete,
    }
)
"""By the name of the command."""
