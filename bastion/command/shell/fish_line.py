"""What a line of fish says, in the grammar that the readers of shell text know.

fish has substitutions without a `$`, words that stand before a command (`and`, `not`), escapes
for letters, and escapes within single quotes: read as it stands, a line may hide what it runs.

What always holds: what fish would run stands there as a command, and what it quotes is quoted. What
it does not do: judge. Where it is wrong, a line is judged more strictly than it need be, for the
line itself is judged as well.
"""

import re
import sys
from collections.abc import Iterator

_BEFORE = ("if", "else", "while", "and", "or", "not", "begin")
_OTHERS = ("for", "in", "switch", "case", "end", "function", "builtin", "source", ".")
_WORDS = frozenset({*_BEFORE, *_OTHERS})
_BREAKS = frozenset(" \t\n\r\f\v;|&<>()")
_PLAIN = re.compile(
    r"'(?:[^'\\]|\\.)*'?"
    r"|\\(?:[xX][0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|[0-7]{1,3}|.)"
    r"|(?<![^\s;|&<>(])#[^\n]*|[^\s;|&<>'\"\\()]+|[\s;|&<>]+|.",
    re.DOTALL | re.ASCII,
)
_QUOTED = re.compile(r'"|\$(?=\()|\((?<=\$\()|(?:[^"\\$(]|\\.|\$(?!\()|(?<!\$)\()+|.', re.DOTALL)
_LITERAL = re.compile(r"\\([\\'])")
_NUMBER = re.compile(r"\\(?:[xXuU]([0-9a-fA-F]+)|([0-7]+))", re.ASCII)
_NAME = re.compile(r"[\w./-]", re.ASCII)
_PIPE = re.compile(r"(?<![0-9])[0-9]*+>\||&\|")
_BEGINS = r"(^|[;\n&|(])"
_STANDS_BEFORE = re.compile(rf"{_BEGINS}(?:[ \t]*(?:{'|'.join(_BEFORE)})(?=[\s;(]))+")
_IS_NO_COMMAND = re.compile(
    rf"{_BEGINS}[ \t]*(?:for[ \t]+\S+[ \t]+in|switch|case|end|function[ \t]+[^\s;]+)"
    r"(?=[\s;|&<>)]|$)"
)
_NOTHING = re.compile(r"(^|[;\n])[ \t]*(?=;)")
_READS_INPUT = re.compile(
    rf"{_BEGINS}([ \t]*(?:builtin[ \t]+)?)(?:source|\.)(?=[ \t]*(?:$|[;\n&|<)]))"
)


def in_posix(text: str) -> str:
    """*text*, a line of fish, as other shells would write it."""
    written = _PIPE.sub("|", "".join(_written(text)))
    written = _STANDS_BEFORE.sub(r"\1 ", written)
    written = _IS_NO_COMMAND.sub(r"\1 :", written)
    return _READS_INPUT.sub(r"\1\2sh", _NOTHING.sub(r"\1 : ", written))


def _written(text: str) -> Iterator[str]:
    """The words of *text*, and what stands between them."""
    word = plain = ""
    for part, is_quoted in _parts(text):
        if is_quoted or part[0] not in _BREAKS:
            said, meant = (part, part.strip('"')) if is_quoted else _said(part)
            word, plain = word + said, plain + meant
            continue
        yield plain if plain in _WORDS else word
        yield "$(" if part == "(" and not word.endswith("$") else part
        word = plain = ""
    yield plain if plain in _WORDS else word


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """The parts of *text*, each with whether it stands in double quotes."""
    at, is_quoted, around = 0, False, list[bool]()
    while found := (_QUOTED if is_quoted else _PLAIN).match(text, at):
        part, at = found[0], found.end()
        if part == '"':
            yield part, True
            is_quoted = not is_quoted
            continue
        if part == "(":
            around.append(is_quoted)
            is_quoted = False
        yield part, is_quoted
        if part == ")" and not is_quoted and around:
            is_quoted = around.pop()


def _said(part: str) -> tuple[str, str]:
    """A part of a word as other shells write it, and what it means."""
    if part[0] == "'" and len(part) > 1 and part.endswith("'"):
        meant = _LITERAL.sub(r"\1", part[1:-1])
        return "'" + meant.replace("'", "'\\''") + "'", meant
    if number := _NUMBER.fullmatch(part):
        code = int(number[1], 16) if number[1] else int(number[2], 8)
        if code <= sys.maxunicode and _NAME.fullmatch(chr(code)):
            return chr(code), chr(code)
    return part, part[1:] if part[0] == "\\" else part
