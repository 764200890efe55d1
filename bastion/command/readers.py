"""Compares what the readers of shell grammar saw, and takes what counts.

Three look at a text: tree-sitter, our own splitter, which knows no grammar but loses nothing
between operators, and bashlex, which takes the most time and is asked where the other two differ.
What two of them see alike counts. What only tree-sitter can read counts where every word of the
text belongs to something that it saw.

What always holds: a command that any of the parsers saw is among the result; where they differ and
nobody agrees with one of them the result says so (`readers-disagree`), and where none can read the
text it is what the splitter finds (`unparsable`), or a line that no shell runs (`syntax-error`,
`unclosed`). What it does not do: look into words.
"""

import re
from collections.abc import Iterable
from itertools import islice

from bastion.command import by_bashlex, by_treesitter, tokens
from bastion.command.scan import Piece
from bastion.command.seen import Seen
from bastion.command.veil import Veiled

_BARE = re.compile(r"(?:&>>?|<<<|<>|>>|>\||[<>]&|[<>])[ \t]*(?=\Z|[;|&<>)])")
# A line whose last quote is open, with nothing before it that could be read in another way.
_UNCLOSED = re.compile(
    r"""(?:[^'"\\$`#\n]|\\.|\$[\w@*?!]|'[^'\n]*'|"(?:[^"\\$`\n]|\\.|\$[\w@*?!])*")*"""
    r"""(?:'[^'\n]*|"(?:[^"\\$`\n]|\\.|\$[\w@*?! ])*)"""
)
_MOST_SEEN = 3000  # commands in one text, before it is given up
_MOST_PARSED = 6000  # characters for bashlex, which is slow; where it is not asked nobody agrees
_MOST_BRACKETS = 8  # that are looked at
_BRACKET = re.compile(r"\(")
_RUNS = re.compile(r"e(\W).*\1|\+")
_KEYED = frozenset(
    {"case", "for", "select", "function", "coproc", "time", "[[", "declare", "local"}
)
_NUMBERS = re.compile(r"<[0-9]*-[0-9]*>")
_Key = tuple[tuple[int, str], ...]


def read_grammar(text: str, skeleton: Veiled) -> tuple[list[Seen], str]:
    """What stands in *text*, in its order, and why that may not be all; empty where it is."""
    shown = skeleton.text
    if skeleton.is_continued:
        text = text[:-1] + " "  # a shell that gets no more takes it as it stands
    if not shown.strip():
        return [], "continued" if skeleton.is_continued else ""
    found, reason = _agreed(text, shown)
    if "\n" not in text and reason and (_lacks_target(shown) or _has_bare_bracket(shown)):
        return found, "syntax-error"
    if reason == "unparsable" and "\n" not in text and _lacks_bracket(shown):
        return found, "unclosed"
    if not skeleton.is_closed:
        if _UNCLOSED.fullmatch(text):
            return found, "unclosed"
        return found, "readers-disagree" if by_treesitter.accepts(text) else "incomplete"
    return found, reason or ("continued" if skeleton.is_continued else "")


def _agreed(text: str, skeleton: str) -> tuple[list[Seen], str]:  # noqa: PLR0911  ways to agree
    split = _split(text, skeleton)
    if len(split) > _MOST_SEEN:
        return split[: _MOST_SEEN // 2], "parser-limit"
    tree = by_treesitter.seen(text, skeleton)
    if tree is not None and _keys(tree) == _keys(split):
        return tree, ""
    if len(skeleton) > _MOST_PARSED:
        reason = "unparsable" if tree is None else "readers-disagree"
        return _together(tokens.seen(text), tree or []), reason
    parsed = by_bashlex.seen(text, skeleton)
    if parsed is None:
        return (tokens.seen(text), "unparsable") if tree is None else (tree, "")
    if tree is not None and _keys(parsed) == _keys(tree):
        return tree, ""
    if _keys(parsed) == _keys(split):
        return _with_scopes(parsed, split), ""
    return _together(tokens.seen(text), parsed, tree or []), "readers-disagree"


def _lacks_target(skeleton: str) -> bool:
    """Whether nothing stands behind a redirection, which every shell refuses, and the line with it.

    `<1-9>` is a glob in zsh.
    """
    return bool(_BARE.search(skeleton)) and not _NUMBERS.search(skeleton)


def _lacks_bracket(skeleton: str) -> bool:
    """Whether a subshell is open at the end; only patterns of `case` have a `)` of their own."""
    return skeleton.count("(") > skeleton.count(")") and "case" not in skeleton


def _has_bare_bracket(skeleton: str) -> bool:
    """Whether `(` stands behind an argument, which the shells of this grammar refuse.

    To zsh it may be a glob that runs something (`*(e:rm:)`), to fish a substitution, which is among
    the commands that were split off.
    """
    for found in islice(_BRACKET.finditer(skeleton), _MOST_BRACKETS):
        before = skeleton[: found.start()].rstrip()
        last = tokens.seen(before)[-1:]
        words = tokens.command_words(last[0].raws) if last else []
        if (
            len(words) > 1
            and last[0].whole.end == len(before)
            and before[-1] not in "?*+@!="
            and words[0].text not in _KEYED
            and not _RUNS.search(skeleton[found.start() :])
        ):
            return True
    return False


def _split(text: str, skeleton: str) -> list[Seen]:
    """What the splitter sees in the skeleton, with the words of *text*."""
    found = tokens.seen(skeleton)
    if text == skeleton and "[[" not in text and "((" not in text:
        return found
    return [
        Seen(_written(text, one.raws), one.whole, one.pipeline, one.stage, one.scopes)
        for one in found
        if not text.startswith(("[[", "(("), one.whole.start + _indent(one.whole.text))
    ]


def _written(text: str, raws: Iterable[Piece]) -> tuple[Piece, ...]:
    return tuple(Piece(text[raw.start : raw.end], raw.start) for raw in raws)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _keys(found: Iterable[Seen]) -> set[_Key]:
    return {_key(one) for one in found if one.is_command} - {()}


def _key(one: Seen) -> _Key:
    """The words of a command by their places."""
    return tuple((raw.start, raw.text) for raw in tokens.command_words(one.raws))


def _with_scopes(found: list[Seen], places: list[Seen]) -> list[Seen]:
    """*found* with the scopes of the same commands in *places*."""
    scopes = {_key(one): one.scopes for one in places}
    return [
        Seen(one.raws, one.whole, one.pipeline, one.stage, scopes.get(_key(one), ()))
        for one in found
    ]


def _together(*readings: Iterable[Seen]) -> list[Seen]:
    """What any of *readings* saw, each once, in the order of the text."""
    found: dict[_Key, Seen] = {}
    for reading in readings:
        for one in reading:
            found.setdefault(_key(one) if one.is_command else (), one)
    return sorted(found.values(), key=lambda one: one.whole.start)
