"""Links: what a good one names, and every way to make a bad one."""

import base64
import json

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.approval.link import Links, Named
from bastion.refusal import Code, Refusal

KEY = bytes(range(32))  # as in conftest
OTHER_KEY = bytes(range(1, 33))
DAY = 24 * 3600


def claims(request, **changes):
    made = {
        "aud": "bastion approval",
        "sub": request.id,
        "binding": request.binding,
        "exp": int(request.expires_at) + DAY,
    } | changes
    return {name: value for name, value in made.items() if value is not None}


def code(links, token, clock):
    read = links.read(token, clock.now())
    return read.code if isinstance(read, Refusal) else None


def test_a_link_names_its_request(links, request_row, clock):
    """Request and binding; the address is the page's."""
    row = request_row()
    assert links.read(links.token(row), clock.now()) == Named(row.id, row.binding)
    assert links.url(row) == f"https://bastion.example/approvals/{links.token(row)}"


def test_a_link_is_readable_for_a_day_after_the_request(links, request_row, clock):
    """So that people can see what became of it; then it is too old."""
    token = links.token(request_row())
    clock.advance(300 + DAY - 1)
    assert code(links, token, clock) is None
    clock.advance(1)
    assert code(links, token, clock) is Code.LINK_EXPIRED


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "bastion session"},
        {"aud": None},
        {"aud": "bastion approval "},
        {"sub": None},
        {"binding": None},
        {"exp": None},
        {"sub": 7},
    ],
)
def test_a_token_for_something_else_is_no_link(links, request_row, clock, changes):
    """Although our own key signed it."""
    token = jwt.encode(claims(request_row(), **changes), KEY, "HS256")
    assert code(links, token, clock) is Code.LINK_INVALID


@pytest.mark.parametrize("exp", ["9999999999", 9e9, True, [9], {}])
def test_an_end_that_is_no_number_has_passed(links, request_row, clock, exp):
    """A whole number, and nothing that only compares like one."""
    payload = json.dumps(claims(request_row(), exp=exp)).encode()
    token = jwt.api_jws.encode(payload, KEY, "HS256", headers={"typ": "JWT"})
    assert code(links, token, clock) in {Code.LINK_EXPIRED, Code.LINK_INVALID}


def test_another_key_makes_no_links(links, request_row, clock):
    """A valid token of somebody else's."""
    token = jwt.encode(claims(request_row()), OTHER_KEY, "HS256")
    assert code(links, token, clock) is Code.LINK_INVALID


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
@pytest.mark.filterwarnings("ignore:The HMAC key")
def test_another_algorithm_makes_no_links(links, request_row, clock, algorithm):
    """Not even with our key: one algorithm only."""
    token = jwt.encode(claims(request_row()), KEY, algorithm)
    assert code(links, token, clock) is Code.LINK_INVALID


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", "hs256", "RS256", None, 1])
def test_a_token_without_signature_is_no_link(links, request_row, clock, alg):
    """However `none` is written, with an empty signature or one of the real token."""
    head = base64.urlsafe_b64encode(json.dumps({"alg": alg, "typ": "JWT"}).encode()).rstrip(b"=")
    _, body, signature = links.token(request_row()).split(".")
    for tail in ("", signature):
        assert code(links, f"{head.decode()}.{body}.{tail}", clock) is Code.LINK_INVALID


def test_the_parts_of_two_links_do_not_fit_together(links, request_row, clock):
    """The signature is of this body."""
    head, _, signature = links.token(request_row()).split(".")
    other = links.token(request_row(id="01kah9aaaaaaaaaaaaaaaaaaaz")).split(".")[1]
    assert code(links, f"{head}.{other}.{signature}", clock) is Code.LINK_INVALID


@given(at=st.integers(0, 10_000), bit=st.integers(0, 5))
def test_an_altered_link_names_nothing_else(at, bit):
    """Whichever character is changed: refused, or (unused bits of base64) the very same."""
    links = Links(KEY, "https://bastion.example")
    row = Named("01kah9aaaaaaaaaaaaaaaaaaaa", "ab" * 32)
    token = jwt.encode(
        {"aud": "bastion approval", "sub": row.request_id, "binding": row.binding, "exp": 2**40},
        KEY,
        "HS256",
    )
    at %= len(token)
    changed = token[:at] + chr(ord(token[at]) ^ (1 << bit)) + token[at + 1 :]
    read = links.read(changed, 1_800_000_000.0)
    assert read == row or (isinstance(read, Refusal) and read.code is Code.LINK_INVALID)


@given(st.text(max_size=200))
def test_rubbish_is_no_link(text):
    """Any text at all is answered with a refusal, never with an error."""
    read = Links(KEY, "https://bastion.example").read(text, 0.0)
    assert isinstance(read, Refusal)
    assert read.code is Code.LINK_INVALID
