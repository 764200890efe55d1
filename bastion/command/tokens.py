"""A tolerant splitter: simple commands out of any text, also where no parser can read it.

What always holds: it never fails; what it finds may be too much (a word of data taken for a
command), never less than what stands between the shell's operators outside quotes. What it does not
do: know the grammar; it is the net under the parser.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from bastion.command.braces import expand
from bastion.command.parameters import Lookup
from bastion.command.reading import Redirection, SimpleCommand, Word
from bastion.command.scan import Piece, after, between, line_end
from bastion.command.seen import Scope, Seen, Way
from bastion.command.words import read_word, read_words
from bastion.verdict import Span

_MOST_WORDS = 4096  # of one command; it is not judged with so many, but given up
FD_NAME = re.compile(r"\{\w+\}")
_KEYWORDS = frozenset(
    {"if", "then", "else", "elif", "fi", "do", "done", "while", "until", "esac", "function"}
    | {"!", "time", "{", "}", "coproc", "[[", "]]", "((", "))"}
)
_HEADERS = frozenset({"for", "select", "case"})
_REDIRECTION = re.compile(r"(?P<operator>&>>?|(?:\d+|\{\w+\})?(?:<>|>>|>\||>&|<&|<<<|>|<)(?!\())")
_RUN = re.compile(r"[^ \t\n\\'\"`$<>&]+")  # goes on as it began
_WORD = re.compile(r"[^ \t\n]+")
_SPECIAL = re.compile(r"[\\'\"`$<>&#]")  # without any of these only blanks end a word
_FIRST = "0123456789{#"  # of a word: a descriptor or a comment may begin
_PLAIN = re.compile(r"[^\\'\"`$<>#;&|\n()]+")
_DULL = re.compile(r"[\w./:=,@%+-]+")  # no shell makes anything else of it
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(\[[^]]*\])?\+?=")


def split(text: str) -> list[SimpleCommand]:
    """Every simple command that stands between operators in *text*."""
    built = (build(s.raws, s.whole, pipeline=s.pipeline, stage=s.stage) for s in seen(text))
    return [command for command in built if command is not None]


def seen(text: str) -> list[Seen]:
    """Where they stand; whether one runs is not known."""
    return [
        Seen(tuple(words(piece)), piece, number, stage, (Scope(Way.BRANCH, piece.start),))
        for number, pieces in enumerate(_pipelines(text))
        for stage, piece in enumerate(pieces)
    ]


def build(
    raws: Sequence[Piece],
    whole: Piece,
    *,
    pipeline: int = 0,
    stage: int = 0,
    lookup: Lookup | None = None,
) -> SimpleCommand | None:
    """The simple command that the raw words make; None where no command is left of them.

    *lookup* gives the values of variables, where any are known.
    """
    rest = command_words(raws)
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
                Redirection(match["operator"], read_word(target.text, target.start, lookup))
            )
        elif not kept and ASSIGNMENT.match(raw.text):
            assignments.append(read_word(raw.text, raw.start, lookup))
        else:
            kept.append(raw)
    if not kept and not assignments and not redirections:
        return None
    return SimpleCommand(
        words=tuple(islice((w for raw in kept for w in words_of(raw, lookup)), _MOST_WORDS)),
        assignments=tuple(assignments),
        redirections=tuple(redirections),
        span=Span(whole.start, whole.end),
        pipeline=pipeline,
        stage=stage,
    )


def command_words(raws: Sequence[Piece]) -> list[Piece]:
    """*raws* without the keywords in front; nothing where a loop's header is left."""
    first = next((at for at, raw in enumerate(raws) if raw.text not in _KEYWORDS), len(raws))
    rest = list(raws[first:])
    if rest and rest[0].text in _HEADERS:
        return rest[3:] if [raw.text for raw in rest[2:3]] == ["do"] else []  # `for x do CMD`
    return rest


def words_of(raw: Piece, lookup: Lookup | None = None) -> Iterator[Word]:
    """The words that a raw word becomes, each with the place of the whole."""
    span = Span(raw.start, raw.end)
    if _DULL.fullmatch(raw.text):
        yield Word(raw.text, raw.text, span)
        return
    for one in expand(raw.text):
        for word in read_words(one, raw.start, lookup):
            yield Word(raw.text, word.text, span, word.has_glob)


def words(piece: Piece) -> list[Piece]:
    """The raw words of *piece*: split at blanks and before redirections, outside quotes."""
    text, place = piece.text, piece.start
    if not _SPECIAL.search(text):
        return [Piece(word[0], place + word.start()) for word in _WORD.finditer(text)]
    found: list[Piece] = []
    start = at = 0
    while start <= len(text):
        if at < len(text) and (at > start or text[at] not in _FIRST):
            run = _RUN.match(text, at)
            at = run.end() if run else at
        if at >= len(text) or text[at] in " \t\n":
            if at > start:
                found.append(Piece(text[start:at], piece.start + start))
            start = at = at + 1
        elif at == start and text[at] == "#":
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
    at, behind, is_between = 0, -1, True
    while at < len(text):
        if run := _PLAIN.match(text, at):
            at, is_between = run.end(), run[0][-1] in " \t"
            continue
        if is_between and text[at] == "#":
            at = line_end(text, at)
            continue
        start, at = at, after(text, at)
        is_between = between(text[start:at], before=is_between)
        if at > start + 1 or start < behind or text[start] not in ";&|\n()":
            continue
        if text[start] == "&" and (
            text[start - 1 : start] in ("<", ">") or text[at : at + 1] == ">"
        ):
            continue
        operator = next(
            op for op in ("&&", "||", "|&", ";;", text[start]) if text.startswith(op, start)
        )
        behind = start + len(operator)
        yield start, operator
