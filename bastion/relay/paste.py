r"""Knows a paste that the terminal marks (ESC[200~ … ESC[201~), to throw away the rest of one.

The marks come from the user's side, so nothing is let pass because of them: they only say how much
more is to be thrown away once a line of a paste was stopped, for a paste arrives in pieces.

Where the shell itself says what it is about to run, a marked paste is passed on as a whole: whether
the shell takes it as one, the exact line tells.

What always holds: Ctrl-C ends the throwing away, so that nobody is locked out by an end that never
comes; a mark may be split anywhere. What it does not do: judge.
"""

import re

_BEGIN, _END = b"\x1b[200~", b"\x1b[201~"
CANCEL, ENTERS = b"\x03", b"\r\n\x0f"
"""The key that takes a line back, and those that accept one and mean nothing else to a shell."""
# At ^D, who reads from the terminal itself gets the line. In bash and zsh ^X^E, Esc v (an editor
# comes first) and Esc a run it as well.
_ACCEPTS = re.compile(rb"[\r\n\x0f\x04]|(?<=\x18)\x05|(?<=\x1b)[aAv]")
_MARKS_AND_ACCEPTS = re.compile(rb"\x1b\[20[01]~|[\r\n\x0f]")
_MOST_CHARS = 64 * 1024


class Paste:
    """The pastes of one terminal."""

    def __init__(self) -> None:
        self._tail = b""
        self._is_open = self._is_unwanted = False

    def wanted(self, data: bytes) -> bytes:
        """What is left of *data*, the next bytes from the user."""
        seen = self._tail + data
        begun, ended = seen.rfind(_BEGIN), seen.rfind(_END)
        if begun != ended:
            self._is_open = begun > ended
        self._tail = seen[1 - len(_END) :]
        if not self._is_unwanted:
            return data
        if CANCEL in data:
            self._is_unwanted = False
            return data[data.rindex(CANCEL) :]
        if ended < 0:
            return b""
        self._is_unwanted = self._is_open
        return b"" if self._is_open else seen[ended + len(_END) :]

    def throw_away(self) -> None:
        """What is still to come of a paste is not wanted."""
        self._is_unwanted = self._is_open


def accepting(data: bytes, before: bytes = b"") -> int:
    """Where the first byte of *data* stands that may accept a line; -1 without one.

    The byte that came *before* may be a part of it.
    """
    match = _ACCEPTS.search(before + data, len(before))
    return match.start() - len(before) if match else -1


class Passing:
    """What is passed on to a shell that asks by itself: bytes that accept, and marked pastes."""

    def __init__(self) -> None:
        self._tail, self._is_open = b"", False
        self._pasted, self._since_prompt = bytearray(), bytearray()

    def accepting(self, data: bytes) -> int:
        """Where in *data*, the next bytes, the first accepts that is in no paste; -1 without."""
        is_open, before = self._is_open, len(self._tail)
        for match in _MARKS_AND_ACCEPTS.finditer(self._tail + data):
            if match[0] in {_BEGIN, _END}:
                is_open = match[0] == _BEGIN
            elif match.start() >= before and not is_open:
                return match.start() - before
        return -1

    def passed(self, data: bytes) -> None:
        """*data* went to the host."""
        if CANCEL in data:
            self._pasted.clear()
        if len(self._since_prompt) < _MOST_CHARS:
            self._since_prompt += data
        before = len(self._tail)
        seen, begun = self._tail + data, before if self._is_open else -1
        for match in _MARKS_AND_ACCEPTS.finditer(seen):
            if match[0] == _BEGIN and begun < 0:
                begun = match.end()
            elif match[0] == _END and begun >= 0:
                del self._pasted[min(match.start() - before, 0) or len(self._pasted) :]
                self._pasted += seen[begun : match.start()] + b"\n"
                begun = -1
        self._is_open = begun >= 0
        if self._is_open:
            self._pasted += seen[begun:]
        self._tail = seen[1 - len(_END) :]

    def prompted(self) -> None:
        """The shell is at a prompt."""
        self._since_prompt.clear()

    def is_one_of_many(self, line: str) -> bool:
        """Whether *line* is one of several in what went to the host since the last prompt.

        A shell runs the lines of a marked paste one after the other, with no prompt in between.
        """
        rows = self._since_prompt.partition(_BEGIN)[2].partition(_END)[0].replace(b"\r", b"\n")
        told = {row.strip() for row in rows.decode("utf-8", "replace").split("\n")}
        return len(told) > 1 and all(row.strip() in told for row in line.split("\n"))

    def forget(self) -> None:
        """What was pasted is of no meaning any more: the shell dropped its line."""
        self._pasted.clear()

    def beyond(self, line: str) -> bool:
        """Whether a paste went on beyond *line*, which the shell is about to run.

        Then what reads next, a shell that *line* starts perhaps, gets the rest. Asked once a line:
        lines that were found in one are forgotten.
        """
        if self._pasted and max(len(self._pasted), len(line)) > _MOST_CHARS:
            self._pasted.clear()
            return True
        text = self._pasted.decode("utf-8", "replace").replace("\r", "\n")
        rows = [row.strip() for row in text.split("\n") if row.strip()]
        rest = dict(enumerate(rows))
        for place, row in sorted(rest.items(), key=lambda pasted: -len(pasted[1])):
            if row in line:  # the longest first: a shorter one may stand in a longer one
                line = line.replace(row, "\n", 1)
                del rest[place]
        self._pasted[:] = "\n".join(rest.values()).encode()
        return bool(rest)
