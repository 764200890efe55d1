"""Finds every simple command of a text: bashlex reads its skeleton, our own scan watches.

Here-documents are taken out first, `bastion.command.veil` hides what bashlex cannot read, and what
stands in substitutions, here-documents and `sh -c` is read in turn. What bashlex cannot read even
so goes through the tolerant splitter, and the reading says so.

What always holds: any text gives a result; bashlex is only trusted in a process that can be killed.
What it does not do: judge.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import bashlex

from bastion.command import tokens
from bastion.command.reading import Reading, SimpleCommand, Word
from bastion.command.scan import Piece, blank, heredocs, plain, substitutions
from bastion.command.veil import veil
from bastion.command.wrappers import SHELLS, runs_substitution, script, wrapped
from bastion.verdict import Span

MAX_DEPTH = 16
_MAX_COMMANDS = 2000
_ELIF = re.compile(r"\belif\b")
# The shell joins `$` and `(` over a line's end, and writes delimiters in ways of its own.
_STRANGE = re.compile(r"[$<>]\\\n|<<-?[^\s;&|()]*\\\n|<<-?[ \t]*[^\s;&|()]*[$`]['\"]")
_FD_NAME = re.compile(r"\{\w+\}")
_BLANKS = str.maketrans("\t\n", "  ")
_HIDDEN_KINDS = frozenset({"Cc", "Cf", "Zl", "Zp"})


def extract(text: str) -> Reading:
    """The reading of *text*."""
    extractor = _Extractor()
    try:
        extractor.read(Piece(text, 0), 0)
    except RecursionError:
        return Reading(text, opaque="parser-limit")
    return Reading(text, tuple(extractor.commands), extractor.opaque)


def _has_control_characters(text: str) -> bool:
    """Whether invisible characters stand outside quotes; bash would keep them in words."""
    if text.translate(_BLANKS).isprintable():
        return False
    return any(
        unicodedata.category(text[at]) in _HIDDEN_KINDS and text[at] not in "\t\n"
        for at in plain(text)
    )


class _Extractor:
    """Collects the commands of one text and of all texts inside it."""

    def __init__(self) -> None:
        self.commands: list[SimpleCommand] = []
        self.opaque = ""
        self._pipelines = 0

    def note(self, reason: str) -> None:
        """Something cannot be seen; the first reason counts."""
        self.opaque = self.opaque or reason

    def read(self, piece: Piece, depth: int, *, is_wrapped: bool = False) -> None:
        """Take the commands of *piece*."""
        if depth > MAX_DEPTH or len(self.commands) > _MAX_COMMANDS:
            self.note("parser-limit")
            return
        text = piece.text
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
        for command in self._simple_commands(Piece(text, piece.start)):
            self._take(command, depth, is_wrapped=is_wrapped)
        for inner in substitutions(text):
            self.read(Piece(inner.text, piece.start + inner.start), depth + 1)
        for document in bodies:
            self._read_body(piece, document.body, depth, is_expanded=document.is_expanded)

    def _read_body(self, piece: Piece, body: Piece, depth: int, *, is_expanded: bool) -> None:
        """A here-document: code where a shell reads it, else data with its substitutions."""
        place = Piece(body.text, piece.start + body.start)
        if any(map(_reads_script, self.commands)):
            self.read(place, depth + 1, is_wrapped=True)
        elif is_expanded:
            for inner in substitutions(body.text, is_document=True):
                self.read(Piece(inner.text, place.start + inner.start), depth + 1)

    def _simple_commands(self, piece: Piece) -> list[SimpleCommand]:
        skeleton = veil(piece.text)
        if not skeleton.is_complete:
            self.note("incomplete")
        found = self._parse(skeleton.text, piece) if skeleton.text.strip() else []
        for hidden in skeleton.hidden:
            guesses = self._split(Piece(hidden.text, piece.start + hidden.start))
            found += [guess for guess in guesses if not _is_dynamic(guess.words)]
        if len(_ELIF.findall(skeleton.text)) > 1:
            self.note("hidden-command")  # bashlex forgets a second `elif`
            found += self._split(piece)
        return found

    def _parse(self, skeleton: str, piece: Piece) -> list[SimpleCommand]:
        try:
            return [
                command
                for tree in bashlex.parse(skeleton)
                for command in self._visit(tree, piece, self._next_pipeline(), 0)
            ]
        except Exception:  # noqa: BLE001  bashlex fails in many ways; each means the same
            self.note("unparsable")
            return self._split(piece)

    def _split(self, piece: Piece) -> list[SimpleCommand]:
        base = self._pipelines + 1
        found = [_moved(c, piece.start, base) for c in tokens.split(piece.text)]
        self._pipelines = max((c.pipeline for c in found), default=self._pipelines)
        return found

    def _visit(self, node: Any, piece: Piece, pipeline: int, stage: int) -> Iterator[SimpleCommand]:
        if node.kind == "command":
            yield from self._command(node, piece, pipeline, stage)
        elif node.kind == "pipeline":
            number = self._next_pipeline()
            stages = [part for part in node.parts if part.kind not in ("pipe", "reservedword")]
            for place, part in enumerate(stages):
                yield from self._visit(part, piece, number, place)
        elif node.kind not in ("word", "operator", "reservedword", "pipe", "redirect"):
            for part in [*getattr(node, "parts", ()), *getattr(node, "list", ())]:
                yield from self._visit(part, piece, pipeline, stage)
            if redirects := getattr(node, "redirects", ()):
                raws = [_raw(redirect, piece) for redirect in redirects]
                yield from _built(raws, piece, node.pos, pipeline, stage)

    def _command(
        self, node: Any, piece: Piece, pipeline: int, stage: int
    ) -> Iterator[SimpleCommand]:
        if piece.text.startswith(("[[", "(("), node.pos[0]):
            return  # a test: what may run in it is in `hidden`
        raws = _without_fd_names([_raw(part, piece) for part in node.parts])
        yield from _built(raws, piece, node.pos, pipeline, stage)

    def _take(self, command: SimpleCommand, depth: int, *, is_wrapped: bool) -> None:
        """Keep *command*, and whatever it runs."""
        if is_wrapped:
            command = _as_wrapped(command, command.words)
        self.commands.append(command)
        words, program = command.words, command.program
        if _is_dynamic(words) or runs_substitution(words, program):
            self.note("dynamic-command")
        if inner := wrapped(words, program):
            self._take(_as_wrapped(command, inner), depth + 1, is_wrapped=True)
        texts = [script(words, program), *_here_strings(command)]
        for word in texts:
            if word is not None:
                self._read_script(word, depth)

    def _read_script(self, word: Word, depth: int) -> None:
        """Shell text in a word: its commands stand where the word stands."""
        if not word.is_known:
            self.note("dynamic-command")
            return
        inner = _Extractor()
        inner.read(Piece(word.text, 0), depth + 1, is_wrapped=True)
        self.opaque = self.opaque or inner.opaque
        base = self._pipelines + 1
        for command in inner.commands:
            self.commands.append(_placed(command, word.span, base))
            self._pipelines = max(self._pipelines, base + command.pipeline)

    def _next_pipeline(self) -> int:
        self._pipelines += 1
        return self._pipelines


def _raw(node: Any, piece: Piece) -> Piece:
    start, end = node.pos
    return Piece(piece.text[start:end], start)


def _without_fd_names(raws: list[Piece]) -> list[Piece]:
    """*raws* without the name of `{name}>file`, which bashlex takes for a word."""
    return [
        raw
        for raw, following in zip_longest(raws, raws[1:])
        if not (
            following
            and _FD_NAME.fullmatch(raw.text)
            and raw.end == following.start
            and following.text[:1] in ("<", ">")
        )
    ]


def _built(
    raws: list[Piece], piece: Piece, pos: tuple[int, int], pipeline: int, stage: int
) -> Iterator[SimpleCommand]:
    moved = [Piece(word.text, piece.start + word.start) for raw in raws for word in _apart(raw)]
    whole = Piece(piece.text[pos[0] : pos[1]], piece.start + pos[0])
    command = tokens.build(moved, whole, pipeline=pipeline, stage=stage)
    if command is not None:
        yield command


def _apart(raw: Piece) -> list[Piece]:
    """A redirection as bashlex gives it (`> file`) is an operator and a word."""
    return tokens.words(raw) if raw.text[:1] in "<>&0123456789{" else [raw]


def _here_strings(command: SimpleCommand) -> list[Word]:
    if command.program not in SHELLS:
        return []
    return [r.target for r in command.redirections if r.operator == "<<<"]


def _reads_script(command: SimpleCommand) -> bool:
    """Whether it is a shell that takes its commands from standard input."""
    words = command.words[1:]
    return command.program in SHELLS and all(w.text.startswith("-") for w in words)


def _is_dynamic(words: tuple[Word, ...]) -> bool:
    """Whether the shell makes the program's name: by a variable, a substitution or a glob."""
    return bool(words) and (not words[0].is_known or words[0].has_glob)


def _as_wrapped(command: SimpleCommand, words: tuple[Word, ...]) -> SimpleCommand:
    return SimpleCommand(
        words,
        command.assignments,
        command.redirections,
        command.span,
        command.pipeline,
        command.stage,
        is_wrapped=True,
    )


def _moved(command: SimpleCommand, offset: int, pipeline: int) -> SimpleCommand:
    """*command* of a piece that stands at *offset*."""

    def word(one: Word) -> Word:
        span = Span(one.span.start + offset, one.span.end + offset)
        return Word(one.raw, one.text, span, one.has_glob)

    return SimpleCommand(
        tuple(map(word, command.words)),
        tuple(map(word, command.assignments)),
        command.redirections,
        Span(command.span.start + offset, command.span.end + offset),
        pipeline + command.pipeline,
        command.stage,
    )


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
