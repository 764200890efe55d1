"""A tolerant splitter: simple commands out of any text, also where no parser can read it.

What always holds: it never fails; what it finds may be too much (a word of data taken for a
command), never less than what stands between the shell's operators outside quotes. What it does not
do: know the grammar; it is the net under the parser.
"""

import re
from collections.abc import Iterator

from bastion.command.reading import Redirection, SimpleCommand
from bastion.command.scan import Piece, closing, plain
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
        words=tuple(read_word(raw.text, raw.start) for raw in kept),
        assignments=tuple(assignments),
        redirections=tuple(redirections),
        span=Span(whole.start, whole.end),
        pipeline=pipeline,
        stage=stage,
    )


def words(piece: Piece) -> list[Piece]:
    """The raw words of *piece*: split at blanks and before redirections, outside quotes."""
    found: list[Piece] = []
    start = at = 0
    text = piece.text
    while at <= len(text):
        if at == len(text) or text[at] in " \t\n":
            if at > start:
                found.append(Piece(text[start:at], piece.start + start))
            start = at = at + 1
        elif (match := _REDIRECTION.match(text, at)) and (at == start or text[at] in "<>&"):
            if at > start:
                found.append(Piece(text[start:at], piece.start + start))
            start, at = at, match.end()
        else:
            at = _after(text, at)
    return found


def _after(text: str, at: int) -> int:
    """The offset behind the character, quoted string or substitution at *at*."""
    char = text[at]
    if char == "\\":
        return at + 2
    if char == "'" or text.startswith("$'", at):
        return _behind(text, "'", at + (1 if char == "'" else 2), escapes=char != "'")
    if char in '"`':
        return _behind(text, char, at + 1, escapes=True)
    if text.startswith(("$(", "<(", ">("), at):
        return closing(text, at + 2) + 1
    return at + 1


def _behind(text: str, needle: str, at: int, *, escapes: bool) -> int:
    while at < len(text) and text[at] != needle:
        if needle == '"' and text.startswith("$(", at):
            at = closing(text, at + 2) + 1
        else:
            at += 2 if escapes and text[at] == "\\" else 1
    return at + 1


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
    for at in _outside_substitutions(text):
        if at < behind or text[at] not in ";&|\n()":
            continue
        if text[at] == "&" and (text[at - 1 : at] in ("<", ">") or text[at + 1 : at + 2] == ">"):
            continue
        operator = next(op for op in ("&&", "||", "|&", ";;", text[at]) if text.startswith(op, at))
        behind = at + len(operator)
        yield at, operator


def _outside_substitutions(text: str) -> Iterator[int]:
    """Plain offsets, without the insides of `$(…)`, backticks and process substitutions."""
    behind = 0
    for at in plain(text):
        if at < behind:
            continue
        if text[at] == "`":
            behind = _behind(text, "`", at + 1, escapes=True)
        elif text.startswith(("$(", "<(", ">("), at):
            behind = closing(text, at + 2) + 1
        else:
            yield at
