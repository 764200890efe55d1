r"""Words as the shell reads them: quotes and backslashes removed, what only it knows marked.

Handles '…', "…", $'…' with its escapes, $"…", backslashes, line continuations, `~` and `$HOME`
(kept as `~`), variables whose values are known, and marks every other `$…`, `` `…` ``, `<(…)` and
`>(…)` with `UNKNOWN`.

What always holds: any raw word gives a text; nothing is expanded that the host alone can expand.
What it does not do: split text into words (`bastion.command.tokens`).
"""

import re

from bastion.command.parameters import Lookup, nothing, parameter
from bastion.command.reading import UNKNOWN, Word
from bastion.command.scan import after, after_in_double, glob_group
from bastion.command.state import NOT_KNOWN, POSITIONAL, Value
from bastion.verdict import Span

_HOME = re.compile(r"\$HOME\b|\$\{HOME\}")
_NAME = re.compile(r"\$(?:[A-Za-z_]\w*|[0-9@*#?$!_-])")
_EMPTY_NAMES = frozenset({"$@", "$*", *(f"${digit}" for digit in range(1, 10))})
_ESCAPE = re.compile(
    r"\\(?:x(?P<hex>[0-9A-Fa-f]{1,2})|u(?P<u>[0-9A-Fa-f]{1,4})|U(?P<U>[0-9A-Fa-f]{1,8})"
    r"|(?P<octal>[0-7]{1,3})|c(?P<control>.)|(?P<char>.))",
    re.DOTALL,
)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b"}
_DULL = re.compile(r"[^\\'\"$`<>*?\[(]+")
# Substitutions whose output is plain: where a program lies, and a word that is printed.
_SAID = re.compile(
    r"(?:\$\(|(?P<tick>`))[ \t]*(?:(?:which|command[ ]-v|type[ ]-[pP])[ ](?P<name>[\w.+-]+)"
    r"|(?:echo|printf)[ ](?P<text>[\w./+][\w./+-]*))[ \t]*(?(tick)`|\))"
)
_IFS = " \t\n"
_GLOB = re.compile(r"[*?]|\[.+\]")
_LETTERS |= {"f": "\f", "v": "\v"}


def read_word(raw: str, start: int, lookup: Lookup | None = None) -> Word:
    """The word written *raw* at the offset *start*, without cutting it at what variables hold."""
    reader = _Reader(raw, lookup, cuts=False)
    (field,) = reader.fields() or [("", False)]
    return Word(raw, field[0], Span(start, start + len(raw)), field[1])


def read_words(raw: str, start: int, lookup: Lookup | None = None) -> list[Word]:
    """The words that *raw* becomes: none, one, or as many as its variables hold."""
    span = Span(start, start + len(raw))
    return [Word(raw, text, span, glob) for text, glob in _Reader(raw, lookup, cuts=True).fields()]


class _Reader:
    """Reads one raw word, once."""

    def __init__(self, raw: str, lookup: Lookup | None, *, cuts: bool) -> None:
        self._raw, self._at = raw, 0
        self._lookup, self._cuts = lookup or nothing, cuts
        self._parts: list[str] = []
        self._done: list[tuple[str, bool]] = []
        self._is_there = not cuts  # an empty word is one where something was written in quotes
        self._has_glob = False

    def fields(self) -> list[tuple[str, bool]]:
        """Texts, and whether an unquoted glob is in each."""
        self._tilde()
        while self._at < len(self._raw):
            self._step()
        self._end_field()
        return self._done

    def _tilde(self) -> None:
        raw = self._raw
        if self._lookup is not nothing and raw[:1] == "~" and raw[1:2] in ("", "/"):
            home = self._lookup("HOME")
            self._take(home[0] if home and home != NOT_KNOWN else "~", 1)

    def _step(self) -> None:
        raw, at = self._raw, self._at
        char, pair = raw[at], raw[at : at + 2]
        if match := _DULL.match(raw, at):
            self._take(match[0], match.end())
        elif char == "\\":
            self._take("" if pair == "\\\n" else raw[at + 1 : at + 2], at + 2)
        elif char == "'":
            end = after(raw, at)
            self._take_quoted(raw[at + 1 : end - 1], end)
        elif pair == "$'":
            end = after(raw, at)
            self._take_quoted(_decode(raw[at + 2 : end - 1]), end)
        elif char == '"' or pair == '$"':
            self._double_quoted(at + len(pair) - 1 if pair == '$"' else at)
        elif char in "$`" or pair in ("<(", ">("):
            self._expansion(is_quoted=False)
        elif char == "(" and (end := glob_group(raw, at)):
            self._has_glob = True
            if self._parts and self._parts[-1].endswith(raw[at - 1]):  # else `$*` stands before it
                self._parts[-1] = self._parts[-1][:-1]  # `!(a|b)` may be anything
            self._take("*", end)
        else:
            is_glob = char in "*?" or (char == "[" and "]" in raw[at + 2 :])
            self._has_glob = self._has_glob or is_glob
            self._take(char, at + 1)

    def _double_quoted(self, at: int) -> None:
        self._at = at + 1
        begun, self._is_there = self._is_there, True
        while self._at < len(self._raw) and self._raw[self._at] != '"':
            char = self._raw[self._at]
            if char == "\\":
                escaped = self._raw[self._at + 1 : self._at + 2]
                kept = "" if escaped == "\n" else escaped if escaped in '$`"\\' else "\\" + escaped
                self._take(kept, self._at + 2)
            elif char in "$`":
                self._is_there = self._expansion(is_quoted=True) or begun
            else:
                self._take(char, self._at + 1)
                self._is_there = True
        self._at += 1

    def _expansion(self, *, is_quoted: bool) -> bool:
        """Take what begins with `$` or a backtick; whether it is there even if it is empty."""
        raw, at = self._raw, self._at
        end = (after_in_double if is_quoted else after)(raw, at)
        match = _NAME.match(raw, at)
        end = match.end() if match else end
        written = raw[at:end]
        if end == at + 1 and not match:
            self._take(raw[at], end)
            return True
        known = self._known(written, is_quoted=is_quoted)
        if known is None:
            return self._take_unknown(written, end)
        value, is_list = known
        self._at = end
        if is_quoted and is_list:
            self._take_list(value)
            return bool(value)
        if is_quoted or not self._cuts:
            self._take(self._joined(value), end)
        else:
            self._take_cut(value)
        return True

    def _known(self, written: str, *, is_quoted: bool) -> tuple[Value, bool] | None:
        """What the expansion comes to; None where that is not known."""
        lookup = self._lookup
        if found := _SAID.fullmatch(written):
            return (f"/usr/bin/{found['name']}" if found["name"] else found["text"],), False
        if lookup is nothing or written[0] != "$" or (is_quoted and "'" in written):
            return None
        value, is_list = parameter(written, lookup, lambda text: read_word(text, 0, lookup).text)
        return None if value == NOT_KNOWN else (value, is_list)

    def _joined(self, value: Value) -> str:
        """The elements with what the shell puts between them: the first character of `IFS`."""
        between = (_IFS,) if len(value) == 1 or self._lookup is nothing else self._lookup("IFS")
        return (UNKNOWN if between == NOT_KNOWN else "".join(between)[:1]).join(value)

    def _take_unknown(self, written: str, end: int) -> bool:
        if _HOME.fullmatch(written):
            self._take("~", end)
        elif written in _EMPTY_NAMES and not self._has_parameters():
            self._at = end
            return written not in ("$@", "$*")
        else:
            self._take(UNKNOWN, end)
        return True

    def _has_parameters(self) -> bool:
        """Whether there are positional parameters, though it is not known which."""
        return self._lookup is not nothing and self._lookup(POSITIONAL) != NOT_KNOWN

    def _take(self, text: str, then: int) -> None:
        self._parts.append(text)
        self._at = then

    def _take_quoted(self, text: str, then: int) -> None:
        self._is_there = True
        self._take(text, then)

    def _take_list(self, value: Value) -> None:
        """Each element as a word of its own, the first and last joined to what stands beside."""
        for number, text in enumerate(value):
            if number and self._cuts:
                self._end_field()
            elif number:
                self._parts.append(" ")
            self._is_there = True
            self._parts.append(text)

    def _take_cut(self, value: Value) -> None:
        """Values outside quotes, cut where the shell cuts them."""
        between = (_IFS,) if self._lookup is nothing else self._lookup("IFS")
        for number, text in enumerate(value):
            if number:
                self._end_field()
            if between == NOT_KNOWN:
                self._parts.append(UNKNOWN)
                continue
            for place, part in enumerate(_cut(text, "".join(between))):
                if place:
                    self._end_field()
                self._parts.append(part)
                self._has_glob = self._has_glob or bool(_GLOB.search(part))

    def _end_field(self) -> None:
        text = "".join(self._parts)
        if text or self._is_there:
            self._done.append((text, self._has_glob))
        self._parts, self._is_there, self._has_glob = [], not self._cuts, False


def _cut(text: str, between: str) -> list[str]:
    """*text* cut at the characters *between*; at blanks several count as one."""
    if not between:
        return [text]
    blanks = "".join(char for char in between if char in " \t\n")
    others = "".join(char for char in between if char not in " \t\n")
    blank = f"[{re.escape(blanks)}]" if blanks else "(?!)"
    other = f"[{re.escape(others)}]" if others else "(?!)"
    parts = re.split(f"{blank}*{other}{blank}*|{blank}+", text)
    return (
        parts[:-1] if len(parts) > 1 and not parts[-1] and others and text[-1] in others else parts
    )


def _decode(quoted: str) -> str:
    """The text of $'…' (bash manual, section 3.1.2.4)."""
    return _ESCAPE.sub(_decoded, quoted)


def _decoded(match: re.Match[str]) -> str:
    for group, base in (("hex", 16), ("u", 16), ("U", 16), ("octal", 8)):
        if digits := match[group]:
            code = int(digits, base)
            return chr(code) if code <= 0x10FFFF else UNKNOWN  # noqa: PLR2004  the last code point
    if control := match["control"]:
        return chr(ord(control.upper()) & 0x1F)
    char = match["char"]
    return _LETTERS.get(char, char if char in "\\'\"?" else "\\" + char)
