"""The one place that lets a person through to a host, and proves it with an Authorization.

What always holds: an `Authorization` is made here only; the dialer of `bastion.upstream` demands
one. A missing and a forbidden host give the same refusal. What it does not do: judge commands.
"""

from bastion.authorization import Authorization, Channel
from bastion.identity import Identity
from bastion.policy.access import AccessRules
from bastion.policy.inventory import Inventory
from bastion.refusal import Code, Refusal
from bastion.target import Login, Target


def authorize(
    access: AccessRules, inventory: Inventory, identity: Identity, name: str, login: Login
) -> Authorization | Refusal:
    """Whether *identity* may reach the host called *name* as *login*, and how."""
    target = inventory.find(name)
    if target is None:
        return Refusal(Code.ACCESS_DENIED, cause="no such host")
    grants = access.for_login(identity.groups, target, login)
    if not grants:
        return Refusal(Code.ACCESS_DENIED, cause="no grant covers it")
    channels = frozenset(channel for grant in grants for channel in grant.channels)
    return Authorization(identity, target, login, channels, tuple(g.id for g in grants))


def may_open(authorization: Authorization, channel: Channel) -> Refusal | None:
    """A refusal where *authorization* does not cover *channel*."""
    if channel in authorization.channels:
        return None
    return Refusal(Code.CHANNEL_REFUSED, detail=str(channel))


def may_reach(
    access: AccessRules, inventory: Inventory, identity: Identity, name: str
) -> Target | Refusal:
    """The host called *name*, if any grant lets *identity* reach it as anybody at all."""
    target = inventory.find(name)
    if target is None:
        return Refusal(Code.ACCESS_DENIED, cause="no such host")
    if not any(g.reaches(identity.groups, target) for g in access.grants):
        return Refusal(Code.ACCESS_DENIED, cause="no grant covers it")
    return target
