"""Programs that run another command: how to find it among their words. A table, not code a tool.

What always holds: peeling a wrapper never loses the wrapper itself, rules see both. A wrapper whose
options cannot be understood yields what stands behind them, at worst too many words. What it does
not do: know what the wrapped command means.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise, zip_longest
from types import MappingProxyType

from bastion.command import hooks, inner_commands
from bastion.command.arguments import is_among
from bastion.command.embedded import FINDERS
from bastion.command.inner_commands import SHELLS
from bastion.command.launchers import RUNNERS
from bastion.command.reading import UNKNOWN, Word
from bastion.command.shell.fish_line import in_posix
from bastion.command.state import NOT_KNOWN, Value
from bastion.command.wrapper_table import (
    CARRIERS,
    CHAINED,
    CODES,
    REST,
    SEARCHED,
    TEXTS,
    WRAPPERS,
    Wrapper,
)
from bastion.verdict import Span

__all__ = [
    "SHELLS",
    "WRAPPERS",
    "assigned",
    "own",
    "positional",
    "runs_substitution",
    "script",
    "wrapped",
]

_SHELL_VALUED = frozenset({"-o", "+o", "-O", "+O", "--rcfile", "--init-file"})
_VERSION = re.compile(r"[\d.]+$")
_CLUSTER = re.compile(r"-[A-Za-z]{2,8}")
_WRITTEN_TOGETHER = re.compile(r"-[A-Za-z0-9]{2,8}")
_FEEDING = frozenset({"xargs", "parallel"})
WALKED = "{}"
"""How a word is written that stands for whatever a walk through folders finds, or is handed."""
_LISTS = frozenset({":::", ":::+"})
_LISTED_FILES = frozenset({"::::", "::::+"})
_INPUT_IS_TEXT = re.compile(r"-[a-z]*c|\{\}")
_SSH = frozenset({"ssh", "scp", "sftp", "autossh"})
_SSH_TEXT = re.compile(
    r"(?:-o)?\s*(?:proxycommand|localcommand|knownhostscommand)\s*[=\s]\s*(.+)", re.IGNORECASE
)
_SET = re.compile(r"[A-Za-z_]\w*=")
_WITH_ENTRYPOINT = frozenset({"docker", "podman", "nerdctl", "docker-compose", "podman-compose"})
_ASSIGNING = frozenset({"env", "sudo", "doas"})
_OTHERWISE_KNOWN = SEARCHED | SHELLS | {"eval", "trap"} | set(TEXTS) | set(REST) | set(CODES)


def wrapped(words: tuple[Word, ...], program: str) -> tuple[Word, ...]:
    """The words of the command that *words* runs; empty where it runs none."""
    found = inner_commands.of(words, program)
    if found is not None:
        return found
    wrapper = WRAPPERS.get(program) or CARRIERS.get(program) or RUNNERS.get(program)
    if not (wrapper or program in _OTHERWISE_KNOWN):
        return inner_commands.supposed(words, program)
    if wrapper and program in _WITH_ENTRYPOINT and (entered := _entered(words, program, wrapper)):
        return entered
    inner = _behind_wrapper(words, program, wrapper) if wrapper else ()
    if program in SEARCHED and (not inner or inner[0].text.startswith("-")):
        inner = inner_commands.named(words) or inner
    return _fed_inner(inner, program) if program in _FEEDING else inner


def _entered(words: tuple[Word, ...], program: str, wrapper: Wrapper) -> tuple[Word, ...]:
    """What `docker run --entrypoint PROGRAM IMAGE …` runs: the program, with the words behind."""
    image = _behind_wrapper(words, program, replace(wrapper, operands=0))
    given = inner_commands.value(words[: len(words) - len(image)], ("--entrypoint",))
    return (given, *image[1:]) if given else ()


def own(words: tuple[Word, ...], program: str) -> tuple[Word, ...]:
    """*words* without those of the command that they run, of programs whose options are all known.

    `sudo awk -i` has no `-i` of sudo's.
    """
    if program not in _ASSIGNING:
        return words
    inner = _behind_wrapper(words, program, WRAPPERS[program])
    return words[: len(words) - len(inner)]


def assigned(words: tuple[Word, ...], program: str) -> tuple[Word, ...]:
    """The variables that *words* sets for the command that they run: `env A=1 CMD`."""
    if program not in _ASSIGNING:
        return ()
    return tuple(word for word in own(words, program)[1:] if _SET.match(word.text))


def _behind_wrapper(words: tuple[Word, ...], program: str, wrapper: Wrapper) -> tuple[Word, ...]:
    at, operands = _start(words, wrapper), wrapper.operands
    while at < len(words):
        text = words[at].text
        if text in wrapper.queries:
            return ()
        if text == "--":
            at += 1
            if not operands or wrapper.separator:
                break
        elif text.startswith("-") and text != "-":
            at += 2 if _takes_next(text, wrapper.valued) else 1
        elif program in _ASSIGNING and "=" in text and not text.startswith("="):
            at += 1
        elif program == "env" and (text == "-" or _are_settings(words[at:])):
            at += 1  # `env $(cat .env) CMD`
        elif operands:
            operands -= 1
            at += 1
        else:
            break
    inner = words[at + (operands if at < len(words) else 0) :]
    is_elsewhere = wrapper.verbs and inner and not inner[0].is_known
    return () if is_elsewhere else inner  # `docker run $IMAGE`: not even where it begins is known


def _are_settings(words: tuple[Word, ...]) -> bool:
    """Whether the first of *words* is what a file sets, and a program's name stands behind it."""
    is_named = len(words) > 1 and not words[1].text.startswith("-")
    return is_named and hooks.are_settings(words[0].raw)


def _takes_next(option: str, valued: frozenset[str]) -> bool:
    """Whether the value of *option*, or of the last letter of a cluster, is the next word."""
    if option in valued or option.startswith("--"):
        return is_among(option, valued)
    if not _WRITTEN_TOGETHER.fullmatch(option):
        return False
    first = next((at for at, letter in enumerate(option) if f"-{letter}" in valued), 0)
    return first == len(option) - 1


def _start(words: tuple[Word, ...], wrapper: Wrapper) -> int:
    """Where options and command begin; behind the last word where there is no command."""
    if wrapper.only_with and not any(word.text.startswith(wrapper.only_with) for word in words):
        return len(words)
    if wrapper.separator:
        return next((n for n, word in enumerate(words) if word.text == "--"), len(words))
    if wrapper.verbs:
        verbs = (n for n, word in enumerate(words) if word.text in wrapper.verbs)
        return next(verbs, len(words)) + 1
    return 1


def script(words: tuple[Word, ...], program: str) -> Word | None:
    """What *words* runs as shell text (`sh -c WORD`, `eval WORD …`); None where it runs none."""
    if own := _OWN_TEXTS.get("sh" if program in SHELLS else program):
        return own(words)
    texts = [_local_text(words)] if program in _SSH else []
    if (options := TEXTS.get(program)) and not _is_far_side(words, program):
        texts += map(_as_text, _values(words, options))
    if rest := REST.get(program):
        chain = _chain(words) if program in CHAINED else [words]
        texts += [_as_text(_joined(_behind_wrapper(each, program, rest))) for each in chain]
    texts.append(_in_code(words, program))
    return _joined(tuple(text for text in texts if text), "\n")


def _trapped(words: tuple[Word, ...]) -> Word | None:
    """What `trap TEXT SIGNAL` runs."""
    return next((word for word in words[1:] if not word.text.startswith("-")), None)


def _of_fish(words: tuple[Word, ...]) -> Word | None:
    """What `fish -c TEXT` runs, as other shells would write it."""
    given = (
        _as_text(word) or Word(word.raw, '"$__"', word.span)
        for word in _values(words, TEXTS["fish"])
    )
    texts = (Word(word.raw, in_posix(word.text), word.span) for word in given)
    return _joined(tuple(texts), "\n")


def _is_far_side(words: tuple[Word, ...], program: str) -> bool:
    """Whether it is rsync on the other side, where `-e` says what the client can do."""
    return program == "rsync" and any(word.text == "--server" for word in words)


def _as_text(word: Word | None) -> Word | None:
    """*word* as shell text in which what is unknown stays a variable."""
    if word is None or word.is_known:
        return word
    if word.text.startswith(UNKNOWN):
        return None  # all of it may be anything, and it runs where the host is another
    return Word(word.raw, word.text.replace(UNKNOWN, "$__"), word.span)


def _in_code(words: tuple[Word, ...], program: str) -> Word | None:
    """The literal commands in the program text of an interpreter, each on a line."""
    if not (finder := code_language(program)):
        return None
    options = code_options(program)
    codes = list(_values(words, options))
    if not codes and "" in options:
        codes = [word for word in words[1:] if not word.text.startswith("-")][:1]
    found = [text for code in codes if code.is_known for text in finder(code.text)]
    return Word(codes[0].raw, "\n".join(found), codes[0].span) if found else None


def code_language(program: str) -> Callable[[str], Iterator[str]] | None:
    """What finds shell text in the program texts that *program* takes; None where it takes none."""
    language, _ = CODES.get(_VERSION.sub("", program), ("", ()))
    return FINDERS.get(language)


def code_options(program: str) -> tuple[str, ...]:
    """The options whose value is program text; `""` is an operand."""
    return CODES.get(_VERSION.sub("", program), ("", ()))[1]


def _values(words: tuple[Word, ...], options: tuple[str, ...]) -> Iterator[Word]:
    """The values of *options*: the next word, or joined to it, also in a cluster."""
    for word, following in zip_longest(words, words[1:]):
        name, equals, value = word.text.partition("=")
        is_named = is_among(name, options)
        if is_named and equals:
            yield Word(word.raw, value, word.span)
        elif is_named or (_CLUSTER.fullmatch(word.text) and _ends(word.text, options)):
            if following:
                yield following
        elif beginning := next((o for o in options if _is_joined(word.text, o)), None):
            yield Word(word.raw, word.text[len(beginning) :], word.span)


def _is_joined(text: str, option: str) -> bool:
    """Whether *text* is the short *option* with its value: `-Ssh`, `+!ls`."""
    return (
        bool(option)
        and text.startswith(option)
        and not text.startswith("--")
        and (len(option) == len("-x") or option == "+")
    )


def _ends(cluster: str, options: tuple[str, ...]) -> bool:
    """Whether the last of a cluster's letters is the first that is one of *options*."""
    valued = [at for at, letter in enumerate(cluster) if at and f"-{letter}" in options]
    return valued[:1] == [len(cluster) - 1]


def _behind_c(words: tuple[Word, ...]) -> Word | None:
    """A shell's first word behind its options, where `-c` is one of them, also in `-lc`."""
    at = _place_of_text(words)
    return words[at] if at is not None else None


def positional(words: tuple[Word, ...]) -> tuple[Value, Value]:
    """What a shell's text gets as `$0`, and as `$1`, `$2` …: the words behind it."""
    at = _place_of_text(words)
    if at is None:
        return NOT_KNOWN, NOT_KNOWN
    texts = [word.text for word in words]
    return (*texts[at + 1 : at + 2], texts[0])[:1], tuple(texts[at + 2 :])


def _place_of_text(words: tuple[Word, ...]) -> int | None:
    at, is_command = 1, False
    while at < len(words) and words[at].text[:1] in ("-", "+") and words[at].text != "--":
        option = words[at].text
        is_command = is_command or ("c" in option and not option.startswith("--"))
        at += 2 if option in _SHELL_VALUED else 1
    if at < len(words) and words[at].text == "--":
        at += 1
    return at if is_command and at < len(words) else None


def runs_substitution(words: tuple[Word, ...], program: str) -> bool:
    """Whether *words* runs what a process substitution yields (`bash <(…)`, `. <(…)`)."""
    is_runner = program in SHELLS or program in (".", "source")
    fed = (word.raw for word in words[1:] if word.raw.startswith("<("))
    return is_runner and not all(map(hooks.is_fed, fed))


def _chain(words: tuple[Word, ...]) -> list[tuple[Word, ...]]:
    """The commands of a chain, each with the program's name in front."""
    ends = [at for at, word in enumerate(words) if word.text == ";"]
    return [words[:1] + words[a + 1 : b] for a, b in pairwise([0, *ends, len(words)])]


def _joined(words: tuple[Word, ...], between: str = " ") -> Word | None:
    if not words:
        return None
    text, raw = (
        between.join(parts) for parts in zip(*((w.text, w.raw) for w in words), strict=True)
    )
    return Word(raw, text, Span(words[0].span.start, words[-1].span.end))


def _fed_inner(inner: tuple[Word, ...], program: str) -> tuple[Word, ...]:
    """*inner* with what stands behind `:::`; a shell whose text comes from the input has one."""
    marks = (at for at, word in enumerate(inner) if program == "parallel" and word.text in _LISTS)
    end = next(marks, len(inner))
    command = inner[:end]
    if not command:
        return ()
    if command[0].text.rpartition("/")[2] in SHELLS and _INPUT_IS_TEXT.fullmatch(command[-1].text):
        last = command[-1]
        text = Word("", UNKNOWN, last.span)
        return (*command, text) if last.text.startswith("-") else (*command[:-1], text)
    given = inner[end + 1 :]
    at = _place_of_text(command) if command[0].text.rpartition("/")[2] in SHELLS else None
    if at is not None and not given:  # `sh -c 'rm "$1"' _`
        handed = UNKNOWN if at + 1 == len(command) else WALKED
        given = (Word(handed, handed, command[-1].span),)
    return (*command, *given)


def _listed(words: tuple[Word, ...]) -> Word | None:
    """What `parallel ::: TEXT …` and `parallel 'TEXT {}'` run: their words are shell text."""
    marks = (at for at, word in enumerate(words) if word.text in _LISTS | _LISTED_FILES)
    at = next(marks, len(words))
    if inner := _behind_wrapper(words[:at], "parallel", WRAPPERS["parallel"]):
        return _as_text(_joined(inner)) if any(" " in word.text for word in inner) else None
    is_told = at < len(words) and words[at].text in _LISTS
    return _joined(words[at + 1 :], "\n") if is_told else None


def _local_text(words: tuple[Word, ...]) -> Word | None:
    """What `ssh` runs on this side: `-o ProxyCommand=TEXT`."""
    for word in words[1:]:
        if match := _SSH_TEXT.fullmatch(word.text):
            return None if match[1] == "none" else Word(word.raw, match[1], word.span)
    return None


_OWN_TEXTS: Mapping[str, Callable[[tuple[Word, ...]], Word | None]] = MappingProxyType(
    {
        "eval": lambda words: _joined(words[1:]),
        "trap": _trapped,
        "fish": _of_fish,
        "sh": _behind_c,
        "parallel": _listed,
    }
)
"""Programs that take shell text in a way of their own; `sh` stands for every shell."""
