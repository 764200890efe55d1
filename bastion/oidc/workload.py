"""Which workload rule a job's token meets.

A pattern's `*` and `?` stop at `/` and `:`, because those separate the parts of the names that
CI services give (`repo:acme/infra:ref:refs/heads/main`), and a part that somebody else chooses must
not reach over into the next; `**` stops nowhere.

What always holds: every claim that the rule names is there and matches as a whole; the first rule
that matches counts. What it does not do: check the token.
"""

import re
from collections.abc import Sequence

from bastion.config.issuers import Workload
from bastion.oidc.claims import Claims, read_value

_WILD = re.compile(r"(\*\*|\*|\?)")
_MEANING = {"**": ".*", "*": "[^/:]*", "?": "[^/:]"}


def matching(rules: Sequence[Workload], claims: Claims) -> Workload | None:
    """The first of *rules* that a token with these *claims* meets."""
    return next((rule for rule in rules if is_met(rule, claims)), None)


def is_met(rule: Workload, claims: Claims) -> bool:
    """Whether issuer, audience and every claim are what *rule* wants."""
    if claims.get("iss") != rule.issuer or claims.get("aud") not in (
        rule.audience,
        [rule.audience],  # and no other: whoever else it is meant for could bring it here
    ):
        return False
    return all(_is_like(read_value(claims, name), like) for name, like in rule.claims.items())


def _is_like(value: str | None, pattern: str) -> bool:
    parts = (_MEANING.get(part, re.escape(part)) for part in _WILD.split(pattern))
    return value is not None and re.fullmatch("".join(parts), value, re.DOTALL) is not None
