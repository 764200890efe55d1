"""What a line of fish says, in the grammar that the readers of shell text know.

fish has substitutions without a `$`, words that stand before a command (`and`, `not`), blocks that
end in `end`, escapes for letters, and escapes within single quotes: read as it stands, a line may
hide what it runs.

What always holds: what fish would run stands there as a command, and what it quotes is quoted. A
block is a group in braces, whatever its condition is; what `eval` and the like run, where it is
known, stands there as other shells write it. Where it is not sure, there stands a command that
nobody knows. What it does not do: judge.
"""

import re
from functools import partial

from bastion.command.shell.fish_commands import CHANGES, Put
from bastion.command.shell.fish_word import UNKNOWN, UnsureError, Word, Words

_DEEPEST = 20  # substitutions in substitutions
_EVALUATED = 3  # what is evaluated in what is evaluated
_GROUPS = frozenset({"begin", "if", "while"})
_KEYWORDS = _GROUPS | {
    *("and", "or", "not", "!", "time"),
    *("for", "switch", "function", "case", "else", "end"),
}
_DECORATIONS = frozenset({"builtin", "command", "exec"})
_OTHERS_OWN = frozenset(
    {"then", "do", "done", "fi", "elif", "esac", "until", "select", "coproc", "[[", "]]", "{", "}"}
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=", re.ASCII)
_REDIRECTION = re.compile(r"[0-9]*(?:>>?|<)[&?|]?|&>>?\??", re.ASCII)
_COMMENT = re.compile(r"#[^\n]*")
_ODD_IN_COMMENT = re.compile(r"""[()'"\\\[\]{}]""")
_SETS_HOME = re.compile(r"(?<![$\w])HOME(?!\w)")
_A_FOLDER = re.compile(r'"?\$\{?HOME\}?"?')
_UNSURE = f'"{UNKNOWN}"'


def in_posix(text: str) -> str:
    """*text*, a line of fish, as other shells would write it."""
    said = _put(text, 0)
    return f"HOME={UNKNOWN}; {said}" if _SETS_HOME.search(text) else said


def _put(text: str, evaluated: int) -> str:
    """*text*, which is *evaluated* so many times."""
    if evaluated > _EVALUATED:
        return _UNSURE
    try:
        return _Statements(text, partial(_put, evaluated=evaluated + 1)).whole()
    except (UnsureError, RecursionError):
        return _UNSURE


class _Statements:
    """Reads the statements of one text."""

    def __init__(self, text: str, put: Put) -> None:
        self._text, self._put = text, put
        self._depth = 0
        self._words = Words(text, self._inner)

    def whole(self) -> str:
        """All of it."""
        said, end = self._until_end(0)
        if end < len(self._text):
            raise UnsureError
        return said

    def _inner(self, begin: int) -> tuple[str, int]:
        """A substitution that begins at *begin*, and where it ends."""
        if self._depth >= _DEEPEST:
            raise UnsureError
        self._depth += 1
        said, end = self._until_end(begin)
        self._depth -= 1
        if not self._text.startswith(")", end):
            raise UnsureError
        return said, end + 1

    def _until_end(self, at: int) -> tuple[str, int]:
        """The statements from *at* on, and where they end: at the end of the text, or at a `)`."""
        line = _Line(self._put)
        while at < len(self._text) and self._text[at] != ")":
            at = self._next(line, at)
        line.over()
        return "".join(line.said), at

    def _next(self, line: "_Line", at: int) -> int:
        """What stands at *at*, and where it ends."""
        text, sign = self._text, self._text[at]
        if sign in " \t":
            line.between(sign)
        elif text.startswith("\\\n", at):
            return self._covered(line, at + 2)
        elif sign == "#":
            return self._comment(at)
        elif sign in ";\n":
            line.ends(sign)
        elif text.startswith(("&&", "||", "&|"), at):
            line.joins("|" if text.startswith("&|", at) else text[at : at + 2])
            return at + 2
        elif found := _REDIRECTION.match(text, at):
            return self._redirected(line, found)
        elif sign in "&|":
            line.joins(sign)
        else:
            word = self._word(at)
            line.takes(word, text[at : word.end])
            return word.end
        return at + 1

    def _word(self, at: int) -> Word:
        word = self._words.word(at)
        if word.end == at:
            raise UnsureError
        return word

    def _covered(self, line: "_Line", at: int) -> int:
        """Behind a line end that is covered; and behind one that ends a comment there."""
        while self._text[at : at + 1] in {" ", "\t"}:
            at += 1
        line.between(" ")
        if not self._text.startswith("#", at):
            return at
        end = self._comment(at)
        return end + self._text.startswith("\n", end)

    def _comment(self, at: int) -> int:
        """Where it ends; in a substitution its brackets may count."""
        found = _COMMENT.match(self._text, at)
        if not found or (self._depth and _ODD_IN_COMMENT.search(found[0])):
            raise UnsureError
        return found.end()

    def _redirected(self, line: "_Line", found: re.Match[str]) -> int:
        """The redirection that was *found*, which may be a pipe; where it ends."""
        operator, at = found[0], found.end()
        if operator.endswith("|"):
            line.joins("|")
            return at
        while self._text[at : at + 1] in {" ", "\t"}:
            at += 1
        word = self._word(at)
        blank = self._text[found.end() : at]
        line.redirects(operator.rstrip("?"), blank + word.said)
        return word.end


class _Line:
    """Writes down what is read, and knows where a command begins."""

    def __init__(self, put: Put) -> None:
        self.said: list[str] = []
        self._put = put
        self._head = self._decoration = ""
        self._has_command = False
        self._is_empty = False  # the block that was begun last
        self._command: list[tuple[int, Word]] = []  # its words, and where they are written
        self._ends: list[str] = []  # of the blocks that are open

    def between(self, blank: str) -> None:
        """A blank, or a line end that is covered."""
        self.said.append(blank)

    def ends(self, sign: str) -> None:
        """A statement ends."""
        head = self._head
        self.closes()
        self.said.append(sign if sign == "\n" or self._has_command else " ")
        self._has_command = False
        if head == "for":
            self.said.append("do ")
            self._is_empty = True

    def joins(self, sign: str) -> None:
        """Another command follows."""
        if self._head == "for":
            raise UnsureError
        self.closes()
        self.said.append(sign)
        self._has_command = False

    def redirects(self, operator: str, target: str) -> None:
        """A redirection."""
        is_behind_number = self.said and self.said[-1][-1:].isdigit() and not operator[0].isdigit()
        self._write((" " if is_behind_number else "") + operator + target)

    def takes(self, word: Word, raw: str) -> None:
        """A word, which stands there as *raw*."""
        plain = word.plain or ""
        if self._command:
            self._argument(word)
        elif plain in _KEYWORDS and not self._decoration:
            self._keyword(plain)
        elif _ASSIGNMENT.match(raw) or (self._decoration == "builtin" and raw.startswith("-")):
            self._write(word.said)
        elif plain in _DECORATIONS and not self._decoration:
            self._decoration = plain
            self._write(plain)
        else:
            said = UNKNOWN if _A_FOLDER.fullmatch(word.said) else word.said
            self._begins(word, f"\\{said}" if said in _OTHERS_OWN else said)

    def over(self) -> None:
        """The text ends."""
        self.closes()
        if self._ends:
            raise UnsureError

    def closes(self) -> None:
        """The command is whole."""
        if self._command and not self._head:
            self._change()
        self._command, self._head, self._decoration = [], "", ""

    def _write(self, said: str) -> None:
        self.said.append(said)
        self._has_command, self._is_empty = True, False

    def _begins(self, word: Word, said: str) -> None:
        self._command = [(len(self.said), word)]
        self._write(said)

    def _argument(self, word: Word) -> None:
        if self._head == "for" and len(self._command) == 1 and word.plain is None:
            raise UnsureError  # which variable?
        self._command.append((len(self.said), word))
        self._write(word.said)

    def _keyword(self, word: str) -> None:
        was, self._head = self._head, ""
        if word in _GROUPS:
            if was != "else":
                self._opens("{ ", "}")
        elif word == "for":
            self._opens("", "done")
            self._heads(word, "for")
        elif word in {"switch", "function"}:
            self._opens("{ ", "}")
            self._heads(word, ":")
        elif word == "case":
            self._heads(word, ":")
        elif word == "end":
            self._closes_block()
        elif word == "else":
            self._head = word

    def _opens(self, begin: str, end: str) -> None:
        self.said.append(begin)
        self._ends.append(end)
        self._is_empty = True

    def _heads(self, word: str, said: str) -> None:
        self._head = word
        self._begins(Word(0, said, None), said)
        self._is_empty = True

    def _closes_block(self) -> None:
        if not self._ends:
            raise UnsureError
        empty = " :" if self._is_empty else ""
        separator = "; " if self._has_command or empty else " "
        self._begins(Word(0, "", None), empty + separator + self._ends.pop())

    def _change(self) -> None:
        """Write down the command otherwise, where others would not read it so."""
        change = CHANGES.get(self._command[0][1].plain or "")
        words = [word for _, word in self._command]
        said = change(words, self._put) if change else None
        if said is not None:
            for at, _ in self._command:
                self.said[at] = ""
            self.said[self._command[0][0]] = said
