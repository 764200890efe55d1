"""What of a discovery document is believed."""

import pytest

from bastion.errors import TokenError
from bastion.oidc.metadata import discovery_url, is_safe_url, read_metadata

ISSUER = "https://idp.test"
DOCUMENT = {
    "issuer": ISSUER,
    "authorization_endpoint": "https://login.test/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/jwks",
}


def test_a_document_is_read():
    """Endpoints may be on other hosts; the device endpoint may be missing."""
    metadata = read_metadata(DOCUMENT, ISSUER)
    assert metadata.authorization_endpoint == "https://login.test/authorize"
    assert metadata.device_authorization_endpoint == ""
    assert not metadata.posts_secret


@pytest.mark.parametrize(
    "named", ["https://idp.test/", "https://evil.test", None, ["x"], "\x1b[2J"]
)
def test_the_issuer_is_exactly_the_configured_one(named):
    """Also a slash is a difference, and what is shown of it is printable."""
    with pytest.raises(TokenError, match="exactly") as refused:
        read_metadata({**DOCUMENT, "issuer": named}, ISSUER)
    assert str(refused.value).isprintable()


def test_a_slash_at_the_end_of_an_issuer_is_kept_but_in_the_address():
    """Discovery 1.0, section 4.1: it is removed only before the path is appended."""
    wanted = "https://idp.test/.well-known/openid-configuration"
    assert discovery_url("https://idp.test/") == discovery_url("https://idp.test") == wanted
    document = {**DOCUMENT, "issuer": "https://idp.test/"}
    assert read_metadata(document, "https://idp.test/").issuer == "https://idp.test/"


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize("value", [None, "", 7, "http://idp.test/x", "file:///etc/passwd", "/x"])
def test_endpoints_must_be_there_and_https(name, value):
    """A document that would send a code or a secret in the clear is refused."""
    with pytest.raises(TokenError, match=name):
        read_metadata({**DOCUMENT, name: value}, ISSUER)


def test_the_device_endpoint_is_held_to_the_same():
    """Optional does not mean unchecked."""
    with pytest.raises(TokenError, match="device_authorization_endpoint"):
        read_metadata({**DOCUMENT, "device_authorization_endpoint": "http://x.test/"}, ISSUER)


@pytest.mark.parametrize(
    ("url", "issuer", "is_safe"),
    [
        ("https://a.test/x", ISSUER, True),
        ("http://127.0.0.1:9/x", "http://127.0.0.1:9", True),
        ("http://localhost:9/x", "http://[::1]:9", True),
        ("http://127.0.0.1:9/x", ISSUER, False),
        ("http://10.0.0.1/x", "http://127.0.0.1:9", False),
        ("http://127.0.0.1.evil.test/", "http://127.0.0.1:9", False),
        ("http://127.0.0.1:9@evil.test/", "http://127.0.0.1:9", False),
        ("javascript:alert(1)", ISSUER, False),
        ("https://", ISSUER, False),
        ("https://a.test:port/", ISSUER, False),
        ("https://a.test/\x1b[2J", ISSUER, False),
        ("https://a.test/ x", ISSUER, False),
    ],
)
def test_plain_http_stays_on_loopback(url, issuer, is_safe):
    """Only where the issuer itself is there, too."""
    assert is_safe_url(url, issuer) is is_safe


@pytest.mark.parametrize(
    ("methods", "posts"),
    [
        (None, False),
        (["client_secret_basic", "client_secret_post"], False),
        (["client_secret_post"], True),
    ],
)
def test_the_secret_is_posted_only_where_the_header_is_not_taken(methods, posts):
    """Basic is the default of the standard."""
    document = {**DOCUMENT, "token_endpoint_auth_methods_supported": methods}
    assert read_metadata(document, ISSUER).posts_secret is posts
