"""Combines the access rules that apply: docs/rules.md has the table, row by row.

What always holds: deny beats grant; kinds of channels that grants open add up, and every
requirement narrows them; of all numbers, of grants and requirements alike, the strictest counts.
What it does not do: find out which rules apply (`bastion.policy.access` does).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bastion.authorization import Channel, Forward, Limits
from bastion.policy.grant import Deny, Grant, Require
from bastion.policy.window import open_until


@dataclass(frozen=True)
class Terms:
    """What the rules that apply come to.

    Attributes:
        channels: never empty.
        forwards: empty without the channel `forward`.
    """

    channels: frozenset[Channel]
    forwards: tuple[Forward, ...]
    limits: Limits


def combine(
    grants: Sequence[Grant], denies: Sequence[Deny], requirements: Sequence[Require], now: float
) -> Terms | None:
    """What rules that all apply at *now* come to; None where they open nothing."""
    if any(not deny.channels for deny in denies):
        return None
    channels = frozenset(channel for grant in grants for channel in grant.channels)
    channels -= {channel for deny in denies for channel in deny.channels}
    for requirement in requirements:
        if requirement.channels:
            channels &= frozenset(requirement.channels)
    if not channels:
        return None
    forwards = {forward: None for grant in grants for forward in grant.forward}
    return Terms(
        channels=channels,
        forwards=tuple(forwards) if Channel.FORWARD in channels else (),
        limits=_limits([*grants, *requirements], now),
    )


def _limits(rules: list[Grant | Require], now: float) -> Limits:
    ends = [open_until(rule.windows, now) or now for rule in rules if rule.windows]
    until = min(ends, default=math.inf)
    return Limits(
        session_seconds=_least([rule.session_seconds for rule in rules]),
        idle_seconds=_least([rule.idle_seconds for rule in rules]),
        sessions=_least([rule.sessions for rule in rules]),
        until=None if math.isinf(until) else until,
    )


def _least(numbers: list[int | None]) -> int | None:
    return min([number for number in numbers if number is not None], default=None)
