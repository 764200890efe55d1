"""A tolerant splitter: simple commands out of any text, also where no parser can read it.

What always holds: it never fails; what it finds may be too much (a word of data taken for a
command), never less than what stands between the shell's operators outside quotes. What it does not
do: know the grammar; it is the net under the parser.
"""

import re
from collections.abc import Iterator

from bastion.command.braces import expand
from bastion.command.reading import Redirection, SimpleCommand, Word
from bastion.command.scan import Piece, after, begins_comment, line_end, plain
from bastion.command.words import read_word
from bastion.verdict import Span

_KEYWORDS = frozenset(
    {"if", "then", "else", "elif", "fi", "do", "done", "while", "until", "esac", "function"}
    | {"!", "time", "{", "}", "coproc", "[[", "]]", "((", "))"}
)
_HEADERS = frozenset({"for", "select", "case"})
_REDIRECTION = re.compile(r"(?P<operator>&>>?|(?:\d+|\{\w+\})?(?:<>|>>|>\||>&|<&|<<<|>|<)(?!\())")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(\[[^]]*\])?\+?=")


def split(text: str) -> list[SimpleCommand]:
    """Every simple command that stands between operators in *text*."""
    commands = []
    for number, pieces in enumerate(_pipelines(text)):
        for stage, piece in enumerate(pieces):
            command = build(words(piece), piece, pipeline=number, stage=stage)
            if command is not None:
                commands.append(command)
    return commands


def build(
    raws: list[Piece], whole: Piece, *, pipeline: int = 0, stage: int = 0
) -> SimpleCommand | None:
    """The simple command that the raw words make; None where no command is left of them."""
    rest = list(raws)
    while rest and rest[0].text in _KEYWORDS:
        rest.pop(0)
    if rest and rest[0].text in _HEADERS:
        return None
    assignments = []
    kept: list[Piece] = []
    redirections: list[Redirection] = []
    while rest:
        raw = rest.pop(0)
        if match := _REDIRECTION.match(raw.text):
            target = Piece(raw.text[match.end() :], raw.start + match.end())
            if not target.text and rest:
                target = rest.pop(0)
            redirections.append(
                Redirection(match["operator"], read_word(target.text, target.start))
            )
        elif not kept and _ASSIGNMENT.match(raw.text):
            assignments.append(read_word(raw.text, raw.start))
        else:
            kept.append(raw)
    if not kept and not assignments and not redirections:
        return None
    return SimpleCommand(
        words=tuple(word for raw in kept for word in _words_of(raw)),
        assignments=tuple(assignments),
        redirections=tuple(redirections),
        span=Span(whole.start, whole.end),
        pipeline=pipeline,
        stage=stage,
    )


def _words_of(raw: Piece) -> Iterator[Word]:
    """The words that a raw word becomes, each with the place of the whole."""
    for one in expand(raw.text):
        word = read_word(one, raw.start)
        yield Word(raw.text, word.text, Span(raw.start, raw.end), word.has_glob)


def words(piece: Piece) -> list[Piece]:
    """The raw words of *piece*: split at blanks and before redirections, outside quotes."""
    found: list[Piece] = []
    start = at = 0
    text = piece.text
    while start <= len(text):
        if at >= len(text) or text[at] in " \t\n":
            if at > start:
                found.append(Piece(text[start:at], piece.start + start))
            start = at = at + 1
        elif at == start and begins_comment(text, at):
            start = at = line_end(text, at)
        elif (match := _REDIRECTION.match(text, at)) and (at == start or text[at] in "<>&"):
            if at > start:
                found.append(Piece(text[start:at], piece.start + start))
            start, at = at, match.end()
        else:
            at = after(text, at)
    return found


def _pipelines(text: str) -> Iterator[list[Piece]]:
    """Pipelines as lists of their stages."""
    stages: list[Piece] = []
    start = 0
    for at, operator in _operators(text):
        if text[start:at].strip():
            stages.append(Piece(text[start:at], start))
        start = at + len(operator)
        if operator not in ("|", "|&"):
            if stages:
                yield stages
            stages = []
    if text[start:].strip():
        stages.append(Piece(text[start:], start))
    if stages:
        yield stages


def _operators(text: str) -> Iterator[tuple[int, str]]:
    """The control operators of *text* with their offsets (`&` of `&>` and `>&` is none)."""
    behind = -1
    for at in plain(text):
        if at < behind or text[at] not in ";&|\n()":
            continue
        if text[at] == "&" and (text[at - 1 : at] in ("<", ">") or text[at + 1 : at + 2] == ">"):
            continue
        operator = next(op for op in ("&&", "||", "|&", ";;", text[at]) if text.startswith(op, at))
        behind = at + len(operator)
        yield at, operator
