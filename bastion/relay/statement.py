r"""Joins the lines of one command that goes on over several lines (`\`, a quote, a here-document).

What always holds: a line typed at the prompt that the command began at begins a new command, so
that a command which was given up (Ctrl-C) hides nothing behind it; whoever judges the whole judges
the line alone as well. What it does not do: know shells; whether a command goes on says the parser.
"""

_SHELL_LIKE = frozenset({"shell", "in-program"})


class Statement:
    """The command that is being typed in one session."""

    def __init__(self) -> None:
        self._begun = self._prompt = ""

    def whole(self, line: str, prompt: str, where: str) -> str:
        """The command so far with *line*; *line* itself where it begins one."""
        if self._begun and prompt != self._prompt and where in _SHELL_LIKE:
            return f"{self._begun}\n{line}"
        self._begun, self._prompt = "", prompt
        return line

    def keep(self, whole: str, *, is_unfinished: bool) -> None:
        """Remember *whole* where the shell will ask for more of it."""
        self._begun = whole if is_unfinished else ""
