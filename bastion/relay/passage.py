"""What the maker of a strait is told of a session that is about to open.

What always holds: a frozen value; the authorization is that of the moment of the question. What it
does not do: anything.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bastion.authorization import Authorization
from bastion.command.reading import Reading
from bastion.relay.checkpoint import Checkpoint
from bastion.relay.journal import Journal
from bastion.relay.wire import Asked


@dataclass(frozen=True)
class Passage:
    """A session before its host is dialed.

    Attributes:
        asked: what it is to run.
        reading: the command as it was read and judged; None where it runs none.
        authorization: what opened it, or lets it go on.
        show: shows a notice in it.
        fail: ends it by an error.
    """

    asked: Asked
    reading: Reading | None
    journal: Journal
    checkpoint: Checkpoint
    authorization: Callable[[], Authorization]
    show: Callable[[bytes], None]
    fail: Callable[[Exception], None]
