"""The one place that lets a person through to a host, and proves it with an Authorization.

What always holds: an `Authorization` is made here only; the dialer of `bastion.upstream` demands
one. A missing and a forbidden host give the same refusal, and take the same way through the rules:
a missing one is judged as a host of that name without labels. What it does not do: judge commands.
"""

from collections.abc import Iterable
from dataclasses import replace

from bastion.authorization import Ask, Authorization, Channel, Permit
from bastion.identity import Identity
from bastion.policy.access import AccessRules, Decision
from bastion.policy.asker import Asker, asker_of
from bastion.policy.asking import asking
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
    permits: Iterable[Permit] = (),
) -> Authorization | Refusal:
    """Whether *identity* may reach the host called *name* as *login* at *now*, and how.

    The *permits* are approvals of whomever, for whatever; those count that fit.
    """
    asker = asker_of(identity, now, permits=_fitting(permits, identity, name, login))
    target, decision = _judged(access, inventory, asker, name, login)
    if target is None or decision.terms is None:
        return _refusal(decision, asker, is_known=target is not None)
    terms = decision.terms
    return Authorization(
        identity,
        target,
        login,
        terms.channels,
        tuple(grant.id for grant in decision.grants),
        terms.limits,
        terms.forwards,
        terms.listens,
        permits=terms.permits,
        files=terms.files,
        profile=terms.profile,
    )


def ask_first(
    access: AccessRules,
    inventory: Inventory,
    identity: Identity,
    name: str,
    login: Login,
    *,
    now: float,
    permits: Iterable[Permit] = (),
    kind: Channel | None = None,
) -> Ask | None:
    """Which approval would open a channel of *kind* (or any) that does not open without.

    None where nothing would, and for a host that is not there.
    """
    asker = asker_of(identity, now, permits=_fitting(permits, identity, name, login))
    target, decision = _judged(access, inventory, asker, name, login)
    rule = asking(decision, asker, kind)
    if target is None or rule is None or rule.approval is None:
        return None
    demand = rule.approval
    return Ask(target, login, rule.id, demand.approvers, demand.window_seconds)


def reauthorize(
    access: AccessRules,
    inventory: Inventory,
    authorization: Authorization,
    *,
    now: float,
    opened_at: float,
    permits: Iterable[Permit] | None = None,
) -> Authorization | Refusal:
    """Whether what was opened at *opened_at* with *authorization* may go on at *now*, and how.

    The age of the login counts as it was then: a session does not end because its login grows old.
    It does not go on where its host's name has come to mean another address. Without *permits*
    those count that it was opened with.
    """
    held = authorization
    given = held.permits if permits is None else permits
    fitting = _fitting(given, held.identity, held.target.name, held.login)
    asker = asker_of(held.identity, now, opened_at, fitting)
    target, decision = _judged(access, inventory, asker, held.target.name, held.login)
    if target is None or decision.terms is None:
        return _refusal(decision, asker, is_known=target is not None)
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
        listens=terms.listens,
        permits=terms.permits,
        files=terms.files,
        profile=terms.profile,
    )


def may_open(authorization: Authorization, channel: Channel) -> Refusal | None:
    """A refusal where *authorization* does not cover *channel*."""
    if channel in authorization.channels:
        return None
    return Refusal(Code.CHANNEL_REFUSED, detail=str(channel))


def may_reach(
    access: AccessRules, inventory: Inventory, identity: Identity, name: str, *, now: float
) -> Target | Refusal:
    """The host called *name*, if the rules let *identity* reach it at *now* as anybody at all.

    Also where that needs an approval: it is asked for when the login is known.
    """
    asker = asker_of(identity, now)
    target, decision = _judged(access, inventory, asker, name, None)
    is_open = decision.terms is not None or asking(decision, asker, None) is not None
    if target is None or not is_open:
        return _refusal(decision, asker, is_known=target is not None)
    return target


def logins_of(
    access: AccessRules, inventory: Inventory, identity: Identity, name: str, *, now: float
) -> list[Login]:
    """The accounts that grants open to *identity* at the host called *name*, or might."""
    asker = asker_of(identity, now)
    _, decision = _judged(access, inventory, asker, name, None)
    grants = (*decision.grants, *decision.awaiting)
    return sorted({Login(login) for grant in grants for login in grant.logins_of(asker)})


def _judged(
    access: AccessRules, inventory: Inventory, asker: Asker, name: str, login: Login | None
) -> tuple[Target | None, Decision]:
    """The host, and what the rules say of it; of a missing one, what they say of such a name."""
    target = inventory.find(name)
    return target, access.decide(asker, target or Target(name.lower(), ""), login)


def _fitting(
    permits: Iterable[Permit], identity: Identity, name: str, login: Login
) -> tuple[Permit, ...]:
    """Those of *permits* that are this person's, for this host and login."""
    key = (identity.subject, name.lower(), login)
    return tuple(each for each in permits if (each.subject, each.target, each.login) == key)


def _refusal(decision: Decision, asker: Asker, *, is_known: bool) -> Refusal:
    code = Code.STEP_UP_NEEDED if decision.needs_login else Code.ACCESS_DENIED
    if is_known and asking(decision, asker, None) is not None:
        code = Code.APPROVAL_NEEDED
    if decision.needs_pinning:
        code = Code.PINNED_LOGIN_NEEDED
    return Refusal(code, cause=decision.cause if is_known else "no such host")
