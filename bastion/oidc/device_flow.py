"""Sign-in on another screen: the device authorization grant (RFC 8628), for `bastion login`.

What always holds: the provider is never asked faster than it wants, nor after the code expired;
an answer that did not come slows us down and does not end the sign-in; what is shown to a person
is free of hidden characters. What it does not do: show anything, or check the token.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bastion.clock import Clock
from bastion.errors import TokenError
from bastion.oidc.fetch import Answer, is_transport_failure, post_form
from bastion.oidc.metadata import is_safe_url
from bastion.oidc.provider import Provider
from bastion.oidc.tokens import Tokens
from bastion.printable import printable

GRANT = "urn:ietf:params:oauth:grant-type:device_code"

_DEFAULT_INTERVAL = 5
_SLOWER_SECONDS = 5  # RFC 8628, 3.5: what slow_down adds
_MAX_INTERVAL = 60
_MAX_LIFE_SECONDS = 3600
_MAX_USER_CODE_CHARS = 64


@dataclass(frozen=True)
class DeviceCode:
    """A sign-in that waits for a person.

    Attributes:
        verification_uri: the page to open.
        verification_uri_complete: the same with the code in it; empty where the provider has none.
        user_code: what the person types there.
        device_code: the secret we ask with.
        interval: seconds between two questions, at least.
        expires_at: Unix time.
    """

    verification_uri: str
    verification_uri_complete: str
    user_code: str
    device_code: str = field(repr=False)
    interval: int
    expires_at: float


class DeviceFlow:
    """The device flow with one provider."""

    def __init__(
        self,
        provider: Provider,
        clock: Clock,
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._provider = provider
        self._clock = clock
        self._wait = wait

    async def start(self) -> DeviceCode:
        """Ask for a code; TokenError where the provider has no device flow or gives none."""
        settings, metadata = self._provider.settings, await self._provider.metadata()
        if not metadata.device_authorization_endpoint:
            raise TokenError("the identity provider has no device flow; use a browser instead")
        answer = await post_form(
            self._provider.http,
            metadata.device_authorization_endpoint,
            {"client_id": settings.client_id, "scope": " ".join(settings.scopes)},
        )
        if not answer.text("device_code"):
            raise TokenError(f"the identity provider gave no code: {answer.complaint()}")
        return _read_code(answer, settings.issuer, self._clock.now())

    async def poll(self, code: DeviceCode) -> Tokens:
        """Wait until the person decided: the raw tokens; TokenError on denied or expired."""
        interval = code.interval
        while True:
            await self._wait(float(interval))
            if self._clock.now() >= code.expires_at:
                raise TokenError("nobody signed in before the code expired; start again")
            try:
                answer = await self._ask(code)
            except TokenError as failed:
                if not is_transport_failure(failed):
                    raise
                interval = min(interval * 2, _MAX_INTERVAL)  # RFC 8628, 3.5
                continue
            if answer.text("id_token"):
                return Tokens.read(answer)
            interval = _next_interval(answer, interval)

    async def _ask(self, code: DeviceCode) -> Answer:
        metadata = await self._provider.metadata()
        fields = {
            "grant_type": GRANT,
            "device_code": code.device_code,
            "client_id": self._provider.settings.client_id,
        }
        return await post_form(self._provider.http, metadata.token_endpoint, fields)


def _next_interval(answer: Answer, interval: int) -> int:
    """How long to wait before asking again; TokenError where asking again is useless."""
    match answer.text("error"):
        case "authorization_pending":
            return interval
        case "slow_down":
            return min(interval + _SLOWER_SECONDS, _MAX_INTERVAL)
        case "access_denied":
            raise TokenError("the sign-in was denied")
        case "expired_token":
            raise TokenError("nobody signed in before the code expired; start again")
        case _:
            raise TokenError(f"the identity provider refused the sign-in: {answer.complaint()}")


def _read_code(answer: Answer, issuer: str, now: float) -> DeviceCode:
    shown, complete = answer.text("verification_uri"), answer.text("verification_uri_complete")
    user_code = answer.text("user_code")
    if not is_safe_url(shown, issuer) or (complete and not is_safe_url(complete, issuer)):
        raise TokenError("the identity provider's sign-in page is not an https address")
    if not user_code or printable(user_code, _MAX_USER_CODE_CHARS) != user_code:
        raise TokenError("the identity provider's code cannot be shown")
    life = _whole(answer.body.get("expires_in"), 0, _MAX_LIFE_SECONDS)
    if life <= 0:
        raise TokenError("the identity provider's code has no life")
    return DeviceCode(
        verification_uri=shown,
        verification_uri_complete=complete,
        user_code=user_code,
        device_code=answer.text("device_code"),
        interval=max(1, _whole(answer.body.get("interval"), _DEFAULT_INTERVAL, _MAX_INTERVAL)),
        expires_at=now + life,
    )


def _whole(value: object, default: int, largest: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    return int(min(value, largest))
