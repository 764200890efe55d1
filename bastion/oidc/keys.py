"""The provider's public keys, and which of them may have signed a given token.

What always holds: the algorithm is one of `ALGORITHMS`, all asymmetric, whatever a token or a key
says; a key fits an algorithm only by its own type, curve and declared use; a symmetric key in the
document is never a key; RSA keys have at least 2048 bits. What it does not do: fetch anything.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import jwt

from bastion.errors import TokenError

# What a JWK must say for an algorithm: key type, and curves where the type has them.
_EC = "EC"
_SHAPES: Mapping[str, tuple[str, frozenset[str]]] = {
    "RS256": ("RSA", frozenset()),
    "RS384": ("RSA", frozenset()),
    "RS512": ("RSA", frozenset()),
    "PS256": ("RSA", frozenset()),
    "PS384": ("RSA", frozenset()),
    "PS512": ("RSA", frozenset()),
    "ES256": (_EC, frozenset({"P-256"})),
    "ES384": (_EC, frozenset({"P-384"})),
    "ES512": (_EC, frozenset({"P-521"})),
    "EdDSA": ("OKP", frozenset({"Ed25519", "Ed448"})),
}
ALGORITHMS = frozenset(_SHAPES)

_MAX_KEYS = 100
_MIN_RSA_BITS = 2048


def read_keys(document: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The signature keys of a JWKS document, as they stand in it; TokenError where there is none.

    Keys of other uses and types are left out, so that one strange key does not lock everybody out.
    """
    listed = document.get("keys")
    if not isinstance(listed, list) or len(listed) > _MAX_KEYS:
        raise TokenError("the identity provider's key document cannot be read")
    return tuple(key for key in listed if isinstance(key, dict) and _may_verify(key))


def fitting(keys: Sequence[Mapping[str, Any]], kid: str | None, algorithm: str) -> list[jwt.PyJWK]:
    """The *keys* that may have signed a token with that *kid* and *algorithm*.

    A token without a kid may be by any key that fits. A key without a kid may be meant by any.
    """
    named = [key for key in keys if kid is None or key.get("kid", kid) == kid]
    loaded = [_load(key, algorithm) for key in named if _has_shape(key, algorithm)]
    return [key for key in loaded if key is not None]


def _may_verify(key: Mapping[str, Any]) -> bool:
    operations = key.get("key_ops")
    return key.get("use", "sig") == "sig" and (
        operations is None or (isinstance(operations, list) and "verify" in operations)
    )


def _has_shape(key: Mapping[str, Any], algorithm: str) -> bool:
    if algorithm not in _SHAPES or key.get("alg", algorithm) != algorithm:
        return False
    kind, curves = _SHAPES[algorithm]
    return key.get("kty") == kind and (not curves or str(key.get("crv")) in curves)


def _load(key: Mapping[str, Any], algorithm: str) -> jwt.PyJWK | None:
    # The public members alone: a provider that publishes a private key by mistake is not our key.
    public = {name: key[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in key}
    try:
        loaded = jwt.PyJWK(public, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None  # a key that cannot be read has signed nothing; the token is then refused
    if key.get("kty") == "RSA" and loaded.key.key_size < _MIN_RSA_BITS:
        return None
    return loaded
