"""Logins of a grant: an exact name, or one that is made from what is known of the person.

    ubuntu              that account
    {account}           the account of the certificate
    dev-{claims.team}   made from a further claim

What always holds: a template that lacks a value, or would make a name with other characters than
accounts have, makes none. No template makes the name of a privileged account: who chooses their
name at the identity provider must not choose `root` on a host. What it does not do: ask whether the
account exists.
"""

import re

from bastion.policy.asker import Asker

_FIELD = re.compile(r"\{(?:(account)|claims\.([^{}]+))\}")
_EXACT = re.compile(r"[^\s{}\x00-\x1f\x7f]+")
_VALUE = re.compile(r"[A-Za-z0-9_.-]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
PRIVILEGED = frozenset({"root", "toor", "administrator", "system"})
"""Names that no template makes, in any case; a grant may name them as they are."""


def check_template(template: str) -> str:
    """*template*, unchanged; raises ValueError where it is neither a name nor a template."""
    if not _EXACT.fullmatch(_FIELD.sub("x", template)):
        raise ValueError(
            f"{template!r} is no login: write a name, or use {{account}} and {{claims.NAME}} in it"
        )
    return template


def login_of(template: str, asker: Asker) -> str | None:
    """The login that *template* means for *asker*; None where it means none."""
    if "{" not in template:
        return template
    values = [_value(match, asker) for match in _FIELD.finditer(template)]
    if not all(_VALUE.fullmatch(value) for value in values):
        return None
    name = _FIELD.sub(lambda match: _value(match, asker), template)
    if not _NAME.fullmatch(name) or name.lower() in PRIVILEGED:
        return None
    return name


def _value(match: re.Match[str], asker: Asker) -> str:
    return asker.account if match[1] else asker.evidence.claims.get(match[2], "")
