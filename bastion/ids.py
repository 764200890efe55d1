"""Identifiers of sessions, commands and requests: ULIDs in lower case.

What always holds: identifiers made later sort later (to the millisecond), hold 80 random bits and
fit file names, URLs and shells. What it does not do: make secrets; knowing an identifier opens
nothing.
"""

from ulid import ULID

from bastion.clock import Clock


def new_id(clock: Clock) -> str:
    """A new identifier, 26 characters."""
    return str(ULID.from_timestamp(clock.now())).lower()
