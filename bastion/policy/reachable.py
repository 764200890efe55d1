"""What a person may reach on a host: as which accounts, and which of them need an approval first.

What always holds: it is asked of `authorize` and `ask_first` only, so that what is shown is what
opens. What it does not do: keep anything in the audit log; to look is not to try.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bastion.authorization import Authorization, Channel, Permit
from bastion.identity import Identity
from bastion.policy.access import AccessRules
from bastion.policy.authorize import ask_first, authorize, logins_of
from bastion.policy.inventory import Inventory
from bastion.target import Login, Target


@dataclass(frozen=True)
class Way:
    """One account on a host.

    Attributes:
        channels: what is open now; empty where all of it needs an approval first.
        needs_approval: what was asked about opens only after an approval.
    """

    login: Login
    channels: frozenset[Channel]
    needs_approval: bool


def ways(
    access: AccessRules,
    inventory: Inventory,
    identity: Identity,
    target: Target,
    *,
    now: float,
    permits: Iterable[Permit] = (),
    kind: Channel | None = None,
) -> tuple[Way, ...]:
    """The accounts on *target* that are open to *identity* for *kind* (or anything), or may be."""
    held = tuple(permits)
    found: list[Way] = []
    for login in logins_of(access, inventory, identity, target.name, now=now):
        place = (access, inventory, identity, target.name, login)
        answer = authorize(*place, now=now, permits=held)
        channels = answer.channels if isinstance(answer, Authorization) else frozenset[Channel]()
        is_open = bool(channels) if kind is None else kind in channels
        if is_open or ask_first(*place, now=now, permits=held, kind=kind):
            found.append(Way(login, channels, needs_approval=not is_open))
    return tuple(found)
