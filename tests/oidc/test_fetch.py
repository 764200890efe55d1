"""Answers of the provider are bounded in time and size, and redirects are not followed."""

import asyncio
import gzip

import httpx
import pytest

from bastion.errors import TokenError
from bastion.oidc import fetch

_GZIP = {"content-encoding": "gzip"}
URL = "https://idp.test/x"


def client(answer):
    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


async def got(answer) -> str:
    async with client(answer) as http:
        with pytest.raises(TokenError) as refused:
            await fetch.get_json(http, URL)
    return str(refused.value)


async def test_an_endless_answer_is_cut_off():
    """Reading stops at the limit, whatever is still to come."""
    sent = []

    async def endless():
        while True:
            sent.append(1)
            yield b" " * 65536

    assert "too long" in await got(lambda _: httpx.Response(200, content=endless()))
    assert len(sent) * 65536 <= fetch.MAX_BYTES + 65536


async def test_a_silent_provider_is_given_up(monkeypatch):
    """The whole answer has a deadline, not only each read."""
    monkeypatch.setattr(fetch, "TOTAL_SECONDS", 0.02)

    async def silent(_request):
        await asyncio.Event().wait()

    assert "in time" in await got(silent)


async def test_a_redirect_is_not_followed():
    """It would take a code or a secret elsewhere."""
    moved = httpx.Response(302, headers={"location": "https://evil.test/"}, json={})
    assert "HTTP 302" in await got(lambda _: moved)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"[" * 2000, b"\xff"], ids=repr)
async def test_what_is_no_json_object_is_refused(body):
    """With a sentence that names the provider."""
    assert "idp.test" in await got(lambda _: httpx.Response(200, content=body))


async def test_an_unreachable_provider_may_be_asked_again():
    """The error tells whether an answer came at all."""

    def refuse(request):
        raise httpx.ConnectError("refused", request=request)

    async with client(refuse) as http:
        with pytest.raises(TokenError) as failed:
            await fetch.post_form(http, URL, {})
    assert fetch.is_transport_failure(failed.value)


async def test_nothing_is_unpacked():
    """A compressed answer is not asked for, and not unfolded into a large one."""
    asked = []

    def answer(request):
        asked.append(request.headers["accept-encoding"])
        return httpx.Response(200, json={})

    async with client(answer) as http:
        await fetch.get_json(http, URL)
    assert asked == ["identity"]
    unfolds = httpx.Response(200, content=gzip.compress(b" " * 999_999), headers=_GZIP)
    assert "compressed" in await got(lambda _: unfolds)


def test_a_complaint_is_safe_to_show():
    """What the provider says is made printable and short."""
    answer = fetch.Answer(400, {"error": "x", "error_description": "\x1b[2Jgone" + "z" * 999})
    assert answer.complaint().startswith("\\x1b[2Jgone")
    assert len(answer.complaint()) == 200
    assert fetch.Answer(500, {"error": 7}).complaint() == "HTTP 500"
