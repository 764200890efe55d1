"""Asks the userinfo endpoint for groups that the ID token leaves out (OpenID Connect core, 5.3).

What always holds: the answer counts only where its `sub` is that of the ID token, and only the
groups are taken of it; an access token that the ID token says belongs to another is not used. What
it does not do: take anything else from there: who it is says the ID token alone.
"""

import base64
import hashlib
import hmac

from bastion.errors import TokenError
from bastion.oidc.claims import Claims
from bastion.oidc.fetch import get_json
from bastion.oidc.provider import Provider

_DIGESTS = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}
_MAX_TOKEN_CHARS = 16 * 1024


def is_bound(access_token: str, claims: Claims, algorithm: str) -> bool:
    """Whether *access_token* came with the ID token, where `at_hash` says (core, 3.1.3.6)."""
    told = claims.get("at_hash")
    if told is None:
        return True
    hashed = _DIGESTS.get(algorithm[-3:], hashlib.sha512)(access_token.encode()).digest()
    half = base64.urlsafe_b64encode(hashed[: len(hashed) // 2]).rstrip(b"=")
    return isinstance(told, str) and hmac.compare_digest(half, told.encode())


async def with_userinfo(provider: Provider, claims: Claims, access_token: str) -> Claims:
    """*claims* with the groups that the provider tells the owner of *access_token*."""
    metadata = await provider.metadata()
    if not metadata.userinfo_endpoint:
        raise TokenError("the identity provider has no userinfo endpoint to ask for groups")
    if len(access_token) > _MAX_TOKEN_CHARS or not access_token.isascii():
        raise TokenError("the access token cannot be read")
    if not access_token.isprintable() or " " in access_token:
        raise TokenError("the access token cannot be read")
    headers = {"Authorization": f"Bearer {access_token}"}
    told = (await get_json(provider.http, metadata.userinfo_endpoint, headers=headers)).body
    if not isinstance(told.get("sub"), str) or told["sub"] != claims.get("sub"):
        raise TokenError("the userinfo endpoint speaks of somebody else")
    name = provider.settings.groups_claim
    return {**claims, name: told[name]} if name in told else claims
