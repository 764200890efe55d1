"""The states of a request, as a table.

    pending ── approved ── used        a command, released exactly once
       │          │ └───── lapsed      approved, but the session had gone
       │          └─────── revoked     access, ended before its time was over
       ├── denied
       ├── expired                     nobody decided in time
       └── cancelled                   the requester took it back, or their session ended

An approved access stays in that state: it is open from the decision on, for as long as was asked
for, and that is over without a move.

What always holds: what is not in the table does not happen; the store moves a request only from the
state that it was seen in. What it does not do: say who may move it.
"""

from collections.abc import Mapping
from types import MappingProxyType

PENDING, APPROVED, USED, LAPSED = "pending", "approved", "used", "lapsed"
DENIED, EXPIRED, CANCELLED = "denied", "expired", "cancelled"
REVOKED = "revoked"
SESSION_ENDED = "the session ended while it waited"
"""The reason of a request that was cancelled so."""

MOVES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        PENDING: frozenset({APPROVED, DENIED, EXPIRED, CANCELLED}),
        APPROVED: frozenset({USED, LAPSED, REVOKED}),
        REVOKED: frozenset(),
        USED: frozenset(),
        LAPSED: frozenset(),
        DENIED: frozenset(),
        EXPIRED: frozenset(),
        CANCELLED: frozenset(),
    }
)


def may_move(source: str, to: str) -> bool:
    """Whether a request in state *source* may come into state *to*."""
    return to in MOVES.get(source, frozenset())
