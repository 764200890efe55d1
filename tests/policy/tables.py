"""Access rules as the rows of a table write them."""

from bastion.policy.access import AccessRules
from bastion.policy.grant import Deny, Grant, Require


def access_of(rules):
    """All of *rules*, each a kind and its keys, for every target."""
    kinds = {"grant": Grant, "deny": Deny, "require": Require}
    made = {kind: [] for kind in kinds}
    for number, (kind, keys) in enumerate(rules):
        tree = {"id": f"{kind}-{number}", "targets": ["*"], **keys}
        made[kind].append(kinds[kind].model_validate(tree))
    return AccessRules(made["grant"], made["deny"], made["require"])
