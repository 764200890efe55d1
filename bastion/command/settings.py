"""What a command changes of its shell: variables, aliases, functions.

What always holds: what a command may change is not known afterwards, unless it says exactly what it
gives. What it does not do: read shell text that a command runs (`bastion.command.extract`).
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from bastion.command import tokens
from bastion.command.outputs import output
from bastion.command.parameters import Lookup, assigning
from bastion.command.reading import NOWHERE, SimpleCommand, Word
from bastion.command.scan import Piece
from bastion.command.state import (
    MAX_VALUES,
    NOT_KNOWN,
    POSITIONAL,
    REFERENCE,
    SOME,
    UNKNOWN,
    UNSET,
    ShellState,
    Value,
    short,
)
from bastion.command.words import read_word
from bastion.command.wrapper_table import CARRIERS, REST

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\[[^]]*\])?(\+?)=", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*")
_ELEMENT = re.compile(r"\[[^]]*\]\+?=")
_GLOB = re.compile(r"\[[^]]*\]|[*?\[]")
_PATH_STARTS = ("/", "~", ".", UNKNOWN)
_DECLARING = frozenset({"declare", "typeset", "local", "export", "readonly"})
_TAKING = frozenset({"read", "mapfile", "readarray", "getopts", "printf", "let", "wait", "select"})
# With these, what stands in front of them stays assigned, as shells other than bash do.
_SPECIAL = _DECLARING | {"eval", ":", ".", "source", "exec", "set", "unset", "trap", "shift"}
_TABLES = {"BASH_ALIASES": "aliases", "BASH_CMDS": "functions"}
_PRINTF = Word("printf", "printf", NOWHERE)
_SHAPING = re.compile(r"[-+][A-Za-z]*[ilucn]")
# Behind these a prompt may be that of another shell, and who leaves one is back in another.
_OPENING = (
    frozenset({"sh", "bash", "zsh", "dash", "ksh", "ash", "rbash", "fish", "csh", "tcsh", "pwsh"})
    | {"su", "newgrp", "sg", "login", "exec", "exit", "logout", "script", "runuser", "busybox"}
    | {"vi", "vim", "nvim", "view", "less", "more", "man", "emacs", "nano", "mc", "ranger", "top"}
    | {"gdb", "expect", "ftp", "sftp", "mysql", "psql", "sqlite3", "chroot", "nsenter", "unshare"}
    | set(CARRIERS)
    | set(REST)
)
_OPENING_BARE = frozenset({"sudo", "doas", "python", "python3", "ipython", "perl", "ruby", "node"})
_FOLDERS = frozenset({"", "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin"})


def after(command: SimpleCommand, state: ShellState, lookup: Lookup) -> ShellState:
    """The state once *command* has run in it."""
    for name in {name for word in _all(command) for name in assigning(word.raw)}:
        state = state.assigned(name, (*state.values(name), NOT_KNOWN))
    if not command.words:
        return _assigned(state, command.assignments, lookup)
    program, words = command.words[0].text, command.words[1:]
    if command.assignments and (program in _SPECIAL or program in state.functions):
        state = state.merged(_assigned(state, command.assignments, lookup))
    if program in _DECLARING:
        return _declared(state, program, words, lookup)
    if program in _TAKING:
        return _opened(state, program, words)
    if program in _CHANGES:
        return _CHANGES[program](state, words)
    return replace(state, is_left=True) if _opens(command) else state


def assignments(command: SimpleCommand, state: ShellState, lookup: Lookup) -> ShellState:
    """The state of a program that *command* starts with assignments in front of it."""
    inner = _assigned(state, command.assignments, lookup)
    names = {match[1] for word in command.assignments if (match := _ASSIGNMENT.match(word.raw))}
    return replace(inner, exported=inner.exported | names)


def calculated(text: str) -> set[str]:
    """The variables that arithmetic in *text* may change."""
    parts = (*_between(text, "((", "))"), *_between(text, "$[", "]"))
    return set(_NAME.findall(" ".join(parts)))


def _between(text: str, opening: str, ending: str) -> Iterator[str]:
    """What stands between *opening* and the next *ending*, each time."""
    start = text.find(opening)
    while start >= 0 and (end := text.find(ending, start + len(opening))) >= 0:
        yield text[start + len(opening) : end]
        start = text.find(opening, end + len(ending))


def looped(state: ShellState, variable: str, raws: tuple[Piece, ...], lookup: Lookup) -> ShellState:
    """The state in a loop whose *variable* has one of the values that *raws* come to.

    Without any it goes through the positional parameters. Of very many values those are kept with
    which most can be destroyed: paths, the short ones first.
    """
    words = [word for raw in raws for word in tokens.words_of(raw, lookup)]
    texts = [_GLOB.sub(UNKNOWN, word.text) if word.has_glob else word.text for word in words]
    if not raws:
        texts = [text for value in state.values(POSITIONAL) for text in value]
    if len(texts) > MAX_VALUES:
        paths = sorted((text for text in texts if text[:1] in _PATH_STARTS), key=len)
        texts = [*paths[: MAX_VALUES - 1], UNKNOWN]
    return state.assigned(variable, [(text,) for text in texts] or [NOT_KNOWN])


def _opens(command: SimpleCommand) -> bool:
    """Whether there may be another shell's prompt afterwards."""
    name, behind = command.words[0].text, command.words[1:]
    if command.program in _OPENING or name.rpartition("/")[0] not in _FOLDERS:
        return True
    return command.program in _OPENING_BARE and all(w.text.startswith("-") for w in behind)


def _all(command: SimpleCommand) -> Iterator[Word]:
    yield from (*command.assignments, *command.words)


def _assigned(state: ShellState, words: tuple[Word, ...], lookup: Lookup) -> ShellState:
    for word in words:
        match = _ASSIGNMENT.match(word.raw)
        if match and match[1] in _TABLES and match[2]:
            text = word.text.partition("=")[2]
            state = _named(state, _TABLES[match[1]], match[2][1:-1], text)
        elif match:
            value = _value(word.raw[match.end() :], lookup)
            if match[2]:
                value = _with_element(state.values(match[1]), match[2][1:-1], value)
            if match[3]:
                value = _appended(state.values(match[1]), value, word.raw)
            state = state.assigned(match[1], (value,))
    return state


def _named(state: ShellState, table: str, name: str, text: str) -> ShellState:
    """The state in which *name* runs *text*, with what stands behind it."""
    kept = {name: short(text if table == "aliases" else f'{text} "$@"')}
    if table == "aliases":
        return replace(state, aliases={**state.aliases, **kept})
    return replace(state, functions={**state.functions, **kept})


def _with_element(values: tuple[Value, ...], index: str, value: Value) -> Value:
    """An array with one element more, or another; nothing is known of one with gaps."""
    old = values[0] if values != (NOT_KNOWN,) and len(values) == 1 else (UNKNOWN, UNKNOWN)
    at = int(index) if index.isdecimal() and len(index) <= len("99") else len(old) + 1
    is_whole = at <= len(old) and NOT_KNOWN not in (old, value)
    return (*old[:at], "".join(value), *old[at + 1 :]) if is_whole else NOT_KNOWN


def _value(raw: str, lookup: Lookup) -> Value:
    if not raw.startswith("("):
        return (read_word(raw, 0, lookup).text,)
    pieces = tokens.words(Piece(raw[1:-1], 0))
    if any(_ELEMENT.match(piece.text) for piece in pieces):
        return NOT_KNOWN
    words = [word for piece in pieces for word in tokens.words_of(piece, lookup)]
    return NOT_KNOWN if any(w.has_glob for w in words) else tuple(word.text for word in words)


def _appended(values: tuple[Value, ...], more: Value, raw: str) -> Value:
    if len(values) != 1 or UNKNOWN in "".join(values[0]):
        return NOT_KNOWN
    old = values[0]
    if "+=(" in raw:
        return (*old, *more)
    return ("".join(old[:1]) + "".join(more), *old[1:])


def _declared(
    state: ShellState, program: str, words: tuple[Word, ...], lookup: Lookup
) -> ShellState:
    """`export a=b`, `declare -u a`."""
    options = [word.text for word in words if word.text[:1] in ("-", "+")]
    given = list({word.span: word for word in words if word.text[:1] not in ("-", "+")}.values())
    if not all(word.is_known or _ASSIGNMENT.match(word.raw) for word in given):
        return state.without_values()
    if any("n" in option for option in options) and program != "export":
        return _referring(state, given)
    names = {match[0] for word in given if (match := _NAME.match(word.text))}
    if any(map(_SHAPING.fullmatch, options)) and program in ("declare", "typeset", "local"):
        state = replace(state, fickle=state.fickle | names)
        given = [*given, *(Word(f"{name}=", f"{name}=", given[0].span) for name in names)]
    for word in given:  # `export $name=value`
        if not _ASSIGNMENT.match(word.raw) and (match := _ASSIGNMENT.match(word.text)):
            state = state.assigned(match[1], (NOT_KNOWN,))
    state = _assigned(state, tuple(given), lookup)
    if program == "export" or any("x" in option for option in options):
        state = replace(state, exported=state.exported | names)
    is_fixed = program == "readonly" or any("r" in option for option in options)
    return replace(state, fickle=state.fickle | names) if is_fixed else state


def _referring(state: ShellState, given: list[Word]) -> ShellState:
    """`declare -n a=b`: one name for another."""
    for word in given:
        name, _, target = word.text.partition("=")
        if not (name.isidentifier() and target.isidentifier()) or name == target:
            return state.without_values()
        state = state.assigned(REFERENCE + name, ((target,),))
    return state


def _opened(state: ShellState, program: str, words: tuple[Word, ...]) -> ShellState:
    """`read a b`: what they get is not known."""
    if program == "printf" and [word.text for word in words[:1]] == ["-v"] and words[2:]:
        name, said = words[1].text, output(SimpleCommand((_PRINTF, *words[2:])))
        if name.isidentifier() and said is not None:
            return state.assigned(name, ((said,),))
    if program == "printf":
        if not any(word.text.startswith("-v") or not word.is_known for word in words[:1]):
            return state
        words = words[:2]
    if not all(word.is_known for word in words):
        return state.without_values()
    for name in {name for word in words for name in _NAME.findall(word.text)}:
        state = state.assigned(name, (NOT_KNOWN,))
    return state


def _aliased(state: ShellState, words: tuple[Word, ...]) -> ShellState:
    found = dict(state.aliases)
    for word in words:
        name, equals, value = word.text.partition("=")
        if equals:
            found[name] = short(value)
    return replace(state, aliases=found)


def _unaliased(state: ShellState, words: tuple[Word, ...]) -> ShellState:
    gone = {word.text for word in words}
    kept = {} if "-a" in gone else {k: v for k, v in state.aliases.items() if k not in gone}
    return replace(state, aliases=kept) if state.is_certain else state


def _unset(state: ShellState, words: tuple[Word, ...]) -> ShellState:
    if not all(word.is_known for word in words):
        return state.without_values()
    names = [word.text for word in words if not word.text.startswith("-")]
    if any(word.text == "-f" for word in words):
        kept = {k: v for k, v in state.functions.items() if k not in names}
        return replace(state, functions=kept) if state.is_certain else state
    for name in names:
        known = _NAME.match(name)
        if known:
            is_whole = known.end() == len(name) and name != "IFS"
            value = UNSET if is_whole else (" \t\n",) if name == "IFS" else NOT_KNOWN
            state = state.assigned(known[0], (value,))
    return state


def _set(state: ShellState, words: tuple[Word, ...]) -> ShellState:
    """`set -- a b`, `set -euo pipefail a b`; options alone leave the parameters as they are."""
    texts, at = [word.text for word in words], 0
    while at < len(texts) and texts[at][:1] in ("-", "+") and texts[at] not in ("-", "--"):
        at += 2 if texts[at].endswith("o") else 1
    if at >= len(texts) or texts[at:] == ["-"]:
        return state
    given = words[at + 1 :] if texts[at] in ("-", "--") else words[at:]
    return state.assigned(POSITIONAL, (parameters(given),))


def parameters(given: tuple[Word, ...]) -> Value:
    """What the positional parameters are where *given* stands behind `set --`, or a function."""
    texts = (_GLOB.sub(UNKNOWN, word.text) if word.has_glob else word.text for word in given)
    value = tuple(texts)
    return SOME if value == NOT_KNOWN else value


def _without_positional(state: ShellState, _words: tuple[Word, ...] = ()) -> ShellState:
    return state.assigned(POSITIONAL, (NOT_KNOWN,))


def _shifted(state: ShellState, words: tuple[Word, ...]) -> ShellState:
    values = state.values(POSITIONAL)
    count = words[0].text if words else "1"
    if not count.isdecimal() or len(values) != 1 or values[0] == NOT_KNOWN:
        return _without_positional(state)
    if UNKNOWN in "".join(values[0]):
        return state.assigned(POSITIONAL, (SOME,))
    if len(count) > len("99") or int(count) > len(values[0]):
        return state  # of more than there are it takes none
    return state.assigned(POSITIONAL, (values[0][int(count) :],))


def _hashed(state: ShellState, words: tuple[Word, ...]) -> ShellState:
    """`hash -p PATH NAME`: NAME runs PATH."""
    texts = [word.text for word in words]
    if texts[:1] != ["-p"] or len(texts) <= len(("-p", "PATH")):
        return state
    return _named(state, "functions", texts[2], texts[1])


def _sourced(state: ShellState, _words: tuple[Word, ...]) -> ShellState:
    return state.without_values()


_CHANGES = {
    "alias": _aliased,
    "unalias": _unaliased,
    "unset": _unset,
    "set": _set,
    "shift": _shifted,
    "hash": _hashed,
    ".": _sourced,
    "source": _sourced,
}
