"""What a command is told: by the words that are a language of their own, by `<<<`, by a pipe.

`psql -c TEXT` runs statements, `echo 'rm -rf /usr' | sh` a script, `scontrol <<< TEXT` commands of
its own. Each is read as a command.

What always holds: only text that is known in full before it runs is read. What it does not do: read
files, or follow what a program makes while it runs.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bastion.command import environment, hooks, sql
from bastion.command.arguments import cut
from bastion.command.git_texts import of_git
from bastion.command.intake import Intake, taken
from bastion.command.outputs import fed
from bastion.command.reading import SimpleCommand, Word
from bastion.command.tmux_texts import of_tmux
from bastion.command.tokens import split
from bastion.command.wrappers import SHELLS, code_language, code_options, script, wrapped
from bastion.verdict import Span

_OWN_LANGUAGE = frozenset({"scontrol", "sacctmgr", "nvidia-cuda-mps-control"})
_HERE = "<<<"
_BARE_SHELLS = frozenset({"ssh", "parallel"})  # without a command, they take commands
_TYPED_INTO = frozenset({"ed", "ex", "gdb", "lldb", "ftp", "sftp"})  # whatever their operands are
_BOUND = re.compile(r"""\s*"[^"]*"\s*:\s*["']?(.*?)(?:\\[nr]|\\C-[mj])*["']?\Z""", re.DOTALL)
_PRINTING = frozenset({"echo", "printf", "cat", "tee"})
_RUNNING = frozenset({Intake.SHELL, Intake.FOREIGN})


def told(command: SimpleCommand, among: Sequence[SimpleCommand]) -> Iterator[SimpleCommand | Word]:
    """Commands, and shell text, that *command* is told; *among* are those read before it."""
    yield from environment.texts(command)
    if command.program == "git":
        yield from (text for text in of_git(command.words) if text.is_known)
    if command.program == "tmux":
        yield from of_tmux(command.words)
    if command.program == "bind":
        yield from (cut(w, m[1]) for w in command.words[1:] if (m := _BOUND.match(w.text)))
    for word in sql.texts(command):
        yield from _statements(command, word.text, word.span)
    here = [r.target for r in command.redirections if r.operator == _HERE]
    if not (command.stage or here) or not takes_input(command):
        return
    if here and command.program not in SHELLS:
        yield from of_input(command, here[-1].text, here[-1].span)
    elif not here and (text := fed(command, among)) is not None:
        yield from of_input(command, text, command.span)


def takes_input(command: SimpleCommand) -> bool:
    """Whether *command* runs what comes by its standard input."""
    if command.program in _OWN_LANGUAGE:
        return all(word.text.startswith("-") for word in command.words[1:])
    if command.program in _BARE_SHELLS:
        text = script(command.words, command.program)
        if text is None:
            return not wrapped(command.words, command.program)
        return any(taken(c) is Intake.SHELL for c in split(text.text))
    if command.program in _TYPED_INTO:
        return not any(word.text in ("-c", "-b", "-x") for word in command.words[1:])
    return sql.takes_input(command) or taken(command) in _RUNNING


def here_strings(command: SimpleCommand) -> list[Word]:
    """The texts that a shell is handed by `<<<`."""
    if command.program not in SHELLS:
        return []
    return [r.target for r in command.redirections if r.operator == "<<<"]


def reads_script(command: SimpleCommand) -> bool:
    """Whether it is a shell that takes its commands from standard input."""
    return command.program in SHELLS and taken(command) is Intake.SHELL


def is_told_plainly(command: SimpleCommand, among: Sequence[SimpleCommand]) -> bool:
    """Whether it is a shell, and what it reads stands in the line as it is, not encoded."""
    before = [c for c in among if c.pipeline == command.pipeline and c.stage < command.stage]
    return reads_script(command) and all(c.program in _PRINTING for c in before)


def owners(commands: Sequence[SimpleCommand], place: int) -> list[SimpleCommand]:
    """The shells among *commands* to which a here-document belongs that is asked for at *place*."""
    before = [c for c in commands if c.words and c.span.start <= place]
    last = max((c.span.start for c in before), default=0)
    return [c for c in before if c.span.start == last and reads_script(c)]


def is_fed(command: SimpleCommand) -> bool:
    """Whether it is a shell that reads what a process substitution prints: `sh < <(…)`."""
    fed = [r.target.raw for r in command.redirections if r.target.raw.startswith("<(")]
    return bool(fed) and reads_script(command) and not all(map(hooks.is_fed, fed))


def taker(commands: Sequence[SimpleCommand]) -> SimpleCommand | None:
    """The first of *commands* that is told something by a here-document, and is no shell."""
    return next((c for c in commands if c.program not in SHELLS and takes_input(c)), None)


def of_input(command: SimpleCommand, text: str, span: Span) -> Iterator[SimpleCommand | Word]:
    """What *command* is told by *text* on its standard input, which stands at *span*."""
    if command.program in _OWN_LANGUAGE:
        lines = "\n".join(f"{command.program} {line}" for line in text.splitlines())
        yield Word(text, lines, span)
    elif command.program in sql.CLIENTS:
        yield from _statements(command, text, span)
    elif code_language(command.program):
        yield from _code(command, text, span)
    else:
        yield Word(text, text, span)


def _code(command: SimpleCommand, text: str, span: Span) -> Iterator[SimpleCommand | Word]:
    """What the interpreter *command* is told: the same as by the option that brings its text."""
    option = next((o for o in code_options(command.program) if o.startswith("-")), "")
    if option and command.words:
        brought = (Word(option, option, span), Word(text, text, span))
        yield replace(command, words=(command.words[0], *brought), redirections=(), stage=0)
    if finder := code_language(command.program):
        found = "\n".join(finder(text))
        yield Word(found, found, span)


def _statements(command: SimpleCommand, text: str, span: Span) -> Iterator[SimpleCommand | Word]:
    for statement in sql.statements(text, command.program):
        words = (Word(part, part, span) for part in (sql.PROGRAM, *statement.words))
        yield SimpleCommand(
            tuple(words),
            span=span,
            pipeline=command.pipeline,
            stage=command.stage,
            is_wrapped=True,
        )
        if statement.script:
            yield Word(statement.script, statement.script, span)
