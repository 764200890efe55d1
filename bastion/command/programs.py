"""Programs that tools run on the far side of `ssh HOST COMMAND`: which one a line is.

`scp -O` runs `scp -t DIR` on the host, rsync runs `rsync --server …`, git runs `git-upload-pack`.
What they are is read from the parsed words, never from how the text begins: `scp -t x; rm y` is a
line of two commands, and none of these.

What always holds: a line is one of these programs only where it is one simple command without
wrapper, variable, substitution or redirection, under the bare name or in a folder of the system.
For what is refused the reading is the wide one: wherever in the line it would run. What it does not
do: decide who may copy files.
"""

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise, takewhile
from types import MappingProxyType

from bastion.command.reading import Reading, Word


class Kind(StrEnum):
    """What kind of program a line is, as the record names it."""

    SCP = "scp"
    RSYNC = "rsync"
    GIT = "git"
    SFTP_SERVER = "sftp-server"
    MOSH = "mosh-server"


@dataclass(frozen=True)
class Refused:
    """A program that is never run, and what to do instead."""

    program: str
    sentence: str


_FOLDERS = frozenset(
    {"", "/bin", "/usr/bin", "/usr/local/bin", "/usr/lib", "/usr/libexec", "/usr/sbin"}
    | {"/usr/lib/openssh", "/usr/libexec/openssh", "/usr/lib/ssh", "/usr/lib/git-core"}
)
_SCP_LETTERS, _SCP_WAYS = frozenset("tfrpdv"), frozenset("tf")
_TRANSFERS = frozenset({"upload-pack", "receive-pack", "upload-archive"})


def _is_scp(behind: tuple[str, ...]) -> bool:
    """`-t` (to here) or `-f` (from here), and of other options only those of scp's far side."""
    options = [*takewhile(lambda text: text.startswith("-") and text != "--", behind)]
    letters = "".join(option[1:] for option in options)
    return set(letters) <= _SCP_LETTERS and not _SCP_WAYS.isdisjoint(letters)


def _is_rsync(behind: tuple[str, ...]) -> bool:
    return behind[:1] == ("--server",)


def _is_git(behind: tuple[str, ...]) -> bool:
    return bool(behind) and behind[0] in _TRANSFERS


def _always(_behind: tuple[str, ...]) -> bool:
    return True


_PROGRAMS: Mapping[str, tuple[Kind, Callable[[tuple[str, ...]], bool]]] = MappingProxyType(
    {
        "scp": (Kind.SCP, _is_scp),
        "rsync": (Kind.RSYNC, _is_rsync),
        "git": (Kind.GIT, _is_git),
        **{f"git-{verb}": (Kind.GIT, _always) for verb in _TRANSFERS},
        "sftp-server": (Kind.SFTP_SERVER, _always),
        "internal-sftp": (Kind.SFTP_SERVER, _always),
        "mosh-server": (Kind.MOSH, _always),
    }
)

_NEVER: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.SFTP_SERVER: (
            "a file server started as a command would pass its files unseen; "
            "use `sftp HOST` or `scp`, which ask for the subsystem"
        ),
        Kind.MOSH: (
            "mosh talks to the host by UDP, past the bastion; use `ssh` with `tmux` on the host, "
            "which also lives on when the connection breaks"
        ),
    }
)


def kind_of(reading: Reading) -> Kind | None:
    """Which of the programs the whole line is; None for every other line."""
    if reading.opaque or len(reading.commands) != 1:
        return None
    (command,) = reading.commands
    if not _are_plain(command.words) or not _is_all(reading.text, command.words):
        return None  # also where something is assigned or redirected
    folder, name = posixpath.split(command.words[0].text)
    found = _PROGRAMS.get(name)
    if found is None or folder not in _FOLDERS:
        return None
    kind, fits = found
    return kind if fits(tuple(word.text for word in command.words[1:])) else None


def refused(reading: Reading) -> Refused | None:
    """The first program of the line that is never run, wherever it stands."""
    for command in reading.commands:
        found = _PROGRAMS.get(command.program)
        if found and found[0] in _NEVER:
            return Refused(found[0], _NEVER[found[0]])
    return None


def _is_all(text: str, words: tuple[Word, ...]) -> bool:
    """Whether the text is these words and nothing else: no `&`, no brackets, no file."""
    between = [text[a.span.end : b.span.start] for a, b in pairwise(words)]
    outside = text[: words[0].span.start] + text[words[-1].span.end :]
    return not "".join((*between, outside)).strip()


def _are_plain(words: tuple[Word, ...]) -> bool:
    """Whether each word stands in the text as itself: nothing in it is expanded but a glob."""
    if not words or words[0].has_glob or len({word.span for word in words}) < len(words):
        return False
    return not any("$" in word.raw or "`" in word.raw or not word.is_known for word in words)
