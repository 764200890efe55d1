"""The one place that lets a person through to a host, and proves it with an Authorization.

What always holds: an `Authorization` is made here only; the dialer of `bastion.upstream` demands
one. A missing and a forbidden host give the same refusal, and take the same way through the rules:
a missing one is judged as a host of that name without labels. What it does not do: judge commands.
"""

from dataclasses import replace

from bastion.authorization import Authorization, Channel
from bastion.identity import Identity
from bastion.policy.access import AccessRules, Decision
from bastion.policy.asker import Asker, asker_of
from bastion.policy.inventory import Inventory
from bastion.refusal import Code, Refusal
from bastion.target import Login, Target


def authorize(
    access: AccessRules,
    inventory: Inventory,
    identity: Identity,
    name: str,
    login: Login,
    *,
    now: float,
) -> Authorization | Refusal:
    """Whether *identity* may reach the host called *name* as *login* at *now*, and how."""
    target, decision = _judged(access, inventory, asker_of(identity, now), name, login)
    if target is None or decision.terms is None:
        return _refusal(decision, is_known=target is not None)
    terms = decision.terms
    return Authorization(
        identity,
        target,
        login,
        terms.channels,
        tuple(grant.id for grant in decision.grants),
        terms.limits,
        terms.forwards,
    )


def reauthorize(
    access: AccessRules,
    inventory: Inventory,
    authorization: Authorization,
    *,
    now: float,
    opened_at: float,
) -> Authorization | Refusal:
    """Whether what was opened at *opened_at* with *authorization* may go on at *now*, and how.

    The age of the login counts as it was then: a session does not end because its login grows old.
    It does not go on where its host's name has come to mean another address.
    """
    held = authorization
    asker = asker_of(held.identity, now, opened_at)
    target, decision = _judged(access, inventory, asker, held.target.name, held.login)
    if target is None or decision.terms is None:
        return _refusal(decision, is_known=target is not None)
    if (target.address, target.port) != (held.target.address, held.target.port):
        return Refusal(Code.ACCESS_DENIED, cause="the host has another address now")
    terms = decision.terms
    grants = tuple(grant.id for grant in decision.grants)
    return replace(
        held,
        target=target,
        channels=terms.channels,
        grants=grants,
        limits=terms.limits,
        forwards=terms.forwards,
    )


def may_open(authorization: Authorization, channel: Channel) -> Refusal | None:
    """A refusal where *authorization* does not cover *channel*."""
    if channel in authorization.channels:
        return None
    return Refusal(Code.CHANNEL_REFUSED, detail=str(channel))


def may_reach(
    access: AccessRules, inventory: Inventory, identity: Identity, name: str, *, now: float
) -> Target | Refusal:
    """The host called *name*, if the rules let *identity* reach it at *now* as anybody at all."""
    target, decision = _judged(access, inventory, asker_of(identity, now), name, None)
    if target is None or decision.terms is None:
        return _refusal(decision, is_known=target is not None)
    return target


def _judged(
    access: AccessRules, inventory: Inventory, asker: Asker, name: str, login: Login | None
) -> tuple[Target | None, Decision]:
    """The host, and what the rules say of it; of a missing one, what they say of such a name."""
    target = inventory.find(name)
    return target, access.decide(asker, target or Target(name.lower(), ""), login)


def _refusal(decision: Decision, *, is_known: bool) -> Refusal:
    code = Code.STEP_UP_NEEDED if decision.needs_login else Code.ACCESS_DENIED
    return Refusal(code, cause=decision.cause if is_known else "no such host")
