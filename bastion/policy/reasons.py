"""Says in words why a rule of access.toml does not apply, or a demand of it is not met.

What always holds: a sentence names what the rule asks for and what there is instead. What it does
not do: decide; it is told the key.
"""

from bastion.duration import span
from bastion.policy.asker import Asker
from bastion.policy.grant import Deny, Grant, Require
from bastion.target import Target

Rule = Grant | Deny | Require


def reason(rule: Rule, key: str, asker: Asker, target: Target) -> str:
    """Why the *key* of *rule* is not met."""
    return f"{key}: {_WORDS[key](rule, asker, target)}"


def _listed(values: object) -> str:
    found = [str(value) for value in values] if isinstance(values, list | tuple) else [str(values)]
    return ", ".join(found) or "none"


def _groups(rule: Rule, asker: Asker, _target: Target) -> str:
    return f"in none of {_listed(rule.groups)}; in {_listed(sorted(asker.groups))}"


def _subjects(rule: Rule, asker: Asker, _target: Target) -> str:
    return f"{asker.subject or 'nobody'} is none of {_listed(rule.subjects)}"


def _claims(rule: Rule, asker: Asker, _target: Target) -> str:
    asked = "; ".join(f"{name} = {_listed(values)}" for name, values in rule.claims.items())
    claims = asker.evidence.claims
    said = "; ".join(f"{name} = {claims[name]}" for name in rule.claims if name in claims)
    return f"asks for {asked}; the login says {said or 'nothing of it'}"


def _issuers(rule: Rule, asker: Asker, _target: Target) -> str:
    return f"{asker.issuer or 'no provider'} is none of {_listed(rule.issuers)}"


def _targets(rule: Rule, _asker: Asker, target: Target) -> str:
    return f"{target.name} is none of {_listed(rule.targets)}"


def _labels(rule: Rule, _asker: Asker, target: Target) -> str:
    lacking = rule.labels.items() - target.labels.items()
    asked = ", ".join(f"{name} = {value}" for name, value in sorted(lacking))
    return f"the host lacks {asked}"


def _logins(rule: Rule, asker: Asker, _target: Target) -> str:
    if not isinstance(rule, Grant):
        return f"is for {_listed(rule.logins)}"
    opened = rule.logins_of(asker)
    return f"opens {_listed(opened)}" + ("" if opened else f" by {_listed(rule.logins)}")


def _networks(rule: Rule, asker: Asker, _target: Target) -> str:
    return f"{asker.address or 'an unknown address'} is not in {_listed(rule.networks)}"


def _windows(rule: Rule, _asker: Asker, _target: Target) -> str:
    return f"not in {'; '.join(map(str, rule.windows))}"


def _login_age(rule: Rule, asker: Asker, _target: Target) -> str:
    asked = rule.login_age_seconds if not isinstance(rule, Deny) else None
    at = asker.evidence.authenticated_at
    age = f"{int(asker.fresh_at - at)} s ago" if at else "at a time that is not known"
    return f"signed in {age}; at most {asked} s are allowed"


def _acr(rule: Rule, asker: Asker, _target: Target) -> str:
    asked = () if isinstance(rule, Deny) else rule.acr
    return f"{asker.evidence.acr or 'nothing said'}; needs one of {_listed(asked)}"


def _amr(rule: Rule, asker: Asker, _target: Target) -> str:
    asked = () if isinstance(rule, Deny) else rule.amr
    return f"signed in by {_listed(sorted(asker.evidence.amr))}; needs one of {_listed(asked)}"


def _pinned(_rule: Rule, asker: Asker, _target: Target) -> str:
    return "the certificate is good from " + ("this address" if asker.is_pinned else "everywhere")


def _approval(rule: Rule, _asker: Asker, _target: Target) -> str:
    demand = None if isinstance(rule, Deny) else rule.approval
    if demand is None:
        return "none"
    approvers = _listed(demand.approvers)
    return f"opens after approval by {approvers}, for at most {span(demand.window_seconds)}"


_WORDS = {
    "groups": _groups,
    "subjects": _subjects,
    "claims": _claims,
    "issuers": _issuers,
    "targets": _targets,
    "labels": _labels,
    "logins": _logins,
    "networks": _networks,
    "windows": _windows,
    "login_age_seconds": _login_age,
    "acr": _acr,
    "amr": _amr,
    "approval": _approval,
    "pinned_address": _pinned,
}
