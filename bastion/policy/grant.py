"""The rules of access.toml: a grant opens, a deny closes, a requirement narrows.

What always holds: a rule applies when every key that it has is met (`miss` is empty); a deny that
cannot tell where somebody comes from applies. What it does not do: combine several rules;
`bastion.policy.combine` does.
"""

import re
from fnmatch import fnmatchcase
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from bastion.authorization import Channel, Forward
from bastion.policy.asker import Asker
from bastion.policy.conditions import Assurance, Bounds, Circumstances, Text, Where, Who
from bastion.policy.login_template import check_template, login_of
from bastion.target import Login, Target

_ENDPOINT = re.compile(
    r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s\[\]:/]+)):(?P<port>\d{1,5}|\*)"
)
_MAX_PORT = 65535


def _forward(text: Any) -> Any:
    found = _ENDPOINT.fullmatch(text) if isinstance(text, str) else None
    port = None if found is None or found["port"] == "*" else int(found["port"])
    if found is None or (port is not None and not 0 < port <= _MAX_PORT):
        raise ValueError(f'{text!r} is no host and port: use "127.0.0.1:8888" or "*.lan:*"')
    return Forward((found["v6"] or found["host"]).lower(), port)


class _Rule(Who, Where):
    """What every rule has."""

    id: str = Field(min_length=1)
    """Names the rule in the log."""

    def _misses_person_and_host(self, asker: Asker, target: Target) -> str:
        return self.misses_who(asker) or self.misses_where(target)


class Grant(_Rule, Circumstances, Assurance, Bounds):
    """One `[[grant]]` of access.toml: opens hosts."""

    logins: tuple[Annotated[str, AfterValidator(check_template)], ...] = Field(min_length=1)
    """Accounts on the host; `{account}` and `{claims.NAME}` stand for what the login said."""
    channels: tuple[Channel, ...] = Field((Channel.SHELL, Channel.EXEC), min_length=1)
    """Kinds of channels."""
    forward: tuple[Annotated[Forward, BeforeValidator(_forward)], ...] = Field((), min_length=1)
    """Where the channel `forward` may lead, as `host:port`; globs, `*` for any port."""

    @model_validator(mode="after")
    def _is_for_somebody(self) -> "Grant":
        if not (self.groups or self.subjects or self.claims):
            raise ValueError("needs groups, subjects or claims: no grant is for everybody")
        if bool(self.forward) != (Channel.FORWARD in self.channels):
            raise ValueError('the channel "forward" and the key forward belong together')
        return self

    def miss(self, asker: Asker, target: Target, login: Login | None) -> str:
        """The first key that is not met; empty where the grant applies. None is any login."""
        return (
            self._misses_person_and_host(asker, target)
            or self._misses_login(asker, login)
            or self.misses_circumstances(asker)
            or self.misses_assurance(asker)
        )

    def logins_of(self, asker: Asker) -> tuple[str, ...]:
        """The accounts that the grant opens to *asker*."""
        names = (login_of(template, asker) for template in self.logins)
        return tuple(name for name in names if name)

    def _misses_login(self, asker: Asker, login: Login | None) -> str:
        if login in self.logins and "{" not in login:
            return ""
        names = self.logins_of(asker)
        return "" if (names if login is None else login in names) else "logins"


class _Narrowing(_Rule, Circumstances):
    """What a deny and a requirement share."""

    logins: tuple[Text, ...] = Field((), min_length=1)
    """Only for these accounts on the host, or globs."""
    channels: tuple[Channel, ...] = Field((), min_length=1)
    """Kinds of channels."""

    def _misses_selection(self, asker: Asker, target: Target, login: Login | None) -> str:
        return self._misses_person_and_host(asker, target) or self._misses_login(login)

    def _misses_login(self, login: Login | None) -> str:
        """No login: the rule must be for every one."""
        if not self.logins:
            return ""
        is_met = login is not None and any(fnmatchcase(login, glob) for glob in self.logins)
        return "" if is_met else "logins"


class Deny(_Narrowing):
    """One `[[deny]]` of access.toml: closes hosts, or with `channels` only those kinds."""

    def miss(self, asker: Asker, target: Target, login: Login | None) -> str:
        """The first key that is not met; empty where the deny applies."""
        if missed := self._misses_selection(asker, target, login):
            return missed
        is_elsewhere = asker.address is not None and not self.holds_address(asker)
        if self.networks and is_elsewhere:
            return "networks"
        return "" if self.is_open(asker.now) else "windows"


class Require(_Narrowing, Assurance, Bounds):
    """One `[[require]]` of access.toml: what hosts demand, whichever grant opens them."""

    @model_validator(mode="after")
    def _demands_something(self) -> "Require":
        keys = Circumstances.model_fields | Assurance.model_fields | Bounds.model_fields
        if not self.model_fields_set & (keys.keys() | {"channels"}):
            raise ValueError("demands nothing")
        return self

    def miss(self, asker: Asker, target: Target, login: Login | None) -> str:
        """The first selecting key that is not met; empty where the requirement applies."""
        return self._misses_selection(asker, target, login)

    def unmet(self, asker: Asker) -> str:
        """The first demand that *asker* does not meet; empty where all are met."""
        return self.misses_circumstances(asker) or self.misses_assurance(asker)
