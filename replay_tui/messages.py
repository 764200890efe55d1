"""What the viewer's widgets tell the screen they are on."""

from dataclasses import dataclass

from textual.message import Message


@dataclass
class Sought(Message):
    """Somebody picked a moment, in seconds since the session began."""

    at: float
