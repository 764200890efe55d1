"""A line that somebody wants to run: as a shell told it, as a host's screen showed it, or as sent.

What always holds: `text` is what is recorded, `others` can only make the judgement stricter. What
it does not do: read screens, or judge.
"""

from dataclasses import dataclass

FULL_SCREEN = "full-screen"
"""Where a line was typed into a program that fills the screen."""
SHELL, SCREEN, STEP = "shell", "screen", "step"
"""Who read a line: the shell that is about to run it, the screen, or the shell within a line."""


@dataclass(frozen=True)
class Line:
    """What is about to be accepted.

    Attributes:
        text: the reading that is recorded; empty where nothing was echoed.
        others: other readings; they may make the judgement stricter.
        where: `exec`, `shell`, `in-program`, `full-screen` or `no-echo`.
        prompt: what stands left of the line.
        source: who read it: `exec` (sent as one command), `shell` or `step` (the shell itself told
            the exact line, or a command that it comes to in one), or `screen`.
        reason: why it is opaque whatever it says; empty where it is not.
        directory: where it would run, as far as the shell told.
        meant: the text in a grammar that is read here, where the shell has one of its own: what is
            judged, and of the text itself what rules say.
    """

    text: str
    others: tuple[str, ...]
    where: str
    prompt: str = ""
    source: str = SCREEN
    reason: str = ""
    directory: str = ""
    meant: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to judge."""
        return not self.text.strip() and not any(other.strip() for other in self.others)

    @property
    def is_exact(self) -> bool:
        """Whether the shell itself told it, whole and as it would run."""
        return self.source in {SHELL, STEP}


def sent(command: str) -> Line:
    """*command* as it was sent, to be run without a shell's prompt."""
    return Line(command, (), "exec", source="exec")
