"""Every issuer whose ID tokens are accepted, at once: people's, and those of jobs.

    trust = Trust([provider, *further], rules=config.workload, jobs={issuer: provider})
    verified = await trust.accept(token)

What always holds: what a token says before its signature was checked decides only who checks it;
a name that begins with another issuer's is refused. What it does not do: check a token itself
(`bastion.oidc.id_token`).
"""

from collections.abc import Mapping, Sequence

import jwt

from bastion.config.issuers import Issuer, Workload
from bastion.errors import TokenError
from bastion.oidc.id_token import MAX_TOKEN_CHARS, VerifiedToken, verify, verify_job
from bastion.oidc.provider import Provider


class Trust:
    """The issuers of one bastion; the first of *people* signs in to the web pages.

    Names that are *taken* belong to others still: the people of outside CAs.
    """

    def __init__(
        self,
        people: Sequence[Provider],
        *,
        rules: Sequence[Workload] = (),
        taken: Sequence[str] = (),
        jobs: Mapping[str, Provider] | None = None,
    ) -> None:
        self._people, self._rules, self._jobs = tuple(people), tuple(rules), dict(jobs or {})
        self._taken = tuple(taken)

    @property
    def first(self) -> Provider:
        """The provider of the bastion's own people."""
        return self._people[0]

    @property
    def people(self) -> tuple[Provider, ...]:
        """Every provider that people sign in at."""
        return self._people

    def reserved(self, provider: Provider) -> frozenset[str]:
        """The names that the people of *provider* may not begin with."""
        others = (other.settings.name for other in self._people if other is not provider)
        return frozenset(
            filter(None, (*others, *self._taken, *(rule.name for rule in self._rules)))
        )

    async def accept(self, token: str, *, access_token: str = "") -> VerifiedToken:
        """Whom *token* vouches for; TokenError where no issuer of ours does."""
        issuer, audiences = _claimed(token)
        for provider in self._people:
            settings = provider.settings
            is_job = issuer in self._jobs and settings.client_id not in audiences
            if settings.issuer == issuer and not is_job:
                reserved = self.reserved(provider)
                return await verify(provider, token, access_token=access_token, reserved=reserved)
        if issuer not in self._jobs:
            raise TokenError("the ID token was issued by another identity provider")
        return await verify_job(self._jobs[issuer], token, self._rules)


def settings_for(rule: Workload) -> Issuer:
    """The settings of the provider that checks the tokens of *rule*'s issuer."""
    return Issuer(
        name=rule.name,
        issuer=rule.issuer,
        client_id=rule.audience,
        keys_seconds=rule.keys_seconds,
        ca_file=rule.ca_file,
    )


def _claimed(token: str) -> tuple[str, list[object]]:
    """Issuer and audiences that *token* claims; nothing of it is proven."""
    if len(token) > MAX_TOKEN_CHARS:
        raise TokenError("the ID token is too long")
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError) as wrong:
        raise TokenError("the ID token cannot be read") from wrong
    issuer, told = claims.get("iss"), claims.get("aud")
    if not isinstance(issuer, str):
        raise TokenError("the ID token was issued by another identity provider")
    return issuer, told if isinstance(told, list) else [told]
