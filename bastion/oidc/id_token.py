"""Checks an ID token and turns it into a `Person`: the only place where one is made.

What always holds: the signature is by a key that the provider publishes and by an algorithm that
we allow; issuer, audience, times and (where one was sent) the nonce are checked against our
configuration and our clock; what goes on into certificates, logs and pages is free of hidden
characters and short. The digest of a token covers what was signed, not the signature, because the
text of a signature can be changed without breaking it, and a digest of the whole would let one
token be exchanged twice. What it does not do: remember a token, or decide what a person may do.
"""

import hashlib
import hmac
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jwt
import orjson

from bastion.config import Oidc
from bastion.errors import TokenError
from bastion.identity import Person
from bastion.oidc.keys import ALGORITHMS
from bastion.oidc.provider import Provider
from bastion.printable import printable

MAX_TOKEN_CHARS = 32 * 1024
MAX_NAME_CHARS = 128
MAX_SUBJECT_CHARS = 255
MAX_GROUPS = 500


@dataclass(frozen=True)
class VerifiedToken:
    """An ID token that passed every check.

    Attributes:
        person: whom it vouches for.
        nonce: its nonce; empty where it has none.
        issued_at: Unix seconds.
        expires_at: Unix seconds.
        sha256: hex digest of what was signed; the same for every spelling of one token.
    """

    person: Person
    nonce: str
    issued_at: int
    expires_at: int
    sha256: str


async def verify(provider: Provider, token: str, *, nonce: str | None = None) -> VerifiedToken:
    """The person in *token*, which must be fresh; with *nonce*, only by that very request.

    Raises TokenError where any check fails, or where the provider's keys cannot be had.
    """
    header = _read_header(token)
    kid, algorithm = header.get("kid"), header["alg"]
    payload = _signed_payload(token, await provider.keys_for(kid, algorithm), algorithm)
    if payload is None:  # perhaps the provider changed its keys without changing a kid
        keys = await provider.keys_for(kid, algorithm, refetch=True)
        payload = _signed_payload(token, keys, algorithm)
    if payload is None:
        raise TokenError("the ID token is not signed by the identity provider")
    digest = hashlib.sha256(token.rpartition(".")[0].encode()).hexdigest()
    return read_claims(_claims(payload), provider.settings, provider.now(), digest, nonce=nonce)


def read_claims(
    claims: Mapping[str, Any], settings: Oidc, now: float, digest: str, *, nonce: str | None
) -> VerifiedToken:
    """The person in the *claims* of a token whose signature holds; TokenError where refused."""
    if claims.get("iss") != settings.issuer:
        raise TokenError("the ID token was issued by another identity provider")
    _check_audience(claims, settings.client_id)
    issued_at, expires_at = _check_times(claims, settings, now)
    told = _check_nonce(claims, nonce)
    if "events" in claims:  # a logout or security event token, which never says who signed in
        raise TokenError("this token is not an ID token")
    return VerifiedToken(_person(claims, settings), told, issued_at, expires_at, digest)


def _read_header(token: str) -> Mapping[str, Any]:
    if len(token) > MAX_TOKEN_CHARS:
        raise TokenError("the ID token is too long")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError) as wrong:
        raise TokenError("the ID token cannot be read") from wrong
    if not isinstance(header.get("alg"), str) or header["alg"] not in ALGORITHMS:
        raise TokenError("the ID token's signature algorithm is not allowed")
    # Extensions that we do not know change what a token means; an access token is no ID token.
    if "crit" in header or "b64" in header:
        raise TokenError("the ID token has extensions that are not understood")
    if str(header.get("typ", "JWT")).lower() != "jwt":
        raise TokenError("this token is not an ID token")
    return header


def _signed_payload(token: str, keys: Sequence[jwt.PyJWK], algorithm: str) -> bytes | None:
    """What one of *keys* signed; None where none did."""
    for key in keys:
        try:
            signed = jwt.PyJWS().decode_complete(token, key, algorithms=[algorithm])
        except (jwt.PyJWTError, ValueError, RecursionError):
            continue
        payload: bytes = signed["payload"]
        return payload
    return None


def _claims(payload: bytes) -> Mapping[str, Any]:
    try:
        claims = orjson.loads(payload)
    except orjson.JSONDecodeError as wrong:
        raise TokenError("the ID token cannot be read") from wrong
    if not isinstance(claims, dict):
        raise TokenError("the ID token cannot be read")
    return claims


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    told = claims.get("aud")
    audiences = [told] if isinstance(told, str) else told
    if not isinstance(audiences, list) or client_id not in audiences:
        raise TokenError("the ID token was issued for another application")
    if claims.get("azp", client_id) != client_id or (len(audiences) > 1 and "azp" not in claims):
        raise TokenError("the ID token was issued to another application")


def _check_times(claims: Mapping[str, Any], settings: Oidc, now: float) -> tuple[int, int]:
    skew = settings.clock_skew_seconds
    expires_at, issued_at = _seconds(claims, "exp"), _seconds(claims, "iat")
    if now >= expires_at + skew:
        raise TokenError("the ID token has expired")
    if issued_at > now + skew:
        raise TokenError("the ID token is from the future; one of the clocks is wrong")
    if issued_at + settings.max_token_age_seconds + skew < now:
        raise TokenError("the ID token is too old; sign in again")
    if claims.get("nbf") is not None and _seconds(claims, "nbf") > now + skew:
        raise TokenError("the ID token is not valid yet")
    return issued_at, expires_at


def _seconds(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TokenError(f"the ID token has no usable {name} claim")
    return int(value)


def _check_nonce(claims: Mapping[str, Any], nonce: str | None) -> str:
    told = claims.get("nonce", "")
    if not isinstance(told, str):
        raise TokenError("the ID token has no usable nonce claim")
    if nonce is not None and not (nonce and hmac.compare_digest(told.encode(), nonce.encode())):
        raise TokenError("the ID token answers another sign-in")
    return told


def _person(claims: Mapping[str, Any], settings: Oidc) -> Person:
    subject = _name("subject", claims.get("sub"), MAX_SUBJECT_CHARS)
    account = claims.get(settings.account_claim)
    account = _name("account", subject if account is None else account)
    if any(char.isspace() for char in account) or account.startswith("-"):
        raise TokenError(f"the account {account!r} cannot be used as a name")
    return Person(
        subject=subject,
        account=account,
        groups=_groups(claims.get(settings.groups_claim)),
        issuer=settings.issuer,
    )


def _groups(told: object) -> frozenset[str]:
    """The groups claim: a list, one group as a string, or absent."""
    listed = [told] if isinstance(told, str) and told else told or []
    if not isinstance(listed, list):
        raise TokenError("the groups in the ID token cannot be read")
    if len(listed) > MAX_GROUPS:
        raise TokenError(f"the ID token lists more than {MAX_GROUPS} groups")
    return frozenset(_name("group", group) for group in listed)


def _name(kind: str, value: object, limit: int = MAX_NAME_CHARS) -> str:
    """A *value* fit for a certificate: a comma would become two names in its lists."""
    if not isinstance(value, str) or not value.strip():
        raise TokenError(f"the ID token has no usable {kind}")
    if len(value) > limit or printable(value) != value or ("," in value and kind != "subject"):
        raise TokenError(f"the {kind} {printable(value, 60)!r} in the ID token cannot be used")
    return value
