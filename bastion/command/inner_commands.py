"""Commands that stand in a place of their own among another's words: `find -exec`, `fd -x`.

`python x.py` runs `x.py`, `start-stop-daemon --exec PROGRAM` that program, `docker run --entrypoint
PROGRAM` the same with the words behind the image. Of a program that no table names, what stands
behind the name of one that destroys, or of a shell, is its command: `retry rm -rf x`.

What always holds: the words found are words that were given, `{}` and the program apart. What it
does not do: know programs that take a command behind their options (`bastion.command.wrappers`).
"""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType

from bastion.command.reading import UNKNOWN, Word

SHELLS = frozenset(
    {"sh", "bash", "zsh", "dash", "ksh", "ash", "rbash", "mksh", "lksh", "oksh", "posh", "yash"}
)
"""Shells whose text is read."""

_INTERPRETER = re.compile(r"(python|pypy|perl|ruby|php|node|nodejs|bash|sh|zsh|dash)[\d.]*")
_SCRIPT = re.compile(r"\.(py|pl|rb|js|php|sh)$")
_CLUSTER = re.compile(r"-[A-Za-z]{2,8}")
_CODE = frozenset({"-c", "-e", "-m", "-r", "-E", "-s"})
_FD_RUNS = frozenset({"-x", "--exec", "-X", "--exec-batch"})
_NOTABLE = SHELLS | {"dd", "shred", "wipefs", "mkfs", "rm", "unlink", "truncate"}
# How each of them is surely called: with this behind it.
_CALLED = {
    **dict.fromkeys(SHELLS, re.compile(r"-[a-z]*c")),
    **dict.fromkeys(("rm", "shred", "wipefs"), re.compile(r"-[a-zA-Z]+|--[a-z]+")),
    "dd": re.compile(r"[io]f=.+"),
}
# They are handed the names of programs, and text, and run nothing of it.
_TAKING_NAMES = frozenset(
    {"echo", "printf", "print", "say", "man", "info", "tldr", "help", "which", "type", "whereis"}
    | {"apropos", "whatis", "hash", "alias", "unalias", "test", "[", "[[", "touch", "mkdir", "ls"}
    | {"grep", "egrep", "fgrep", "rg", "ag", "ack", "pgrep", "pkill", "killall", "pidof", "logger"}
    | {"git", "hg", "svn", "apt", "apt-get", "dnf", "yum", "pacman", "brew", "dpkg", "gsutil", "gh"}
    | {"export", "declare", "local", "readonly", "typeset", "set", "read", "complete", "compgen"}
)


def of(words: tuple[Word, ...], program: str) -> tuple[Word, ...] | None:
    """The words of the command that *words* runs; None where *program* has no way of its own."""
    if finder := _FINDERS.get(program):
        return finder(words)
    return _script_file(words) if _INTERPRETER.fullmatch(program) else None


def named(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words from the first, behind a verb or an option, that names a program which matters."""
    for at, word in enumerate(words[2:], 2):
        if word.text.rpartition("/")[2] in _NOTABLE:
            return words[at:] if words[at + 1 :] else ()
    return ()


def supposed(words: tuple[Word, ...], program: str) -> tuple[Word, ...]:
    """The command that *program*, of which nothing is known, seems to be handed."""
    if program in _TAKING_NAMES:
        return ()
    for at, (word, following) in enumerate(pairwise(words[1:]), 1):
        called = _CALLED.get(word.text.rpartition("/")[2])
        if called and called.fullmatch(following.text):
            return words[at:]
    return ()


def value(words: tuple[Word, ...], options: tuple[str, ...]) -> Word | None:
    """The value of one of *options*, in the next word or behind `=`."""
    for word, following in pairwise(words):
        is_last = _CLUSTER.fullmatch(word.text) and f"-{word.text[-1]}" in options
        if word.text in options or is_last:
            return following
    for word in words:
        name, equals, value = word.text.partition("=")
        if equals and name in options:
            return Word(word.raw, value, word.span)
    return None


def _fd_exec(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The command of `fd -x`; what is found goes behind it."""
    at = next((at for at, word in enumerate(words) if word.text in _FD_RUNS), len(words))
    end = next((n for n in range(at, len(words)) if words[n].text == ";"), len(words))
    if not words[at + 1 : end]:
        return ()
    kind = _behind(words[:at], ("-e", "--extension"))
    others = words[1:at] + words[end + 1 :]
    plain = [w.text for w in others if not w.text.startswith("-") and w is not kind]
    found = f"{plain[1].rstrip('/') if len(plain) > 1 else '.'}/{UNKNOWN}"
    place = Word("{}", found + (f".{kind.text}" if kind else ""), words[at].span)
    inner = words[at + 1 : end]
    if any(word.text == "{}" for word in inner):
        return tuple(place if word.text == "{}" else word for word in inner)
    return (*inner, place)


def _find_exec(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The command of `-exec`; `{}` is something below the first folder, perhaps of known name."""
    for at, word in enumerate(words):
        if word.text in ("-exec", "-execdir", "-ok", "-okdir"):
            rest = words[at + 1 :]
            ends = [i for i, w in enumerate(rest) if w.text in (";", "+")]
            inner = rest[: ends[0]] if ends else rest
            return tuple(_found(word, words) if word.text == "{}" else word for word in inner)
    return ()


def _found(place: Word, words: tuple[Word, ...]) -> Word:
    folder = next((w.text for w in words[1:] if not w.text.startswith("-")), ".")
    name = _behind(words, ("-name", "-iname"))
    text = f"{folder.rstrip('/')}/{UNKNOWN}{name.text if name else ''}"
    return Word(place.raw, text, place.span)


def _script_file(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """`python tool.py …` runs `tool.py`, which may be known by that name."""
    for at, word in enumerate(words[1:], 1):
        if word.text in _CODE:
            return ()
        if not word.text.startswith("-"):
            is_named = word.is_known and _SCRIPT.search(word.text)
            return words[at:] if is_named else ()
    return ()


def _daemon(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The program of `start-stop-daemon --exec`, or `--startas`, with the words behind."""
    if not any(_is_given(word, ("-S", "--start")) for word in words):
        return ()
    program = value(words, ("-a", "--startas")) or value(words, ("-x", "--exec"))
    if program is None:
        return ()
    dashes = [at for at, word in enumerate(words) if word.text == "--"]
    if dashes:
        return (program, *words[dashes[0] + 1 :])
    behind = words[words.index(program) + 1 :] if program in words else ()
    return (program, *(word for word in behind if not word.text.startswith("-")))


def _is_given(word: Word, options: tuple[str, ...]) -> bool:
    """Whether *word* is one of *options*, cut short or among other letters too: `-Sbx`."""
    short, long = options
    text = word.text
    if text.startswith("--"):
        return len(text) > len("--st") and long.startswith(text)
    return text.startswith("-") and short[1] in text


def _behind(words: tuple[Word, ...], names: tuple[str, ...]) -> Word | None:
    for word, following in pairwise(words):
        if word.text in names:
            return following
    return None


_FINDERS: Mapping[str, Callable[[tuple[Word, ...]], tuple[Word, ...]]] = MappingProxyType(
    {
        "find": _find_exec,
        "fd": _fd_exec,
        "fdfind": _fd_exec,
        "start-stop-daemon": _daemon,
    }
)
