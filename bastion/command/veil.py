"""Veils what bashlex cannot read, or would read wrongly, character for character.

bashlex loops for ever on `'${'`, forgets commands behind some quotes, and fails on comments,
`time`, `[[ ]]`, `(( ))` and arrays. So it is shown the skeleton alone: every quoted part, every
substitution and every `${…}` becomes as many letters, comments become blanks. Words are cut from
the real text by their places, so nothing is lost.

What always holds: the skeleton is as long as the text and holds no quote, no substitution and no
`${`. Whatever is hidden stands in `hidden` or is found by `bastion.command.scan.substitutions`.
What it does not do: say what the hidden parts mean.
"""

import re
from dataclasses import dataclass

from bastion.command.scan import WORD_ENDS, Piece, after, closing, glob_group, line_end, plain

_BEFORE_COMMAND = re.compile(r"(?:^|[;&|(\n{!]|\b(?:then|do|else|elif|if|while|until))[ \t]*\Z")
_PREFIX = re.compile(r"(?:time(?:[ \t]+-p)?|coproc(?:[ \t]+[A-Za-z_]\w*(?=[ \t]+[{(]))?)(?=[ \t])")
_BEFORE_ARRAY = re.compile(r"(?:^|[\s;&|(])[A-Za-z_]\w*\+?=\Z")
_TEST_END = re.compile(r"\s\]\](?=[\s;&|)]|\Z)")
_FOR = re.compile(r"\bfor[ \t]*\Z")
# What stays as it is: `t` and `c` but in `time` and `coproc`, `[` and `<` where no second follows.
_DULL = re.compile(r"(?:[^\\#'\"`$<>(\[tc]++|t(?!ime[ \t])|c(?!oproc[ \t])|\[(?!\[)|[<>](?!\())++")
_LOOK_BEHIND = 80  # characters; a name longer than that makes the text unparsable, never unseen
_STEADY = "x"
_MOST_TRIED = 16  # `((` that are no arithmetic; the rest are subshells in any case


@dataclass(frozen=True)
class Veiled:
    """A skeleton.

    Attributes:
        text: what bashlex may see.
        hidden: parts that are no commands to bash, but may be to another shell.
        is_closed: whether every quote and expansion is closed.
        is_continued: whether a backslash at the end asks for another line.
    """

    text: str
    hidden: tuple[Piece, ...]
    is_closed: bool
    is_continued: bool

    @property
    def is_complete(self) -> bool:
        """Whether nothing has to follow."""
        return self.is_closed and not self.is_continued


def veil(text: str) -> Veiled:
    """The skeleton of *text*."""
    veiler = _Veiler(text)
    veiler.run()
    return Veiled(
        "".join(veiler.shown), tuple(veiler.hidden), veiler.is_closed, veiler.is_continued
    )


class _Veiler:
    """Walks over one text, once."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self.shown: list[str] = []
        self.hidden: list[Piece] = []
        self.is_closed, self.is_continued = True, False
        self._tried = 0

    def run(self) -> None:
        while self._at < len(self._text):
            self._step()

    def _step(self) -> None:
        text, at = self._text, self._at
        char = text[at]
        if match := _DULL.match(text, at):
            self._keep(match.end())
        elif char == "\\":
            self._backslash()
        elif char == "#" and self._is_between():
            self._show(" ", line_end(text, at))
        elif (end := after(text, at)) > at + 1:
            self.is_closed = self.is_closed and end <= len(text)
            self._show(_STEADY, end)
        elif char == "(" and (end := glob_group(text, at)) and not self._is_negated():
            self._show(_STEADY, end)
        elif char == "(" and _BEFORE_ARRAY.search(self._behind()):
            self._array()
        elif char in "tc[(" and self._is_before_command():
            self._command_start()
        else:
            self._keep(at + 1)

    def _command_start(self) -> None:
        text, at = self._text, self._at
        if match := _PREFIX.match(text, at):
            self._show(" ", match.end())
        elif text.startswith("((", at):
            self._arithmetic()
        elif text.startswith("[[", at) and text[at + 2 : at + 3].isspace():
            self._test()
        else:
            self._keep(at + 1)

    def _array(self) -> None:
        """`a=(…)`; with an operator inside bash gives up and goes on with the next line."""
        text, start = self._text, self._at + 1
        end = closing(text, start)
        inside = text[start:end]
        is_sound = end < len(text) and not any(inside[at] in ";|&<>()" for at in plain(inside))
        if is_sound:
            self._show(_STEADY, end + 1)
        else:
            self._keep(start)

    def _is_between(self) -> bool:
        """Whether a word may begin here: what is covered or substituted is a part of one."""
        return not self.shown or self.shown[-1][-1:] in WORD_ENDS

    def _backslash(self) -> None:
        """A backslash and what it covers; a continued line goes on behind it."""
        pair = self._text[self._at : self._at + 2]
        is_in_word = not self._is_between()
        if pair == "\\":
            self.is_continued = True
        is_gap = pair == "\\" or (pair == "\\\n" and not is_in_word)
        self._show(" " if is_gap else _STEADY, self._at + 2)

    def _arithmetic(self) -> None:
        """`((…))`, where bash calculates; anything else that begins so is two subshells."""
        text, at = self._text, self._at
        end = closing(text, at + 2) if self._tried < _MOST_TRIED else at
        if text[end + 1 : end + 2] != ")":
            self._tried += 1
            self._keep(at + 1)
            return
        self.hidden.append(Piece(text[at + 2 : end], at + 2))
        self._replace("true", end + 2)

    def _test(self) -> None:
        """`[[ … ]]`."""
        text, at = self._text, self._at
        rest = text[at:]
        brackets = (place for place in plain(rest) if rest[place] == "]")
        end = next((place - 1 for place in brackets if _TEST_END.match(rest, place - 1)), None)
        if end is None:
            self._keep(at + 2)
            return
        self.hidden.append(Piece(rest[2:end], at + 2))
        self._replace("true", at + end + 3)

    def _is_negated(self) -> bool:
        """Whether `!(` or the like would begin a command: a subshell, where globs are plain."""
        return bool(_BEFORE_COMMAND.search(self._behind()[:-1]))

    def _is_before_command(self) -> bool:
        behind = self._behind()
        if self._text.startswith("((", self._at) and _FOR.search(behind):
            return True
        return bool(_BEFORE_COMMAND.search(behind))

    def _behind(self) -> str:
        """The skeleton just before, which holds no quotes that could mislead."""
        return "".join(self.shown[-_LOOK_BEHIND:])

    def _replace(self, word: str, end: int) -> None:
        if _FOR.search(self._behind()):
            word = "i in x"
        gap = end - self._at
        self.shown.extend(word.ljust(gap)[:gap])
        self._at = end

    def _show(self, char: str, end: int) -> None:
        end = min(end, len(self._text))
        self.shown.extend(char * (end - self._at))
        self._at = end

    def _keep(self, end: int) -> None:
        self.shown.extend(self._text[self._at : end])
        self._at = end
