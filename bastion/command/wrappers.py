"""Programs that run another command: how to find it among their words. A table, not code a tool.

What always holds: peeling a wrapper never loses the wrapper itself, rules see both. A wrapper whose
options cannot be understood yields what stands behind them, at worst too many words. What it does
not do: know what the wrapped command means.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from bastion.command.reading import Word
from bastion.verdict import Span

SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh", "ash", "rbash"})
_SHELL_VALUED = frozenset({"-o", "+o", "-O", "+O", "--rcfile", "--init-file"})
_ASSIGNING = frozenset({"env", "sudo", "doas"})


@dataclass(frozen=True)
class Wrapper:
    """How a program takes the command that it runs.

    Attributes:
        valued: options that take a value in the next word.
        operands: words between the options and the command (`timeout 5 CMD`).
        queries: options with which it runs nothing (`command -v`).
    """

    valued: frozenset[str] = frozenset()
    operands: int = 0
    queries: frozenset[str] = frozenset()


def _wrapper(valued: str = "", operands: int = 0, queries: str = "") -> Wrapper:
    return Wrapper(frozenset(valued.split()), operands, frozenset(queries.split()))


WRAPPERS: Mapping[str, Wrapper] = MappingProxyType(
    {
        "sudo": _wrapper(
            "-u --user -g --group -h --host -p --prompt -C -r --role -t --type -T -D -R"
        ),
        "doas": _wrapper("-u -C"),
        "env": _wrapper("-u --unset -C --chdir -a --argv0"),
        "nohup": _wrapper(),
        "setsid": _wrapper(),
        "nice": _wrapper("-n --adjustment"),
        "ionice": _wrapper("-c --class -n --classdata -p --pid"),
        "chrt": _wrapper("-T -P -D", operands=1),
        "taskset": _wrapper("", operands=1),
        "numactl": _wrapper("-C -N -m -i -p --physcpubind --cpunodebind --membind --interleave"),
        "timeout": _wrapper("-k --kill-after -s --signal", operands=1),
        "time": _wrapper("-f --format -o --output"),
        "stdbuf": _wrapper("-i --input -o --output -e --error"),
        "xargs": _wrapper(
            "-a --arg-file -d --delimiter -E -I -L -n --max-args -P --max-procs -s --max-chars"
        ),
        "command": _wrapper(queries="-v -V"),
        "builtin": _wrapper(),
        "exec": _wrapper("-a"),
        "watch": _wrapper("-n --interval -q"),
        "strace": _wrapper("-o -e -p -s -u -a -S -O -I -b -E"),
        "ltrace": _wrapper("-o -e -p -s -u -a -l -n"),
        "unbuffer": _wrapper(),
        "flock": _wrapper("-w --wait --timeout -E --conflict-exit-code", operands=1),
        "chroot": _wrapper("--groups --userspec", operands=1),
        "nsenter": _wrapper("-t --target -S --setuid -G --setgid"),
        "unshare": _wrapper("-R --root -w --wd -S --setuid -G --setgid --map-user --map-group"),
        "systemd-run": _wrapper("-u --unit -p --property -E --setenv --on-calendar --slice -H -M"),
        "srun": _wrapper(
            "-A -c -C -D -e -G -i -J -m -N -n -o -p -q -t -w -x --account --partition --nodes"
        ),
        "busybox": _wrapper(),
        "toybox": _wrapper(),
        "parallel": _wrapper("-j --jobs -a --arg-file --delay --retries --timeout"),
    }
)


def wrapped(words: tuple[Word, ...], program: str) -> tuple[Word, ...]:
    """The words of the command that *words* runs; empty where it runs none."""
    if program == "find":
        return _find_exec(words)
    wrapper = WRAPPERS.get(program)
    if wrapper is None:
        return ()
    at, operands = 1, wrapper.operands
    while at < len(words):
        text = words[at].text
        if text in wrapper.queries:
            return ()
        if text == "--":
            at += 1
            break
        if text.startswith("-") and text != "-":
            at += 2 if text in wrapper.valued else 1
        elif program in _ASSIGNING and "=" in text and not text.startswith("="):
            at += 1
        elif operands:
            operands -= 1
            at += 1
        else:
            break
    return words[at + (operands if at < len(words) else 0) :]


def script(words: tuple[Word, ...], program: str) -> Word | None:
    """What *words* runs as shell text (`sh -c WORD`, `eval WORD …`); None where it runs none."""
    if program == "eval":
        return _joined(words[1:])
    if program == "trap":
        return next((word for word in words[1:] if not word.text.startswith("-")), None)
    if program in ("su", "runuser"):
        return _behind(words, ("-c", "--command"))
    return _behind_c(words) if program in SHELLS else None


def _behind_c(words: tuple[Word, ...]) -> Word | None:
    """A shell's first word behind its options, where `-c` is one of them, also in `-lc`."""
    at, is_command = 1, False
    while at < len(words) and words[at].text[:1] in ("-", "+") and words[at].text != "--":
        option = words[at].text
        is_command = is_command or ("c" in option and not option.startswith("--"))
        at += 2 if option in _SHELL_VALUED else 1
    if at < len(words) and words[at].text == "--":
        at += 1
    return words[at] if is_command and at < len(words) else None


def runs_substitution(words: tuple[Word, ...], program: str) -> bool:
    """Whether *words* runs what a process substitution yields (`bash <(…)`, `. <(…)`)."""
    is_runner = program in SHELLS or program in (".", "source")
    return is_runner and any(word.raw.startswith("<(") for word in words[1:])


def _joined(words: tuple[Word, ...]) -> Word | None:
    if not words:
        return None
    text, raw = (" ".join(parts) for parts in zip(*((w.text, w.raw) for w in words), strict=True))
    return Word(raw, text, Span(words[0].span.start, words[-1].span.end))


def _find_exec(words: tuple[Word, ...]) -> tuple[Word, ...]:
    for at, word in enumerate(words):
        if word.text in ("-exec", "-execdir", "-ok", "-okdir"):
            rest = words[at + 1 :]
            ends = [i for i, w in enumerate(rest) if w.text in (";", "+")]
            return rest[: ends[0]] if ends else rest
    return ()


def _behind(words: tuple[Word, ...], names: tuple[str, ...]) -> Word | None:
    for word, following in pairwise(words):
        if word.text in names:
            return following
    return None
