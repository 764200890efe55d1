"""`[manners]`: what people are told when they come, and what their sessions are told of them.

What always holds: texts hold no control characters but line ends. What it does not do: show them.
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from bastion.config.section import Section
from bastion.printable import printable

_MAX_CHARS = 4000


def _plain(text: str) -> str:
    if any(line != printable(line) for line in text.split("\n")):
        raise ValueError("must be plain text: line ends, and no other control characters")
    return text


Text = Annotated[str, Field(max_length=_MAX_CHARS), AfterValidator(_plain)]


class Manners(Section):
    """`[manners]`: what people are told; docs/ways.md."""

    banner: Text = ""
    """Shown to everybody before the login, as the law may ask for; none where empty."""
    motd: Text = ""
    """Shown after the login on a terminal that a shell is opened on, never to a command."""
    tell_host: bool = True
    """Whether hosts are sent `BASTION_USER` and `BASTION_SESSION`; their sshd has to accept them
    (`AcceptEnv BASTION_*`)."""
