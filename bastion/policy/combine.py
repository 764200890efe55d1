"""Combines the access rules that apply: docs/rules.md has the table, row by row.

What always holds: deny beats grant; kinds of channels that grants open add up, and every
requirement narrows them; of all numbers, of grants and requirements alike, the strictest counts.
What it does not do: find out which rules apply (`bastion.policy.access` does).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bastion.authorization import Channel, Forward, Limits, Permit
from bastion.files import NOWHERE, Places
from bastion.policy.approval import approvals
from bastion.policy.asker import Asker
from bastion.policy.grant import Deny, Grant, Require
from bastion.policy.paths import places
from bastion.verdict import Profile, strictest_profile

_FILES = frozenset({Channel.SFTP_READ, Channel.SFTP_WRITE})


@dataclass(frozen=True)
class Terms:
    """What the rules that apply come to.

    Attributes:
        channels: never empty.
        forwards: empty without the channel `forward`.
        listens: empty without the channel `forward-remote`.
        permits: the approvals that count.
        files: where the channels for files may read and write.
        profile: the strictest.
    """

    channels: frozenset[Channel]
    forwards: tuple[Forward, ...]
    limits: Limits
    listens: tuple[Forward, ...] = ()
    permits: tuple[Permit, ...] = ()
    files: Places = NOWHERE
    profile: Profile = Profile.GUARDRAIL


def combine(
    grants: Sequence[Grant], denies: Sequence[Deny], requirements: Sequence[Require], asker: Asker
) -> Terms | None:
    """What rules that all apply to *asker* come to; None where they open nothing."""
    if any(not deny.channels for deny in denies):
        return None
    channels = frozenset().union(*[grant.channels for grant in grants])
    channels -= {channel for deny in denies for channel in deny.channels}
    for requirement in requirements:
        if requirement.channels:
            channels &= frozenset(requirement.channels)
    if not channels:
        return None
    rules: list[Grant | Require] = [*grants, *requirements]
    approved = approvals(rules, asker)
    forwards = {forward: None for grant in grants for forward in grant.forward}
    listens = {listen: None for grant in grants for listen in grant.listen}
    return Terms(
        channels=channels,
        forwards=tuple(forwards) if Channel.FORWARD in channels else (),
        listens=tuple(listens) if Channel.FORWARD_REMOTE in channels else (),
        limits=_limits(rules, asker.now, [end for _, end in approved]),
        permits=tuple(dict.fromkeys(permit for permit, _ in approved)),
        files=NOWHERE
        if channels.isdisjoint(_FILES)
        else places(grants, requirements, channels, asker),
        profile=strictest_profile(rule.profile for rule in rules if rule.profile),
    )


def _limits(rules: list[Grant | Require], now: float, approved: list[float]) -> Limits:
    ends = [rule.open_until(now) or now for rule in rules if rule.windows]
    until = min(ends, default=math.inf)
    return Limits(
        session_seconds=min(
            [n for r in rules if (n := r.session_seconds) is not None], default=None
        ),
        idle_seconds=min([n for r in rules if (n := r.idle_seconds) is not None], default=None),
        sessions=min([n for r in rules if (n := r.sessions) is not None], default=None),
        until=None if math.isinf(until) else until,
        approved_until=min(approved, default=None),
    )
