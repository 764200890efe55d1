"""Files that a line writes and then runs: `echo 'rm -rf /usr' > x; sh x`, `cat > x.py <<E …`.

What always holds: only a file whose text stands in the line counts, and only under the name by
which it is written, or to which `cat`, `cp`, `mv`, `ln` or `install` bring it. What it does not
do: follow files from line to line.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from bastion.command.arguments import cut
from bastion.command.intake import Intake, taken
from bastion.command.outputs import output, printed
from bastion.command.reading import SimpleCommand, Word
from bastion.command.scan import heredocs
from bastion.command.wrappers import SHELLS, code_language

_DEVICE = re.compile(r"/dev/(?!shm/)")
_RUNNERS = SHELLS | {".", "source", "sbatch", "at", "batch"}
_COPIERS = frozenset({"cat", "cp", "mv", "ln", "install"})
_MOST = 64  # commands of one group are looked at
_BUILDERS = frozenset({"go", "rustc", "gcc", "g++", "cc", "javac", "java", "tsx", "tclsh", "make"})


_Files = dict[str, dict[str, None]]  # by name, what was written there, each text once


def made(commands: Sequence[SimpleCommand], text: str) -> dict[str, str]:
    """By its name, the text of each file that *commands*, those of *text*, write."""
    found: _Files = {}
    for command in commands:
        names = list(written(command))
        _keep(found, names, _said(command, commands) if names else None)
    for document in heredocs(text):
        before = [c for c in commands if c.span.start <= document.operator.start]
        takers = [c for c in before if c.span.start == before[-1].span.start and not c.is_wrapped]
        for command in takers:
            _keep(found, written(command), output(command, document.body.text))
    for command in commands if found else ():
        for name, said in tuple(_copied(command, found)):
            found[name] = {**found.get(name, {}), **said}
    return {name: "\n".join(said) for name, said in found.items()}


def _said(command: SimpleCommand, commands: Sequence[SimpleCommand]) -> str | None:
    """What *command* prints, as far as it stands in the line: of a group all that is known."""
    if command.words:
        return printed(command, commands)
    inside = islice((c for c in commands if c.words and _is_in(c, command)), _MOST)
    known = [said for c in inside if (said := printed(c, commands)) is not None]
    return "\n".join(known) or None


def _copied(command: SimpleCommand, files: _Files) -> Iterator[tuple[str, dict[str, None]]]:
    """Under which other names *command* puts some of *files*, and what stands there."""
    if command.program not in _COPIERS:
        return
    texts = [_name(word) for word in command.words[1:]]
    places = list(written(command)) if command.program == "cat" else texts
    for name in (text for text in texts if text in files):
        for place in places:
            if place != name:
                yield place, files[name]
                yield posixpath.join(place, posixpath.basename(name)), files[name]


def _is_in(command: SimpleCommand, group: SimpleCommand) -> bool:
    return group.span.start <= command.span.start and command.span.end <= group.span.end


def _keep(files: _Files, names: Iterable[str], said: str | None) -> None:
    """What is *said* stands behind what was written before: each line of it may be run."""
    for name in names if said is not None else ():
        files.setdefault(name, {})[said or ""] = None


def run(
    command: SimpleCommand, files: dict[str, str], among: Sequence[SimpleCommand]
) -> Iterator[SimpleCommand | Word]:
    """What *command* runs of *files*: shell text, or a command that brings the code with it.

    *among* are the commands of the line.
    """
    if files and _is_bare_shell(command):
        yield from (cut(word, files[name]) for name, word in _fed(command, files, among))
    for at, word in enumerate(command.words):
        said = files.get(_name(word)) if files else None
        if said is None:
            continue
        language = "" if said.startswith("#!") and "sh" not in said.partition("\n")[0] else "sh"
        is_code = bool(code_language(command.program)) or command.program in _BUILDERS
        if is_code or (at == 0 and not language):
            text = cut(word, said)
            yield replace(command, words=(command.words[0], text), redirections=())
            yield from code_texts(said, command)
        elif at == 0 or command.program in _RUNNERS:
            yield cut(word, said)


def _is_bare_shell(command: SimpleCommand) -> bool:
    """Whether it is a shell that takes its commands from standard input, wherever that leads."""
    return command.program in SHELLS and taken(replace(command, redirections=())) is Intake.SHELL


def _fed(
    command: SimpleCommand, files: dict[str, str], among: Sequence[SimpleCommand]
) -> Iterator[tuple[str, Word]]:
    """Which of *files* come to the shell *command* by `<`, or by `cat x |`."""
    words = [r.target for r in command.redirections if r.operator == "<"]
    for other in among if command.stage else ():
        if other.pipeline == command.pipeline and other.stage < command.stage:
            words += [
                *(r.target for r in other.redirections if r.operator == "<"),
                *other.words[1:],
            ]
    yield from ((name, word) for word in words if (name := _name(word)) in files)


def code_texts(code: str, command: SimpleCommand) -> Iterator[Word]:
    """The shell texts in *code*, which *command* takes as a program of its own language."""
    if finder := code_language(command.program):
        found = "\n".join(finder(code))
        if found:
            yield Word(found, found, command.span)


def written(command: SimpleCommand) -> Iterator[str]:
    """The names under which *command* keeps what comes out of it."""
    files = (r for r in command.redirections if r.is_write)
    targets = [r.target for r in files if not (r.operator[-1] == "&" and r.target.text.isdigit())]
    if command.program == "tee":
        targets += [word for word in command.words[1:] if not word.text.startswith("-")]
    return (_name(w) for w in targets if w.is_known and not _DEVICE.match(w.text))


def _name(word: Word) -> str:
    return posixpath.normpath(word.text) if word.text else ""
