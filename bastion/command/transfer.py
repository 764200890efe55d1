"""What a file transfer that runs as a command will carry: `scp -t DIR`, `rsync --server . DIR`.

What always holds: only a line that is nothing but that program counts (`programs.kind_of`). What it
does not do: read the bytes of the transfer.
"""

import posixpath
import re
from dataclasses import dataclass, replace

from bastion.command.programs import Kind, kind_of
from bastion.command.reading import Reading, Word
from bastion.files import Action

_FLAGS = re.compile(r"-[A-Za-z0-9]*?(e[.A-Za-z0-9]+)?")
_PLAIN_FLAGS = frozenset("vqlogtpDuHAXUNWxSzcniIyJOhEmb0")
_DEEP_FLAGS = frozenset("arRdLkK")  # names that the command does not say, or links are followed
_DELETING = frozenset({"--remove-source-files", "--remove-sent-files"})
_DELETING_THERE = re.compile(r"--delete(-(before|during|after|delay|excluded|missing-args))?")
_FOLDERS = frozenset(
    {"--backup-dir", "--partial-dir", "--temp-dir"}
    | {"--link-dest", "--copy-dest", "--compare-dest", "--files-from"}
)
_PLAIN_OPTIONS = frozenset(
    {"--server", "--sender", "--stats", "--info", "--debug", "--log-format", "--timeout"}
    | {"--partial", "--inplace", "--append", "--append-verify", "--sparse", "--preallocate"}
    | {"--numeric-ids", "--usermap", "--groupmap", "--super", "--chmod", "--iconv", "--from0"}
    | {"--ignore-existing", "--existing", "--ignore-errors", "--size-only", "--modify-window"}
    | {"--max-size", "--min-size", "--max-delete", "--force", "--delay-updates", "--suffix"}
    | {"--bwlimit", "--compress-level", "--compress-choice", "--skip-compress", "--new-compress"}
    | {"--old-compress", "--checksum-choice", "--checksum-seed", "--safe-links", "--munge-links"}
    | {"--open-noatime", "--no-implied-dirs", "--mkpath", "--list-only", "--use-qsort"}
)
HOME = "/~"
"""Stands for the account's home, which only the host knows."""


@dataclass(frozen=True)
class Transfer:
    """One transfer.

    Attributes:
        action: `download` or `upload`.
        paths: on the host, as they are written.
        is_deep: whether folders are carried with all that is in them.
        is_into: whether files certainly land in the folder that is named.
        sought: folders in which the shell looks for other folders (`/et?/x`).
        is_deleting: whether what was sent, or is not sent, is deleted.
        problem: why it cannot be judged, for people; empty where it can.
    """

    kind: Kind
    action: Action
    paths: tuple[str, ...]
    is_deep: bool
    is_into: bool = False
    sought: tuple[str, ...] = ()
    is_deleting: bool = False
    problem: str = ""


def transfer_of(reading: Reading) -> Transfer | None:
    """The transfer that the whole line is; None for every other line."""
    kind = kind_of(reading)
    if kind not in (Kind.SCP, Kind.RSYNC):
        return None
    words = reading.commands[0].words[1:]
    if kind is Kind.SCP:
        sought = tuple(_folder_of(w) for w in words if w.has_glob and _seeks_folders(w.text))
        return replace(_scp([word.text for word in words]), sought=sought)
    transfer = _rsync([_folder_of(word) for word in words])
    return replace(transfer, is_deep=transfer.is_deep or any(word.has_glob for word in words))


def _scp(words: list[str]) -> Transfer:
    """OpenSSH's: options are single letters without values, then the paths."""
    options, operands = _split(words)
    letters = "".join(option[1:] for option in options)
    action = Action.UPLOAD if "t" in letters else Action.DOWNLOAD
    is_deep = "r" in letters

    def is_folder(path: str) -> bool:
        # With -r a folder of that name is made, if there is none.
        return below_home(path) == HOME or (path.endswith("/") and not is_deep)

    into = "d" in letters or any(map(is_folder, operands))
    return Transfer(Kind.SCP, action, tuple(operands) or (".",), is_deep, into)


def _rsync(words: list[str]) -> Transfer:
    """`--server [--sender] -flags . PATH…`: the `.` stands between options and paths.

    rsync takes options behind paths, too. One that is not known here could name files by the
    protocol (`--daemon`, `-s`), or write to some of its own (`--log-file`): that is a problem.
    """
    operands: list[str] = []
    letters, names, problem = set[str](), set[str](), ""
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if word == "--":
            operands += rest
        elif not word.startswith("-") or word == "-":
            operands.append(word)
        elif name in _FOLDERS:
            names.add(name)
            value = value if equals else next(rest, "")
            operands += [value] * (value not in ("", "-"))
        elif name.startswith("--"):
            names.add(name)
            is_known = name in _PLAIN_OPTIONS | _DELETING or _DELETING_THERE.fullmatch(name)
            problem = problem if is_known else name
        else:
            flags = _FLAGS.fullmatch(word)
            found = set(word[1 : flags.start(1) if flags[1] else None]) if flags else {""}
            letters |= found
            problem = problem if found <= _PLAIN_FLAGS | _DEEP_FLAGS else word
    if "." in operands:
        operands.remove(".")
    return Transfer(
        Kind.RSYNC,
        Action.DOWNLOAD if "--sender" in names else Action.UPLOAD,
        tuple(operands) or (".",),
        is_deep=not letters.isdisjoint(_DEEP_FLAGS) or not names.isdisjoint(_FOLDERS),
        is_deleting=any(n in _DELETING or _DELETING_THERE.fullmatch(n) for n in names),
        problem=f"the bastion does not know rsync's option {problem}" if problem else "",
    )


def _folder_of(word: Word) -> str:
    """What *word* says; where the shell looks for names, the folder that they are surely in."""
    if not word.has_glob:
        return word.text
    return posixpath.dirname(re.split(r"[*?\[]", word.text, maxsplit=1)[0]) or "."


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """Options and operands."""
    options: list[str] = []
    for number, word in enumerate(words):
        if word == "--":
            return options, words[number + 1 :]
        if not word.startswith("-") or word == "-":
            return options, words[number:]
        options.append(word)
    return options, []


def _seeks_folders(path: str) -> bool:
    return bool(re.search(r"[*?\[]", posixpath.dirname(path)))


def below_home(path: str) -> str:
    """*path* as an absolute one, as far as that is known: a relative one stands below `HOME`."""
    if path == "~" or path.startswith("~/"):
        path = path[2:]
    elif path.startswith("~"):  # the home of somebody else
        path = f"/{path}"
    return posixpath.normpath(posixpath.join(HOME, path))
