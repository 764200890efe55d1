"""Checks an ID token and turns it into a `Person`: the only place where one is made.

What always holds: the signature is by a key that the provider publishes and by an algorithm that
we allow; issuer, audience, times and (where one was sent) the nonce are checked against our
configuration and our clock; people of different issuers never share a subject, an account or a
group, because the names of all but the first issuer's people begin with the issuer's name and a
colon, and nobody else's may. The digest of a token covers what was signed, not the signature,
because the text of a signature can be changed without breaking it, and a digest of the whole would
let one token be exchanged twice. What it does not do: remember a token, or decide what a person
may do.
"""

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jwt
import orjson

from bastion.config.issuers import Issuer, Workload
from bastion.errors import TokenError
from bastion.identity import Evidence, Person
from bastion.oidc.claims import (
    MAX_SUBJECT_CHARS,
    Claims,
    read_evidence,
    read_groups,
    read_name,
    read_seconds,
    read_value,
)
from bastion.oidc.keys import ALGORITHMS
from bastion.oidc.provider import Provider
from bastion.oidc.userinfo import is_bound, with_userinfo
from bastion.oidc.workload import matching
from bastion.printable import printable

MAX_TOKEN_CHARS = 32 * 1024


@dataclass(frozen=True)
class VerifiedToken:
    """An ID token that passed every check.

    Attributes:
        person: whom it vouches for.
        nonce: its nonce; empty where it has none.
        issued_at: Unix seconds.
        expires_at: Unix seconds.
        sha256: hex digest of what was signed; the same for every spelling of one token.
        workload: the name of the rule that let a job in; empty for people.
        at_most_seconds: how long what is issued for it may live; None where it does not say.
    """

    person: Person
    nonce: str
    issued_at: int
    expires_at: int
    sha256: str
    workload: str = ""
    at_most_seconds: int | None = None


async def verify(
    provider: Provider,
    token: str,
    *,
    nonce: str | None = None,
    access_token: str = "",
    reserved: Collection[str] = (),
) -> VerifiedToken:
    """The person in *token*, which must be fresh; with *nonce*, only by that very request.

    The *access_token* that came with it fetches groups where the configuration wants that; names
    in *reserved* belong to others, so no name of this issuer may begin with one and a colon.
    Raises TokenError where any check fails, or where the provider's keys cannot be had.
    """
    claims = await _signed_claims(provider, token)
    settings, now = provider.settings, provider.now()
    verified = read_claims(claims, settings, now, digest(token), nonce=nonce, reserved=reserved)
    if settings.userinfo_groups and settings.groups_claim not in claims and access_token:
        if not is_bound(access_token, claims, _read_header(token)["alg"]):
            raise TokenError("the access token belongs to another ID token")
        claims = await with_userinfo(provider, claims, access_token)
        verified = read_claims(claims, settings, now, digest(token), nonce=nonce, reserved=reserved)
    return verified


async def verify_job(provider: Provider, token: str, rules: Sequence[Workload]) -> VerifiedToken:
    """What the first of *rules* that matches makes of a job's *token*; TokenError where none."""
    claims = await _signed_claims(provider, token)
    if claims.get("iss") != provider.settings.issuer:
        raise TokenError("the ID token was issued by another identity provider")
    times = _check_times(claims, provider.settings, provider.now())
    _check_kind(claims)
    rule = matching(rules, claims)
    if rule is None:
        subject = _shown_subject(claims)
        raise TokenError(f"no workload rule matches the token of {subject}")
    person = Person(
        subject=f"{rule.name}:{read_name('subject', claims.get('sub'), MAX_SUBJECT_CHARS)}",
        account=rule.account,
        groups=frozenset(rule.groups),
        issuer=rule.issuer,
        evidence=Evidence(claims={name: read_value(claims, name) or "" for name in rule.claims}),
    )
    return VerifiedToken(person, "", *times, digest(token), rule.name, rule.lifetime_seconds)


def read_claims(
    claims: Claims,
    settings: Issuer,
    now: float,
    sha256: str,
    *,
    nonce: str | None,
    reserved: Collection[str] = (),
) -> VerifiedToken:
    """The person in the *claims* of a token whose signature holds; TokenError where refused."""
    if claims.get("iss") != settings.issuer:
        raise TokenError("the ID token was issued by another identity provider")
    _check_audience(claims, settings.client_id)
    issued_at, expires_at = _check_times(claims, settings, now)
    told = _check_nonce(claims, nonce)
    _check_kind(claims)
    person = _person(claims, settings, now)
    names = (person.subject, person.account, *person.groups)
    if any(name.startswith(f"{owner}:") for owner in reserved for name in names):
        raise TokenError("the ID token uses a name that belongs to another issuer")
    return VerifiedToken(person, told, issued_at, expires_at, sha256)


def digest(token: str) -> str:
    """The hex digest of what is signed in *token*."""
    return hashlib.sha256(token.rpartition(".")[0].encode()).hexdigest()


def _shown_subject(claims: Claims) -> str:
    """The subject in *claims* for a log, whatever it is."""
    return repr(printable(str(claims.get("sub", "")), 100))


async def _signed_claims(provider: Provider, token: str) -> Claims:
    header = _read_header(token)
    kid, algorithm = header.get("kid"), header["alg"]
    payload = _signed_payload(token, await provider.keys_for(kid, algorithm), algorithm)
    if payload is None:  # perhaps the provider changed its keys without changing a kid
        keys = await provider.keys_for(kid, algorithm, refetch=True)
        payload = _signed_payload(token, keys, algorithm)
    if payload is None:
        raise TokenError("the ID token is not signed by the identity provider")
    return _claims(payload)


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


def _check_audience(claims: Claims, client_id: str) -> None:
    told = claims.get("aud")
    audiences = [told] if isinstance(told, str) else told
    if not isinstance(audiences, list) or client_id not in audiences:
        raise TokenError("the ID token was issued for another application")
    if claims.get("azp", client_id) != client_id or (len(audiences) > 1 and "azp" not in claims):
        raise TokenError("the ID token was issued to another application")


def _check_times(claims: Claims, settings: Issuer, now: float) -> tuple[int, int]:
    skew = settings.clock_skew_seconds
    expires_at, issued_at = read_seconds(claims, "exp"), read_seconds(claims, "iat")
    if now >= expires_at + skew:
        raise TokenError("the ID token has expired")
    if issued_at > now + skew:
        raise TokenError("the ID token is from the future; one of the clocks is wrong")
    if issued_at + settings.max_token_age_seconds + skew < now:
        raise TokenError("the ID token is too old; sign in again")
    if claims.get("nbf") is not None and read_seconds(claims, "nbf") > now + skew:
        raise TokenError("the ID token is not valid yet")
    return issued_at, expires_at


def _check_nonce(claims: Claims, nonce: str | None) -> str:
    told = claims.get("nonce", "")
    if not isinstance(told, str):
        raise TokenError("the ID token has no usable nonce claim")
    if nonce is not None and not (nonce and hmac.compare_digest(told.encode(), nonce.encode())):
        raise TokenError("the ID token answers another sign-in")
    return told


def _check_kind(claims: Claims) -> None:
    if "events" in claims:  # a logout or security event token, which never says who signed in
        raise TokenError("this token is not an ID token")


def _person(claims: Claims, settings: Issuer, now: float) -> Person:
    subject = read_name("subject", claims.get("sub"), MAX_SUBJECT_CHARS)
    account = claims.get(settings.account_claim)
    account = read_name("account", subject if account is None else account)
    if any(char.isspace() for char in account) or account.startswith("-"):
        raise TokenError(f"the account {account!r} cannot be used as a name")
    owner = f"{settings.name}:" if settings.name else ""
    return Person(
        subject=owner + subject,
        account=owner + account,
        groups=frozenset(owner + group for group in read_groups(claims.get(settings.groups_claim))),
        issuer=settings.issuer,
        evidence=read_evidence(claims, settings, now),
    )
