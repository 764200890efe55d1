"""What a command line does with its standard input: takes it as data, or runs it.

`ssh host bash < script` names no command that matters; what runs comes by standard input. So does
`cat | sudo sh -s`, `python3 -`, `env A=1 perl`. Here a reading says which of these it is. Who asks
has to do so before the first byte of input goes to the host.

What always holds: unsure is never `DATA`. A shell behind a program that may change what passes
through it, or one whose words are not known, is `HIDDEN`: what it will run cannot be seen. What it
does not do: read the script (`bastion.command.scripts`), or see that a program which is named here
nowhere runs its input.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from types import MappingProxyType

from bastion.command.reading import Reading, SimpleCommand, Word
from bastion.command.wrappers import SHELLS, WRAPPERS


class Intake(StrEnum):
    """How a command line takes its standard input, the strictest last."""

    DATA = "data"
    FOREIGN = "foreign"  # a script in a language that is not the shell's
    SHELL = "shell"
    HIDDEN = "hidden"  # it runs, and cannot be seen before


@dataclass(frozen=True)
class Interpreter:
    """How a program shows that it does not read its script from standard input.

    Attributes:
        inline: an option that brings the script, or says that none is read.
        valued: options whose value is the next word.
    """

    inline: re.Pattern[str]
    valued: frozenset[str] = frozenset()


def _interpreter(inline: str, valued: str = "") -> Interpreter:
    return Interpreter(re.compile(inline), frozenset(valued.split()))


_SHELL = _interpreter(
    r"-[abefhiklmnprtuvxBCEHPT]*c[A-Za-z]*|--(version|help)",
    "-o +o -O +O --rcfile --init-file",
)
_PYTHON = _interpreter(
    r"-[bBdEhiIOPqRsSuvVx]*[cm].*|--version|--help|-V", "-W -X -Q --check-hash-based-pycs"
)
_LUA = _interpreter(r"-e.*|-v", "-l")

INTERPRETERS: Mapping[str, Interpreter] = MappingProxyType(
    {
        "python*": _PYTHON,
        "pypy*": _PYTHON,
        "ipython*": _PYTHON,
        "perl*": _interpreter(r"-[acflnpsStTuUvwWX0-9]*[eEvV].*", "-I"),
        "ruby*": _interpreter(r"-[aclnpsSw0-9]*[ev].*|--version", "-I -r -C -E -K"),
        "node*": _interpreter(r"-(e|p|pe|v|c)|--(eval|print|version|check)(=.*)?", "-r --require"),
        "php*": _interpreter(r"-[rRBvim].*|--(run|version).*", "-d -c -z -t -S"),
        "lua*": _LUA,
        "julia": _interpreter(r"-[eEv].*|--(eval|print|version).*", "-J -L -p -t -C"),
        "R": _interpreter(r"-e.*|--version"),
        "Rscript": _interpreter(r"-e.*|--version"),
        "deno": _interpreter(r"--version"),
        "bun": _interpreter(r"-e|--eval|--version"),
        "tclsh*": _interpreter(r"(?!)"),
        "expect": _interpreter(r"-c.*", "-f"),
        "gdb": _interpreter(r"--?(version|help)", "-x -p -ex -iex"),
        "ed": _interpreter(r"(?!)"),
        "ex": _interpreter(r"(?!)"),
    }
)

# Shells of another grammar, and programs that make commands of what they read.
_HIDING = frozenset(
    {"fish", "csh", "tcsh", "pwsh", "nu", "xonsh", "elvish", "xargs", "parallel", "crontab"}
)
_SPOOLERS = frozenset({"at", "batch"})  # they read shell text, and run it later
_BECOMING = frozenset({"su", "runuser", "newgrp", "sg", "login"})  # without a command, a shell
_BECOMING_OPTIONS = frozenset({"-s", "-i", "--shell", "--login"})
_ENTERING = frozenset({"chroot", "nsenter", "unshare"})  # without a program, a shell
# They carry a command to somewhere else; it stands among their words.
_CARRIERS = frozenset(
    {"docker", "podman", "nerdctl", "kubectl", "oc", "crictl", "ctr", "lxc", "incus", "enroot"}
    | {"apptainer", "singularity", "machinectl", "ip", "ssh", "script", "tmux", "screen"}
)
# What comes in goes out unchanged, or to the command that they run, which is seen by itself.
_UNCHANGING = frozenset({"cat", "tee", "pv", "mbuffer", *SHELLS, *WRAPPERS})
_PIPE = re.compile(r"(?<!\|)\|(?!\|)")
_STDIN_NAMES = frozenset({"-", "stdin", "0"})  # what names it ends so: /dev/stdin, /dev/fd/0
_STDIN = re.compile(r"0?<(>|&)?")


def intake(reading: Reading) -> Intake:
    """How the line that was read takes its standard input."""
    if reading.opaque:
        return Intake.HIDDEN  # whatever could not be seen may run its input
    readers = [(command, kind) for command in reading.commands for kind in _taken(command)]
    kinds = {kind for _, kind in readers}
    if not kinds:
        return Intake.DATA
    if len(kinds) > 1 or _is_changed(reading, max(one.span.start for one, _ in readers)):
        return Intake.HIDDEN
    return kinds.pop()


def taken(command: SimpleCommand) -> Intake:
    """What *command* by itself makes of standard input."""
    return next(_taken(command), Intake.DATA)


def _is_changed(reading: Reading, end: int) -> bool:
    """Whether a program that stands before *end* may change the input on its way.

    In which pipeline it stands does not count: `gunzip | (cat | sh)` and `gunzip | sh -c sh` would
    hide that.
    """
    if any(mark in reading.text for mark in ("<(", ">(")):
        return True
    before = (one for one in reading.commands if one.words and one.span.start < end)
    is_piped = bool(_PIPE.search(reading.text))
    return is_piped and any(one.program not in _UNCHANGING for one in before)


def _taken(command: SimpleCommand) -> Iterator[Intake]:
    """What *command* makes of standard input; nothing where it takes it as data."""
    if _is_fed_otherwise(command) or not command.words:
        return
    name, behind = command.words[0], command.words[1:]
    if not name.is_known or name.has_glob:
        yield Intake.HIDDEN
    else:
        yield from _read_by(command.program, behind)


def _read_by(program: str, behind: tuple[Word, ...]) -> Iterator[Intake]:
    if program in SHELLS:
        yield from _run_by(_SHELL, behind, Intake.SHELL)
    elif interpreter := _interpreter_of(program):
        yield from _run_by(interpreter, behind, Intake.FOREIGN)
    elif program in _HIDING:
        yield Intake.HIDDEN
    elif (
        (program in (".", "source") and _first_is_stdin(behind))
        or program in _SPOOLERS
        or _becomes_shell(program, behind)
    ):
        yield Intake.SHELL
    elif program == "make" and any(word.text in ("-", "-f-") for word in behind):
        yield Intake.HIDDEN
    elif program in _CARRIERS:
        yield from _carried(behind)


def _run_by(interpreter: Interpreter, behind: tuple[Word, ...], kind: Intake) -> Iterator[Intake]:
    """What an interpreter makes of its input, as its options and first operand say."""
    at, is_forced = 0, False
    while at < len(behind):
        word = behind[at]
        text = word.text
        if not word.is_known:
            yield Intake.HIDDEN
            return
        if text == "--" or not text:  # a word that may vanish is no operand
            at += 1
        elif text[0] not in "-+" or text == "-":
            break
        elif interpreter.inline.fullmatch(text):
            return
        else:
            is_forced |= kind is Intake.SHELL and "s" in text and not text.startswith("--")
            at += 2 if text in interpreter.valued else 1
    if is_forced or at >= len(behind) or _is_stdin(behind[at]):
        yield kind


def _interpreter_of(program: str) -> Interpreter | None:
    fitting = (how for glob, how in INTERPRETERS.items() if fnmatchcase(program, glob))
    return next(fitting, None)


def _first_is_stdin(behind: tuple[Word, ...]) -> bool:
    return bool(behind) and _is_stdin(behind[0])


def _is_stdin(word: Word) -> bool:
    """Whether *word* may name standard input."""
    if word.has_glob or not word.is_known:
        return True
    return posixpath.basename(posixpath.normpath(word.text)) in _STDIN_NAMES


def _is_fed_otherwise(command: SimpleCommand) -> bool:
    """Whether a file of the host is its standard input."""
    redirected = [r for r in command.redirections if _STDIN.fullmatch(r.operator)]
    return bool(redirected) and not any(
        "&" in r.operator or _is_stdin(r.target) for r in redirected
    )


def _becomes_shell(program: str, behind: tuple[Word, ...]) -> bool:
    """Whether it starts a shell because no command is named (`su -`, `sudo -i`)."""
    texts = [word.text for word in behind]
    if program in _BECOMING:
        return not any(text.startswith(("-c", "--command")) for text in texts)
    if program in ("sudo", "doas"):
        is_shell = any(text in _BECOMING_OPTIONS for text in texts)
        return is_shell and all(text.startswith("-") for text in texts)
    operands = [text for text in texts if not text.startswith("-")]
    return program in _ENTERING and not operands[1:]  # at most the place that is entered


def _carried(behind: tuple[Word, ...]) -> Iterator[Intake]:
    """What the first interpreter among the words makes of the input."""
    for at, word in enumerate(behind):
        name = posixpath.basename(word.text)
        if name in SHELLS or name in _HIDING or _interpreter_of(name):
            yield from _read_by(name, behind[at + 1 :])
            return
