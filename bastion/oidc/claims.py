"""Reads single claims of a token: each has one shape, and every other is refused.

What always holds: a text that goes on into certificates, logs and pages is free of hidden
characters and short; a number is finite; an optional claim is absent or right, never half right.
What it does not do: check signatures, or know what a claim is worth.
"""

import math
from collections.abc import Mapping
from typing import Any

from bastion.config.issuers import Issuer
from bastion.errors import TokenError
from bastion.identity import Evidence
from bastion.printable import printable

MAX_NAME_CHARS = 128
MAX_SUBJECT_CHARS = 255
MAX_GROUPS = 500
MAX_VALUE_CHARS = 255
_MAX_METHODS = 20

Claims = Mapping[str, Any]


def read_name(kind: str, value: object, limit: int = MAX_NAME_CHARS) -> str:
    """A *value* fit for a certificate: a comma would become two names in its lists."""
    if not isinstance(value, str) or not value.strip():
        raise TokenError(f"the ID token has no usable {kind}")
    if len(value) > limit or printable(value) != value or ("," in value and kind != "subject"):
        raise TokenError(f"the {kind} {printable(value, 60)!r} in the ID token cannot be used")
    return value


def read_groups(told: object) -> frozenset[str]:
    """The groups claim: a list, one group as a string, or absent."""
    listed = [told] if isinstance(told, str) and told else told or []
    if not isinstance(listed, list):
        raise TokenError("the groups in the ID token cannot be read")
    if len(listed) > MAX_GROUPS:
        raise TokenError(f"the ID token lists more than {MAX_GROUPS} groups")
    return frozenset(read_name("group", group) for group in listed)


def read_seconds(claims: Claims, name: str) -> int:
    """The time in the claim *name*: a whole number, or one with a fraction."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TokenError(f"the ID token has no usable {name} claim")
    return int(value)


def read_value(claims: Claims, name: str) -> str | None:
    """The claim *name* as a text, where it is a text, a whole number, true or false."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value) if isinstance(value, int | str) else None
    if text is None or len(text) > MAX_VALUE_CHARS or printable(text) != text:
        raise TokenError(f"the ID token's claim {name} cannot be used")
    return text


def read_evidence(claims: Claims, settings: Issuer, now: float) -> Evidence:
    """How the provider made sure; a sign-in in the future is refused, or it would never age."""
    authenticated_at = read_seconds(claims, "auth_time") if claims.get("auth_time") else 0
    if authenticated_at < 0 or authenticated_at > now + settings.clock_skew_seconds:
        raise TokenError("the ID token has no usable auth_time claim")
    told = claims.get("amr") or []
    methods = [told] if isinstance(told, str) else told
    if not isinstance(methods, list) or len(methods) > _MAX_METHODS:
        raise TokenError("the ID token has no usable amr claim")
    further = {name: read_value(claims, name) for name in settings.claims}
    return Evidence(
        authenticated_at=authenticated_at,
        acr=read_value(claims, "acr") or "",
        amr=frozenset(read_name("amr", method) for method in methods),
        claims={name: value for name, value in further.items() if value is not None},
    )
