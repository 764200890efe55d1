"""The identity provider, asked as seldom as possible: its metadata and its keys, cached.

What always holds: metadata and keys are at most an hour old, or, while the provider is down, at
most `keys_seconds` (then nobody logs in); only silence counts as down, an answer that cannot be
used does not; a token by an unknown key makes us
fetch the keys again, but at most once in `REFETCH_SECONDS`, so that tokens made up by strangers do
not become requests to the provider; many callers at once make one request. What it does not do:
check a token (`bastion.oidc.id_token`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar

import httpx
import jwt

from bastion.clock import Clock
from bastion.config.issuers import Issuer
from bastion.errors import TokenError
from bastion.oidc.fetch import get_json, is_transport_failure
from bastion.oidc.keys import fitting, read_keys
from bastion.oidc.metadata import Metadata, discovery_url, is_safe_url, read_metadata

MAX_AGE_SECONDS = 3600.0
REFETCH_SECONDS = 10.0
OUTAGE_SECONDS = 60.0  # between two attempts to reach a provider that is down

T = TypeVar("T")


class _Kept(Generic[T]):
    """One document of the provider: fetched when old, kept on while the provider is down."""

    def __init__(
        self, fetch: Callable[[], Awaitable[T]], clock: Clock, longest_seconds: float
    ) -> None:
        self._fetch, self._clock, self._longest = fetch, clock, longest_seconds
        self._value: T | None = None
        self._at = self._good_until = 0.0

    async def current(self) -> T:
        """The document; TokenError where there is none that may be used."""
        now = self._clock.monotonic()
        if self._value is not None and now < self._good_until:
            return self._value
        try:
            return await self.renew()
        except TokenError as error:
            until = self._at + self._longest
            if self._value is None or now >= until or not is_transport_failure(error):
                raise
            self._good_until = min(now + OUTAGE_SECONDS, until)
            return self._value

    async def renew(self) -> T:
        """The document, fetched now."""
        value = await self._fetch()
        self._value, self._at = value, self._clock.monotonic()
        self._good_until = self._at + min(MAX_AGE_SECONDS, self._longest)
        return value


class Provider:
    """One identity provider."""

    def __init__(self, settings: Issuer, http: httpx.AsyncClient, clock: Clock) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._metadata = _Kept(self._discover, clock, settings.keys_seconds)
        self._keys = _Kept(self._fetch_keys, clock, settings.keys_seconds)
        self._asked_at = 0.0
        self._fetching = asyncio.Lock()

    @property
    def settings(self) -> Issuer:
        """The configuration it was made with."""
        return self._settings

    @property
    def http(self) -> httpx.AsyncClient:
        """The client its endpoints are asked with."""
        return self._http

    def now(self) -> float:
        """Unix time by the clock it was made with."""
        return self._clock.now()

    async def metadata(self) -> Metadata:
        """Where its endpoints are; TokenError where that cannot be learned."""
        async with self._fetching:
            return await self._metadata.current()

    async def keys_for(
        self, kid: str | None, algorithm: str, *, refetch: bool = False
    ) -> list[jwt.PyJWK]:
        """The keys that may have signed a token with that *kid* and *algorithm*; maybe none.

        An unknown *kid* fetches the keys again, and so does *refetch*, for a signature that no
        known key made; both no more than once in REFETCH_SECONDS.
        """
        async with self._fetching:
            keys = await self._keys.current()
            found = fitting(keys, kid, algorithm)
            if (refetch or not found) and self._since(self._asked_at) >= REFETCH_SECONDS:
                found = fitting(await self._keys.renew(), kid, algorithm)
            return found

    async def _discover(self) -> Metadata:
        issuer = self._settings.issuer
        url = discovery_url(issuer)
        if not is_safe_url(url, issuer):
            raise TokenError("the issuer must use https (http only on loopback)")
        return read_metadata((await get_json(self._http, url)).body, issuer)

    def _since(self, moment: float) -> float:
        return self._clock.monotonic() - moment

    async def _fetch_keys(self) -> tuple[Mapping[str, Any], ...]:
        metadata = await self._metadata.current()
        # The attempt counts, not its success: strangers' tokens do not press a provider in trouble.
        self._asked_at = self._clock.monotonic()
        return read_keys((await get_json(self._http, metadata.jwks_uri)).body)
