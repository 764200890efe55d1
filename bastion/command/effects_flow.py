"""What commands of one line do together: run what one has fetched, hand on names, go places.

What always holds: only what is fetched earlier in the same line counts, and only under the name by
which it is kept. What it does not do: follow files from line to line.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from bastion.command.effects import Effect, effects
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
_INSTALLED = re.compile(r"/+(?:usr|s?bin|lib(?:32|64)?|snap/bin)/|/+opt/.*/s?bin/[^/]+\Z")
_FILE = re.compile(r"/|\.(?:py|pl|rb|js|php|sh|bash|zsh|R|jl|lua)\Z")
_OF_FILES = frozenset({"delete", "read", "write"})
_SENDERS = frozenset({"nc", "ncat", "netcat", "socat", "openssl", "curl", "ssh", "telnet"})
_RUNNERS = frozenset({"sh", "bash", "zsh", "dash", "ksh", "ash", "perl", "source", ".", "chmod"})


def all_effects(
    reading: Reading, knowledge: Knowledge
) -> list[tuple[SimpleCommand, tuple[Effect, ...]]]:
    """Each command of *reading* with what it does, alone and after those before it."""
    found: list[tuple[SimpleCommand, tuple[Effect, ...]]] = []
    fetched: set[str] = set()
    fetching: set[int] = set()
    bombs = _bombs(reading)
    going, feeds = Going(reading.text), Feeds(reading)
    for command in reading.commands:
        folder = going.at(command)
        handed = feeds.to(command)
        alone = _placed(effects(handed.command, knowledge, handed.by), folder)
        going.go(command)
        if fetched and (word := _run(command, fetched)):
            alone += (Effect("execute.network", word),)
        if command.program in bombs and command.stage:
            alone += (Effect("process.bomb"),)
        fetched |= _fetched(command, alone, fetching)
        alone += _carried(command, alone, found)
        alone += _called(command, found)
        found.append((command, alone))
    return found


def _fetched(command: SimpleCommand, alone: Sequence[Effect], fetching: set[int]) -> set[str]:
    """The names of the files in which something is after *command* that was fetched.

    *fetching*: the pipelines through which it flows; that of *command* comes in here.
    """
    names = {_name(e.on) for e in alone if e.name == _FETCH and e.on}
    if names:
        fetching.add(command.pipeline)
    if names or (command.stage and command.pipeline in fetching):
        names |= {name.rpartition("/")[2] for name in written(command)}
    return names - {""}


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
    if command.words and "/" in command.words[0].text and _name(command.words[0]) in fetched:
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
    return next((word for word in words if _name(word) in fetched), None)


def _name(word: Word) -> str:
    """The last part of a path or an address, by which a file is kept."""
    return word.text.partition("?")[0].rpartition("/")[2]
