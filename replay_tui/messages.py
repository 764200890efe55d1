"""What the viewer's widgets and threads tell the screen they are on.

What always holds: whatever comes out of a thread comes as a message, because a screen that is being
left handles none any more.
"""

from dataclasses import dataclass

from textual.message import Message

from bastion.recording.archive import Finding
from bastion.store.rows import Session


@dataclass
class Sought(Message):
    """Somebody picked a moment, in seconds since the session began."""

    at: float


@dataclass
class Proven(Message):
    """The chain of the recording of *session*, as it was then, was followed."""

    session: Session
    finding: Finding


@dataclass
class Grown(Message):
    """More of a recording was read; *is_all*: up to the end that its file had meanwhile."""

    is_all: bool
