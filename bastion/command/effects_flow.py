"""What commands of one line do together: run what one has fetched, hand on names, go places.

What always holds: only what is fetched earlier in the same line counts, and only under the name by
which it is kept. What it does not do: follow files from line to line.
"""

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bastion.command.effects import Effect, effects, kept_as
from bastion.command.feeds import Feeds
from bastion.command.knowledge import Knowledge
from bastion.command.made_files import written
from bastion.command.places import Going, other_names
from bastion.command.reading import Reading, SimpleCommand, Word

_FETCH = "network.download"
RUN_FILE = "execute.file"
"""The effect of running a file: a script, or a program that nobody installed."""
TOGETHER = frozenset({RUN_FILE, "execute.network", "network.carry", "process.bomb"})
"""The effects that are seen here, whatever the tables say."""
# A path, or a name that is a script's: launchers take those of the current folder.
_PACKED = re.compile(r"\.(?:gz|xz|bz2|zst|lz4|Z)\Z")
_UNPACKERS = frozenset(
    {"gunzip", "gzip", "unxz", "xz", "bunzip2", "bzip2", "unzstd", "zstd", "unlz4", "lz4"}
)
_INSTALLED = re.compile(r"/+(?:usr|s?bin|lib(?:32|64)?|snap/bin)/|/+opt/.*/s?bin/[^/]+\Z")
_FILE = re.compile(r"/|\.(?:py|pl|rb|js|php|sh|bash|zsh|R|jl|lua)\Z")
_ARCHIVERS = frozenset({"tar", "bsdtar", "unzip", "7z", "7za", "unrar", "cpio", "ar", "busybox"})
# What they run of an archive is mostly the work itself, and reads the data that came with it.
_INTERPRETERS = frozenset({"python", "python3", "make", "gmake", "cmake", "ninja", "pip"})
_OF_FILES = frozenset({"delete", "read", "write"})
_SENDERS = frozenset(
    {"nc", "ncat", "netcat", "socat", "openssl", "curl", "ssh", "telnet"}
    | {"http", "https", "xh", "xhs"}
)
_RUNNERS = frozenset({"sh", "bash", "zsh", "dash", "ksh", "ash", "perl", "source", ".", "chmod"})


def all_effects(
    reading: Reading, knowledge: Knowledge
) -> list[tuple[SimpleCommand, tuple[Effect, ...]]]:
    """Each command of *reading* with what it does, alone and after those before it."""
    found: list[tuple[SimpleCommand, tuple[Effect, ...]]] = []
    fetched = _Fetched()
    bombs = _bombs(reading)
    going, feeds = Going(reading.text), Feeds(reading)
    for command in reading.commands:
        folder = going.at(command)
        handed = feeds.to(command)
        alone = _placed(effects(handed.command, knowledge, handed.by), folder)
        going.go(command)
        alone += _called(command, found)
        if word := fetched.run(command, alone):
            alone += (Effect("execute.network", word),)
        if command.program in bombs and command.stage:
            alone += (Effect("process.bomb"),)
        fetched.add(command, alone)
        alone += _carried(command, alone, found)
        found.append((command, alone))
    return found


class _Fetched:
    """What the commands so far have fetched: by the names of the files in which it stands."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._pipelines: set[int] = set()  # through which it flows
        self._places = list[int]()  # where commands stand that print it, in order
        self._is_unpacked, self._is_inside = False, False

    def add(self, command: SimpleCommand, alone: Sequence[Effect]) -> None:
        """Take in what *command* fetches, hands on or copies; *alone* is what it does."""
        names = {kept_as(e.on) for e in alone if e.name == _FETCH and e.on}
        self._is_inside = self._is_unpacked and (self._is_inside or command.program == "cd")
        read = {kept_as(e.on) for e in alone if e.name == "read" and e.on and not e.guessed}
        copied = read & self._names
        if names or copied:
            self._pipelines.add(command.pipeline)
            insort(self._places, command.span.start)
        if names or copied or self._flows_into(command):
            names |= {name.rpartition("/")[2] for name in written(command)}
        if command.program in _ARCHIVERS and (copied or self._flows_into(command)):
            self._is_unpacked = True
        if copied:
            names |= {kept_as(e.on) for e in alone if e.name == "write" and e.on and not e.guessed}
            names |= _unpacked(command, copied)
        self._names |= names - {""}

    def run(self, command: SimpleCommand, alone: Sequence[Effect]) -> Word | None:
        """The word by which *command*, which does *alone*, runs something that was fetched."""
        if found := _run(command, self._names) if self._names else None:
            return found
        if found := self._run_file(command, alone):
            return found
        is_fed = command.stage and command.pipeline in self._pipelines
        is_told = is_fed and any(effect.name == "execute.stdin" for effect in alone)
        return command.words[0] if is_told else None

    def _run_file(self, command: SimpleCommand, alone: Sequence[Effect]) -> Word | None:
        """The file that *command* runs: one that was fetched, or part of what was unpacked."""
        files = [e.on for e in alone if e.name == RUN_FILE and e.on and not e.guessed]
        if found := _among(files, self._names):
            return found
        if not self._is_unpacked or command.program in _INTERPRETERS:
            return None
        return next((word for word in files if self._is_within(word.text)), None)

    def _is_within(self, path: str) -> bool:
        """Whether *path* leads into what was unpacked, into which the line may have gone."""
        return not path.startswith(("/", "~")) and (
            self._is_inside or "/" in path.removeprefix("./")
        )

    def _flows_into(self, command: SimpleCommand) -> bool:
        """Whether it comes through the pipe, or from what stands in a group: `{ …; } > x`."""
        if command.words:
            return bool(command.stage) and command.pipeline in self._pipelines
        at = bisect_left(self._places, command.span.start)
        return at < len(self._places) and self._places[at] < command.span.end


def _unpacked(command: SimpleCommand, names: Iterable[str]) -> set[str]:
    """What *command* calls the files *names* where it unpacks them in place."""
    is_unpacker = command.program in _UNPACKERS
    return {_PACKED.sub("", name) for name in names} if is_unpacker else set()


def _carried(
    command: SimpleCommand,
    alone: Sequence[Effect],
    before: Sequence[tuple[SimpleCommand, tuple[Effect, ...]]],
) -> tuple[Effect, ...]:
    """What *command* sends away: what it takes as input, and what those before it have read."""
    if command.program not in _SENDERS:
        return ()
    taken = {r.target for r in command.redirections if not r.is_write}
    read = [effect for effect in alone if effect.on in taken]
    for other, effects_of in before if command.stage else ():
        if other.pipeline == command.pipeline and other.stage < command.stage:
            read += effects_of
    return tuple(Effect("network.carry", e.on) for e in read if e.kind == "read" and not e.guessed)


def _called(
    command: SimpleCommand, before: Sequence[tuple[SimpleCommand, tuple[Effect, ...]]]
) -> tuple[Effect, ...]:
    """The file that *command* runs, where its name is that of a file which nobody installed.

    Nothing where the command in front says so already, as `python x.py` does of `x.py`.
    """
    name = command.words[0].text if command.words else ""
    if not _FILE.search(name) or (_INSTALLED.match(name) and "/../" not in name):
        return ()
    effect = Effect(RUN_FILE, command.words[0])
    return () if before and effect in before[-1][1] else (effect,)


def _placed(alone: tuple[Effect, ...], folder: str | None) -> tuple[Effect, ...]:
    """*alone*, and once more with every other name of the files that they happen to."""
    others = [
        replace(effect, on=name)
        for effect in alone
        if effect.on and effect.kind in _OF_FILES
        for name in other_names(effect.on, folder)
    ]
    return (*alone, *others)


def _run(command: SimpleCommand, fetched: set[str]) -> Word | None:
    """The word by which *command* runs something of *fetched*, or makes it a program."""
    if command.words and "/" in command.words[0].text and kept_as(command.words[0]) in fetched:
        return command.words[0]
    if command.program not in _RUNNERS:
        return None
    is_shell = command.program != "chmod"
    fed = [r.target for r in command.redirections if r.operator == "<"] if is_shell else []
    named = _up_to_script(command.words) if is_shell else command.words[1:]
    return _among((*named, *fed), fetched)


def _up_to_script(words: Sequence[Word]) -> Sequence[Word]:
    """The words among which a shell's script is: what surely stands behind it is only its data."""
    texts = [word.text for word in words]
    plain = (at for at in range(1, len(texts)) if not texts[at].startswith(("-", "+")))
    at = next(
        (at for at in plain if at == 1 or not texts[at - 1].startswith(("-", "+"))), len(texts)
    )
    return words[1 : at + 1]


def _bombs(reading: Reading) -> set[str]:
    """The functions of the same line that are piped into themselves: `f(){ f|f& }`."""
    bare = {(c.pipeline, c.stage, c.program) for c in reading.commands if len(c.words) == 1}
    doubled = {name for pipeline, stage, name in bare if (pipeline, stage + 1, name) in bare}
    return {
        name
        for name in doubled
        if re.search(rf"{re.escape(name)}\s{{0,9}}\(\s{{0,9}}\)", reading.text)
    }


def _among(words: Sequence[Word], fetched: set[str]) -> Word | None:
    return next((word for word in words if kept_as(word) in fetched), None)
