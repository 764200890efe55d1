"""The rules of access.toml: a grant opens, a deny closes, a requirement narrows.

What always holds: a rule applies when every key that it has is met (`miss` is empty); a deny that
cannot tell where somebody comes from applies. What it does not do: combine several rules;
`bastion.policy.combine` does.
"""

from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from bastion.authorization import Channel, Forward
from bastion.policy.approval import Approved
from bastion.policy.asker import Asker
from bastion.policy.conditions import Assurance, Bounds, Circumstances, Text, Where, Who
from bastion.policy.endpoint import read_place
from bastion.policy.login_template import check_template, login_of
from bastion.policy.paths import Reach
from bastion.target import Login, Target

Place = Annotated[Forward, BeforeValidator(read_place)]


class _Rule(Who, Where):
    """What every rule has."""

    id: str = Field(min_length=1)
    """Names the rule in the log."""

    def _misses_person_and_host(self, asker: Asker, target: Target) -> str:
        return self.misses_who(asker) or self.misses_where(target)


class Grant(_Rule, Circumstances, Assurance, Bounds, Approved, Reach):
    """One `[[grant]]` of access.toml: opens hosts."""

    logins: tuple[Annotated[str, AfterValidator(check_template)], ...] = Field(min_length=1)
    """Accounts on the host; `{account}` and `{claims.NAME}` stand for what the login said."""
    channels: tuple[Channel, ...] = Field((Channel.SHELL, Channel.EXEC), min_length=1)
    """Kinds of channels."""
    forward: tuple[Place, ...] = Field((), min_length=1)
    """Where the channel `forward` may lead, as `host:port` (globs, `*` for any port) or
    `unix:/path`."""
    listen: tuple[Place, ...] = Field((), min_length=1)
    """Where the host may listen for the channel `forward-remote`, written in the same way."""

    @model_validator(mode="after")
    def _is_for_somebody(self) -> "Grant":
        if not (self.groups or self.subjects or self.claims):
            raise ValueError("needs groups, subjects or claims: no grant is for everybody")
        if bool(self.forward) != (Channel.FORWARD in self.channels):
            raise ValueError('the channel "forward" and the key forward belong together')
        if bool(self.listen) != (Channel.FORWARD_REMOTE in self.channels):
            raise ValueError('the channel "forward-remote" and the key listen belong together')
        for key, channel in (("read", Channel.SFTP_READ), ("write", Channel.SFTP_WRITE)):
            if getattr(self, key) and channel not in self.channels:
                raise ValueError(f'the key {key} needs the channel "{channel}"')
        return self

    def miss(self, asker: Asker, target: Target, login: Login | None) -> str:
        """The first key that is not met; empty where the grant applies. None is any login."""
        return (
            self._misses_person_and_host(asker, target)
            or self._misses_login(asker, login)
            or self.misses_circumstances(asker)
            or self.misses_assurance(asker)
            or self.misses_approval(asker)
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


class Require(_Narrowing, Assurance, Bounds, Approved, Reach):
    """One `[[require]]` of access.toml: what hosts demand, whichever grant opens them."""

    @model_validator(mode="after")
    def _demands_something(self) -> "Require":
        keys = Circumstances.model_fields | Assurance.model_fields | Bounds.model_fields
        if not self.model_fields_set & (keys.keys() | {"channels", "approval", "read", "write"}):
            raise ValueError("demands nothing")
        return self

    def miss(self, asker: Asker, target: Target, login: Login | None) -> str:
        """The first selecting key that is not met; empty where the requirement applies."""
        return self._misses_selection(asker, target, login)

    def unmet(self, asker: Asker) -> str:
        """The first demand that *asker* does not meet; empty where all are met."""
        return (
            self.misses_circumstances(asker)
            or self.misses_assurance(asker)
            or self.misses_approval(asker)
        )
