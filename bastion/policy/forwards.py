"""Where forwarded connections may lead, and where a host may listen for them.

Rules and requests are compared in the one spelling of `bastion.policy.endpoint`; docs/forwarding.md
says what covers what.

What always holds: a glob covers no link-local address (clouds answer there with credentials), which
only a rule that names it does; a glob of numbers covers no name, which anybody could register; a
socket's `*` stops at `/`. What it does not do: connect, or know what answers.
"""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from bastion.authorization import Authorization, Channel, Forward
from bastion.policy.authorize import may_open
from bastion.policy.endpoint import Endpoint, spelled
from bastion.policy.inventory import Inventory
from bastion.printable import printable
from bastion.refusal import Code, Refusal
from bastion.target import Target

SSH_PORT = 22
_OF_NUMBERS = re.compile(r"[^a-z]*\d[^a-z]*")
_MAX_SHOWN = 128


def may_connect(authorization: Authorization, endpoint: Endpoint) -> Refusal | None:
    """A refusal where *authorization* does not let a connection lead to *endpoint*."""
    return _may(authorization, Channel.FORWARD, authorization.forwards, endpoint)


def may_listen(authorization: Authorization, endpoint: Endpoint) -> Refusal | None:
    """A refusal where *authorization* does not let the host listen at *endpoint*."""
    return _may(authorization, Channel.FORWARD_REMOTE, authorization.listens, endpoint)


def is_named(authorization: Authorization, endpoint: Endpoint) -> bool:
    """Whether a rule names exactly *endpoint*, host and port, without a glob."""
    return Forward(endpoint.host, endpoint.port) in authorization.forwards


def ssh_host(inventory: Inventory, endpoint: Endpoint, here: Target | None) -> Target | None:
    """The host of the inventory whose SSH port *endpoint* is, by name or by address.

    Seen from the host *here*, its own loopback is itself; None where nothing is `here`.
    """
    if endpoint.path:
        return None
    named = inventory.find(endpoint.host)
    if named is not None and endpoint.port in (SSH_PORT, named.port):
        return named
    if here is not None and endpoint.port in (SSH_PORT, here.port) and endpoint.is_loopback:
        return here
    for target in inventory:
        if (spelled(target.address), target.port) == (endpoint.host, endpoint.port):
            return target
    return None


def is_ssh_port(inventory: Inventory, endpoint: Endpoint) -> bool:
    """Whether some host of the inventory has its SSH at that port number."""
    return any(target.port == endpoint.port for target in inventory)


def _may(
    authorization: Authorization, kind: Channel, rules: Iterable[Forward], endpoint: Endpoint
) -> Refusal | None:
    if refusal := may_open(authorization, kind):
        return refusal
    if any(_covers(rule, endpoint) for rule in rules):
        return None
    return Refusal(Code.FORWARD_REFUSED, printable(str(endpoint), _MAX_SHOWN))


def _covers(rule: Forward, endpoint: Endpoint) -> bool:
    if rule.path or endpoint.path:
        is_both = bool(rule.path and endpoint.path)
        return is_both and PurePosixPath(endpoint.path).match(rule.path)
    if rule.port not in (None, endpoint.port):
        return False
    if rule.host == endpoint.host:
        return True
    if not fnmatchcase(endpoint.host, rule.host) or endpoint.is_metadata:
        return False
    # `10.*` means addresses, and 10.evil.example is a name.
    return endpoint.is_address or not _OF_NUMBERS.fullmatch(rule.host)
