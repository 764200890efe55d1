"""A line that somebody wants to run: as a host's screen showed it, or as one command was sent.

What always holds: `text` is what is recorded, `others` can only make the judgement stricter. What
it does not do: read screens, or judge.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """What is about to be accepted.

    Attributes:
        text: the reading that is recorded; empty where nothing was echoed.
        others: other readings; they may make the judgement stricter.
        where: `exec`, `shell`, `in-program`, `full-screen` or `no-echo`.
        prompt: what stands left of the line.
        source: who read it: `exec` (sent as one command) or `screen`.
    """

    text: str
    others: tuple[str, ...]
    where: str
    prompt: str = ""
    source: str = "screen"

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to judge."""
        return not self.text.strip() and not any(other.strip() for other in self.others)


def sent(command: str) -> Line:
    """*command* as it was sent, to be run without a shell's prompt."""
    return Line(command, (), "exec", source="exec")
