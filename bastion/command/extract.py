"""Finds every simple command of a text: two readers of shell grammar, and our own scan.

Here-documents are taken out first, `bastion.command.veil` hides what bashlex cannot read, and what
stands in substitutions, here-documents and `sh -c` is read in turn. The readers' results are
compared by `bastion.command.readers`; where they agree on nothing, the reading says so.

What always holds: any text gives a result; bashlex is only trusted in a process that can be killed;
where a variable may have several values the command is there with each. What it does not do: judge.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from bastion.command import hooks, inputs, made_files, settings, tokens
from bastion.command.bang import recalls
from bastion.command.course import Course, last_words, lookups, readings
from bastion.command.evaluated import quoted
from bastion.command.intake import Intake, taken
from bastion.command.parameters import Lookup, names, nothing
from bastion.command.readers import read_grammar
from bastion.command.reading import HARMLESS, Reading, SimpleCommand, Word
from bastion.command.scan import Heredoc, Piece, blank, heredocs, plain, substitutions
from bastion.command.seen import Seen
from bastion.command.state import NOT_KNOWN, POSITIONAL, UNKNOWN, ZERO, ShellState, short
from bastion.command.veil import veil
from bastion.command.wrappers import (
    SHELLS,
    WALKED,
    assigned,
    positional,
    runs_substitution,
    script,
    wrapped,
)
from bastion.verdict import Span

MAX_DEPTH = 16
_MAX_COMMANDS = 1200
_MAX_TEXTS = 400
_MAX_DOCUMENTS = 100
# The shell joins `$` and `(` over a line's end, and writes delimiters in ways of its own.
_STRANGE = re.compile(r"[$<>]\\\n|<<-?[^\s;&|()]*\\\n|<<-?[ \t]*[^\s;&|()]*[$`]['\"]")
_BLANKS = str.maketrans("\t\n", "  ")
_HIDDEN_KINDS = frozenset({"Cc", "Cf", "Zl", "Zp"})
_FIRST_WORD = re.compile(r"[ \t]*[^\s;&|()<>]+")
_FRESH = ShellState()
_SCRIPT = re.compile(r"\.(?:run|sh|bash|py|bin|AppImage)\Z")
# They may give a variable a value, and its name is not always among their words.
_DOUBTFUL = frozenset({"unparsable", "readers-disagree"})
_SETTING = frozenset(
    {"export", "declare", "typeset", "readonly", "local", "read", "mapfile", "readarray", "printf"}
    | {"source", ".", "eval", "getopts", "let"}
)


def extract(text: str, state: ShellState | None = None, *, is_raw: bool = False) -> Reading:
    """The reading of *text*, typed into a shell that is in *state* where that is known.

    *is_raw*: whether the shell will still put earlier commands in for `!`.
    """
    extractor = _Extractor(state or _FRESH, is_typed=state is not None)
    extractor.is_alone = state is None
    try:
        extractor.read(Piece(text, 0), 0)
        extractor.read_made(text)
    except RecursionError:
        return Reading(text, opaque="parser-limit")
    if is_raw and recalls(text):
        extractor.note("history-expansion")
    if extractor.state.is_full:
        extractor.note("shell-state")
    after = extractor.after() if state is not None and extractor.is_whole else None
    return Reading(text, tuple(extractor.commands), extractor.opaque, after)


def _has_control_characters(text: str) -> bool:
    """Whether invisible characters stand outside quotes; bash would keep them in words."""
    if text.translate(_BLANKS).isprintable():
        return False
    return any(
        unicodedata.category(text[at]) in _HIDDEN_KINDS and text[at] not in "\t\n"
        for at in plain(text)
    )


class _Extractor:
    """Collects the commands of one text and of all texts inside it.

    Attributes:
        state: what is known of the shell, behind the text once it is read.
        is_alone: whether nothing was typed into this shell before.
        is_whole: whether no part of the text was given up.
        is_sure: whether somebody could read each part, and nobody read it otherwise.
    """

    def __init__(
        self, state: ShellState, *, is_typed: bool = False, budget: Iterator[int] | None = None
    ) -> None:
        self.commands: list[SimpleCommand] = []
        self.opaque = ""
        self.state = state
        self.is_alone, self.is_whole, self.is_sure = False, True, True
        self._is_typed = is_typed
        self._budget = budget or iter(range(_MAX_TEXTS))  # shared by all texts inside this one
        self._pipelines = 0
        self._asks_for_last = False

    def note(self, reason: str) -> None:
        """Something cannot be seen; the first reason counts that means something."""
        self.is_whole = self.is_whole and reason != "parser-limit"
        self.is_sure = self.is_sure and reason not in _DOUBTFUL
        if reason and (not self.opaque or self.opaque in HARMLESS):
            self.opaque = reason

    def after(self) -> ShellState:
        """The state that the next line finds; what nobody read for sure may have changed it."""
        kept = self.state.bounded()
        # `x=$(bash)` and `bash | tee log` read the next lines without a prompt of their own.
        is_read = any(not c.stage and taken(c) is Intake.SHELL for c in self.commands)
        return kept if self.is_sure and not is_read else replace(kept, is_certain=False)

    def read(self, piece: Piece, depth: int, *, is_wrapped: bool = False) -> None:
        """Take the commands of *piece*; the state goes on to what is behind it."""
        is_spent = next(self._budget, None) is None
        if is_spent or depth > MAX_DEPTH or len(self.commands) > _MAX_COMMANDS:
            self.note("parser-limit")
            return
        text = piece.text
        self._asks_for_last = self._asks_for_last or "$_" in text
        bodies = heredocs(text)
        for document in bodies:
            text = blank(text, document.operator.start, document.operator.end)
            text = blank(text, document.body.start, document.end)
            if document.body.end >= len(text):
                self.note("incomplete")
        if _has_control_characters(text):
            self.note("control-characters")
        if _STRANGE.search(piece.text):
            self.note("hidden-command")
        course = self._go_through(Piece(text, piece.start), depth, is_wrapped=is_wrapped)
        found = substitutions(text)
        for inner in (*found, *quoted(text, found)):
            place = Piece(inner.text, piece.start + inner.start)
            self._read_apart(place, course.at(place.start), depth)
        if len(bodies) > _MAX_DOCUMENTS:
            self.note("parser-limit")
        taker = inputs.taker(self.commands) if bodies else None
        for document in bodies[:_MAX_DOCUMENTS]:
            body = Piece(document.body.text, piece.start + document.body.start)
            span = Span(body.start, body.end)
            for told in inputs.of_input(taker, body.text, span) if taker else ():
                self._take_told(told, depth)
            self._read_body(body, course, depth, document)
        self.state = course.end()

    def _go_through(self, piece: Piece, depth: int, *, is_wrapped: bool) -> Course:
        course = Course(self.state)
        if "((" in piece.text or "$[" in piece.text:
            course.state = course.state.without(settings.calculated(piece.text))
        for one in self._seen(piece):
            course.reach(one)
            course.state = self._take_seen(one, course.state, depth, is_wrapped=is_wrapped)
        return course

    def _read_apart(self, piece: Piece, state: ShellState, depth: int) -> None:
        """Read a substitution, which changes nothing outside."""
        kept, self.state = self.state, state
        self.read(piece, depth + 1)
        self.state = kept

    def _read_body(self, body: Piece, course: Course, depth: int, document: Heredoc) -> None:
        """A here-document: code where a shell reads it, else data with its substitutions."""
        is_expanded = document.is_expanded and any(mark in body.text for mark in "$`\\")
        if takers := [c for c in self.commands if inputs.reads_script(c)]:
            operator = body.start - document.body.start + document.operator.start
            if takers == inputs.owners(self.commands, operator) and not is_expanded:
                self._bring(takers[0], Word(body.text, body.text, Span(body.start, body.end)))
            self.state = _FRESH
            self.read(body, depth + 1, is_wrapped=True)
        elif is_expanded:
            for inner in substitutions(body.text, is_document=True):
                place = Piece(inner.text, body.start + inner.start)
                self._read_apart(place, course.at(place.start), depth)

    def _seen(self, piece: Piece) -> list[Seen]:
        """What stands in *piece*, in its order, with pipelines of its own."""
        skeleton = veil(piece.text)
        found, reason = read_grammar(piece.text, skeleton)
        self.note(reason)
        base, self._pipelines = self._numbered(found)
        moved = [one.moved(piece.start, base) for one in found]
        for hidden in skeleton.hidden:
            guesses = tokens.seen(hidden.text)
            base, self._pipelines = self._numbered(guesses)
            offset = piece.start + hidden.start
            moved += [one.moved(offset, base) for one in guesses if _is_plain(one)]
        return moved

    def _numbered(self, found: list[Seen]) -> tuple[int, int]:
        """The number before the first pipeline of *found*, and the last one."""
        base = self._pipelines + 1
        return base, base + max((one.pipeline for one in found), default=0)

    def _take_seen(
        self, one: Seen, state: ShellState, depth: int, *, is_wrapped: bool
    ) -> ShellState:
        """Keep what was seen, with every value that its variables may have; the state after it."""
        if one.function:
            body = one.whole.text
            return replace(state, functions={**state.functions, one.function: short(body)})
        if one.variable:
            (lookup, *more) = lookups((raw.text for raw in one.raws), state)
            if more:
                return state.assigned(one.variable, (NOT_KNOWN,))
            return settings.looped(state, one.variable, one.raws, lookup or nothing)
        after: ShellState | None = None
        for command, lookup in readings(one, state):
            if len(self.commands) > _MAX_COMMANDS:
                self.note("parser-limit")
                break
            self.state = state
            self._take(command, depth, lookup, is_wrapped=is_wrapped)
            then = settings.after(command, self.state, lookup)
            after = then if after is None else after.merged(then)
        if state.aliases and (other := self._expand_alias(one, state, depth)):
            after = other if after is None else after.merged(other)
        after = state if after is None else after
        return after.assigned("_", last_words(one, state)) if self._asks_for_last else after

    def _take(
        self, command: SimpleCommand, depth: int, lookup: Lookup, *, is_wrapped: bool
    ) -> None:
        """Keep *command*, and whatever it runs."""
        if is_wrapped:
            command = replace(command, is_wrapped=True)
        self.commands.append(command)
        words, program = command.words, command.program
        if _is_dynamic(words) or runs_substitution(words, program) or inputs.is_fed(command):
            self.note("dynamic-command")
        if inner := wrapped(words, program):
            given = (*command.assignments, *assigned(words, program))
            carried = replace(command, words=inner, assignments=given, is_wrapped=True)
            self._take(carried, depth + 1, lookup, is_wrapped=True)
        for word in (script(words, program), *inputs.here_strings(command)):
            if word is not None and not hooks.is_printed(word.raw):
                filled = self._with_room(word)
                state = self._state_of_script(command, lookup)
                kept, self.state = self.state, state
                self._read_script(filled, depth)
                self.state = self.state if program == "eval" else kept
                if inputs.reads_script(command):
                    self._bring(command, filled)
        for told in inputs.told(command, self.commands):
            self._take_told(told, depth)
            if isinstance(told, Word) and inputs.is_told_plainly(command, self.commands):
                self._bring(command, told)
        if words and words[0].text in self.state.functions:
            self._call(command, depth)

    def _bring(self, command: SimpleCommand, told: Word) -> None:
        """What the shell *command* is told, in full, stands by it as behind `-c`."""
        if told.is_known and not any("s" in word.text for word in command.words[1:]):
            words = (*command.words, Word("-c", "-c", told.span), told)
            self.commands = [
                replace(one, words=words) if one is command else one for one in self.commands
            ]

    def read_made(self, text: str) -> None:
        """What is run of the files that *text*, which has been read, writes itself."""
        files = made_files.made(self.commands, text)
        for command in tuple(self.commands) if files else ():
            for told in made_files.run(command, files, self.commands):
                self._take_told(told, 1)

    def _take_told(self, told: SimpleCommand | Word, depth: int) -> None:
        """What a command is told in a language of its own: a command, or shell text."""
        if isinstance(told, SimpleCommand):
            self.commands.append(told)
            return
        kept, self.state = self.state, _FRESH
        self._read_script(told, depth)
        self.state = kept

    def _state_of_script(self, command: SimpleCommand, lookup: Lookup) -> ShellState:
        """What is known in the shell to which *command* hands a text."""
        program = command.program
        if program == "eval":
            return settings.assignments(command, self.state, lookup)
        if program == "trap":
            return self.state.without_values()
        if program not in SHELLS:
            return _FRESH
        state = settings.assignments(command, self.state, lookup).for_child()
        zero, behind = positional(command.words)
        return state.assigned(POSITIONAL, (behind,)).assigned(ZERO, (zero,))

    def _call(self, command: SimpleCommand, depth: int) -> None:
        """A function: the commands of its body, with the words it is given."""
        name, given = command.words[0].text, command.words[1:]
        body = self.state.functions[name]
        if body is None:
            self.note("dynamic-command")
            return
        outer = self.state
        others = {key: value for key, value in outer.functions.items() if key != name}
        values = settings.parameters(given)
        self.state = replace(outer, functions=others).assigned(POSITIONAL, (values,))
        self._read_script(Word(body, body, command.span), depth)
        functions = {**self.state.functions, **outer.functions}
        inner = replace(self.state, functions=functions)
        self.state = inner.assigned(POSITIONAL, outer.values(POSITIONAL))

    def _expand_alias(self, one: Seen, state: ShellState, depth: int) -> ShellState | None:
        """A command whose first word stands for a text: that text, with what is behind it.

        The state after it; None where the word stands for itself.
        """
        raws = tokens.command_words(one.raws)
        first = next((raw for raw in raws if not tokens.ASSIGNMENT.match(raw.text)), None)
        if first is None or first.text not in state.aliases:
            return None
        value = state.aliases[first.text]
        if value is None:
            self.note("dynamic-command")
            return None
        others = {key: text for key, text in state.aliases.items() if key != first.text}
        kept, self.state = self.state, replace(state, aliases=others)
        behind = one.whole.text[first.end - one.whole.start :]
        if value[-1:] in (" ", "\t") and (word := _FIRST_WORD.match(behind)):
            behind = (others.get(word[0].strip()) or word[0]) + behind[word.end() :]
        span = Span(one.whole.start, one.whole.end)
        self._read_script(Word(value, value + behind, span), depth, is_typed=True)
        then, self.state = self.state, kept
        return replace(then, aliases={**then.aliases, first.text: value})

    def _read_script(self, word: Word, depth: int, *, is_typed: bool = False) -> None:
        """Shell text in a word: its commands stand where the word stands."""
        if not word.is_known:
            self.note("dynamic-command")
            return
        inner = _Extractor(self.state, is_typed=is_typed, budget=self._budget)
        inner.is_alone = self._is_alone_here()
        inner.read(Piece(word.text, 0), depth + 1, is_wrapped=True)
        self.note(inner.opaque)
        self.is_whole = self.is_whole and inner.is_whole
        self.is_sure = self.is_sure and inner.is_sure
        self.state = inner.state
        base = self._pipelines + 1
        for command in inner.commands:
            self.commands.append(_placed(command, word.span, base))
            self._pipelines = max(self._pipelines, base + command.pipeline)

    def _is_alone_here(self) -> bool:
        """Whether every variable that is not known has the value with which the shell began."""
        return self.is_alone and not any(c.program in _SETTING for c in self.commands)

    def _with_room(self, word: Word) -> Word:
        """The shell text *word*, where variables of the host's own leave room for their values."""
        raw = hooks.without_words(word.raw)
        is_begun = not word.text.startswith(UNKNOWN)
        is_plain = not any(mark in raw for mark in ("$(", "`", "<(", ">("))
        if word.is_known or not (is_begun and is_plain and self._is_alone_here()):
            return word
        if any(self.state.knows(name) or not name.isidentifier() for name in names(raw)):
            return word
        return Word(word.raw, word.text.replace(UNKNOWN, "$__"), word.span)


def _is_plain(one: Seen) -> bool:
    """Whether the name of a guessed command is there in full."""
    command = tokens.build(one.raws, one.whole)
    return command is not None and not _is_dynamic(command.words)


def _is_dynamic(words: tuple[Word, ...]) -> bool:
    """Whether the shell makes the program's name: by a variable, a substitution or a glob.

    `./NVIDIA-*.run` is a file that somebody has put there, not a program of the system.
    """
    if not words:
        return False
    name = words[0]
    is_made = not name.is_known or name.text == WALKED
    return is_made or (name.has_glob and not _SCRIPT.search(name.text))


def _placed(command: SimpleCommand, span: Span, pipeline: int) -> SimpleCommand:
    """*command* of a text that stands, quoted, at *span*."""
    return SimpleCommand(
        tuple(Word(word.raw, word.text, span, word.has_glob) for word in command.words),
        command.assignments,
        command.redirections,
        span,
        pipeline + command.pipeline,
        command.stage,
        is_wrapped=True,
    )
