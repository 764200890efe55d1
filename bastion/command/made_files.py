"""Files that a line writes and then runs: `echo 'rm -rf /usr' > x; sh x`, `cat > x.py <<E …`.

What always holds: only a file whose text stands in the line counts, and only under the name by
which it is written. What it does not do: follow files from line to line, or through `cp` and `mv`.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bastion.command.arguments import cut
from bastion.command.outputs import output, printed
from bastion.command.reading import SimpleCommand, Word
from bastion.command.scan import heredocs
from bastion.command.wrappers import SHELLS, code_language

_DEVICE = re.compile(r"/dev/(?!shm/)")
_RUNNERS = SHELLS | {".", "source", "sbatch", "at", "batch"}
_BUILDERS = frozenset({"go", "rustc", "gcc", "g++", "cc", "javac", "java", "tsx", "tclsh", "make"})


def made(commands: Sequence[SimpleCommand], text: str) -> dict[str, str]:
    """By its name, the text of each file that *commands*, those of *text*, write."""
    found: dict[str, str] = {}
    for command in commands:
        names = list(written(command))
        _keep(found, names, printed(command, commands) if names else None)
    for document in heredocs(text):
        before = [c for c in commands if c.span.start <= document.operator.start]
        takers = [c for c in before if c.span.start == before[-1].span.start and not c.is_wrapped]
        for command in takers:
            _keep(found, written(command), output(command, document.body.text))
    return found


def _keep(files: dict[str, str], names: Iterable[str], said: str | None) -> None:
    """What is *said* stands behind what was written before: each line of it may be run."""
    for name in names if said is not None else ():
        files[name] = f"{files[name]}\n{said}" if name in files else said or ""


def run(command: SimpleCommand, files: dict[str, str]) -> Iterator[SimpleCommand | Word]:
    """What *command* runs of *files*: shell text, or a command that brings the code with it."""
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
