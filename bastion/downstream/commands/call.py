"""One call of a command of the bastion: who calls, with which words, and where the output goes.

What always holds: output is made printable, line by line. What it does not do: know any command.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bastion.approval.access import AccessDesk
from bastion.clock import Clock
from bastion.downstream.reception import Reception
from bastion.identity import Identity
from bastion.printable import printable
from bastion.refusal import Refusal

DONE, FAILED, UNKNOWN = 0, 1, 127


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        words: after the command's name, as a shell splits them.
        out: writes text to the client's stdout.
        err: writes text to the client's stderr.
    """

    identity: Identity
    words: tuple[str, ...]
    reception: Reception
    desk: AccessDesk
    clock: Clock
    out: Callable[[str], None]
    err: Callable[[str], None]

    def say(self, line: str) -> None:
        """One line of the answer."""
        self.out(printable(line) + "\n")

    def note(self, line: str) -> None:
        """One line beside the answer, for a person."""
        self.err(printable(line) + "\n")

    def say_json(self, tree: Any) -> None:
        """The answer for scripts."""
        self.out(json.dumps(tree, indent=2) + "\n")

    def refuse(self, refusal: Refusal) -> int:
        """Say why not; the exit code for it."""
        self.note(refusal.text())
        return FAILED
