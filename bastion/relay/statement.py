r"""Joins the lines of one command that goes on over several lines (`\`, a quote, a here-document).

What always holds: a line typed at the prompt that the command began at begins a new command, so
that a command which was given up (Ctrl-C) hides nothing behind it; but both prompts may be the same
(`PS2=$PS1`), so that as the rest of the one before it can be judged more strictly. Whoever judges
the whole judges the line alone as well. What it does not do: know shells; whether a command goes on
says the parser.
"""

from dataclasses import replace

from bastion.relay.line import Line

# A second prompt need not look like one, so on a full screen too.
_SHELL_LIKE = frozenset({"shell", "in-program", "full-screen"})


class Statement:
    """The command that is being typed in one session."""

    def __init__(self) -> None:
        self._begun = self._prompt = ""
        self._is_let = False

    def whole(self, line: Line) -> Line:
        """The command so far with *line*; *line* itself where it begins one."""
        if line.is_exact:
            self._begun = ""  # the shell tells it whole
            return line
        if self._begun and line.prompt != self._prompt and line.where in _SHELL_LIKE:
            text, others = f"{self._begun}\n{line.text}", (line.text, *line.others)
            return replace(line, text=text, others=others, where="shell")
        if self._begun and self._is_let and line.where == "shell":
            line = replace(line, others=(*line.others, f"{self._begun}\n{line.text}"))
        self._begun, self._prompt = "", line.prompt
        return line

    def keep(self, whole: Line, *, is_unfinished: bool, is_let: bool) -> None:
        """Remember *whole* where the shell will ask for more of it, if it *is_let* have it."""
        self._begun, self._is_let = whole.text if is_unfinished else "", is_let
