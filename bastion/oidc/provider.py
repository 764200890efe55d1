"""The identity provider, asked as seldom as possible: its metadata and its keys, cached.

What always holds: metadata and keys are at most an hour old; a token by an unknown key makes us
fetch the keys again, but at most once in `REFETCH_SECONDS`, so that tokens made up by strangers do
not become requests to the provider; many callers at once make one request. What it does not do:
check a token (`bastion.oidc.id_token`).
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import jwt

from bastion.clock import Clock
from bastion.config import Oidc
from bastion.errors import TokenError
from bastion.oidc.fetch import get_json
from bastion.oidc.keys import fitting, read_keys
from bastion.oidc.metadata import Metadata, discovery_url, is_safe_url, read_metadata

MAX_AGE_SECONDS = 3600.0
REFETCH_SECONDS = 10.0


class Provider:
    """One identity provider."""

    def __init__(self, settings: Oidc, http: httpx.AsyncClient, clock: Clock) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._metadata: Metadata | None = None
        self._metadata_at = 0.0
        self._keys: tuple[Mapping[str, Any], ...] | None = None
        self._keys_at = 0.0
        self._asked_at = 0.0
        self._fetching = asyncio.Lock()

    @property
    def settings(self) -> Oidc:
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
            return await self._current_metadata()

    async def keys_for(
        self, kid: str | None, algorithm: str, *, refetch: bool = False
    ) -> list[jwt.PyJWK]:
        """The keys that may have signed a token with that *kid* and *algorithm*; maybe none.

        An unknown *kid* fetches the keys again, and so does *refetch*, for a signature that no
        known key made; both no more than once in REFETCH_SECONDS.
        """
        async with self._fetching:
            keys = await self._current_keys()
            found = fitting(keys, kid, algorithm)
            if (refetch or not found) and self._since(self._asked_at) >= REFETCH_SECONDS:
                found = fitting(await self._fetch_keys(), kid, algorithm)
            return found

    async def _current_metadata(self) -> Metadata:
        if self._metadata is None or self._since(self._metadata_at) >= MAX_AGE_SECONDS:
            self._metadata = await self._discover()
            self._metadata_at = self._clock.monotonic()
        return self._metadata

    async def _discover(self) -> Metadata:
        issuer = self._settings.issuer
        url = discovery_url(issuer)
        if not is_safe_url(url, issuer):
            raise TokenError("the issuer must use https (http only on loopback)")
        return read_metadata((await get_json(self._http, url)).body, issuer)

    async def _current_keys(self) -> tuple[Mapping[str, Any], ...]:
        if self._keys is None or self._since(self._keys_at) >= MAX_AGE_SECONDS:
            return await self._fetch_keys()
        return self._keys

    def _since(self, moment: float) -> float:
        return self._clock.monotonic() - moment

    async def _fetch_keys(self) -> tuple[Mapping[str, Any], ...]:
        metadata = await self._current_metadata()
        # The attempt counts, not its success: strangers' tokens do not press a provider in trouble.
        self._asked_at = self._clock.monotonic()
        self._keys = read_keys((await get_json(self._http, metadata.jwks_uri)).body)
        self._keys_at = self._asked_at
        return self._keys
