"""The listener of a browser login: one answer, of this attempt, from this machine."""

import asyncio
import contextlib
from urllib.parse import urlsplit

import pytest

from bastion.client.loopback import Loopback
from bastion.errors import ClientError


@pytest.fixture
async def loopback():
    made = Loopback()
    yield made
    made.close()


async def ask(uri, request):
    """What the listener answers to the raw bytes of *request*."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(uri).port)
    writer.write(request)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


def get(query):
    return f"GET /callback?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


async def waiting(loopback):
    """A listener that waits for the state `good`."""
    uri = await loopback.start()
    return uri, asyncio.create_task(loopback.answer(lambda state: state == "good"))


async def test_the_first_answer_of_this_attempt_counts(loopback):
    """The parameters arrive; a second answer changes nothing."""
    uri, answer = await waiting(loopback)
    assert urlsplit(uri).hostname == "127.0.0.1"
    said = await ask(uri, get("code=c1&state=good"))
    assert b"200 OK" in said
    assert b"You are logged in" in said
    assert b"default-src 'none'" in said
    await ask(uri, get("code=c2&state=good"))
    assert await answer == {"code": "c1", "state": "good"}


@pytest.mark.parametrize(
    "query", ["code=c&state=bad", "code=c", "code=c&state=%FF", "", "state=bad&state=good"]
)
async def test_a_wrong_state_does_not_count(loopback, query):
    """Another page cannot slip its own code in; the right answer still can come."""
    uri, answer = await waiting(loopback)
    assert b"400 Bad Request" in await ask(uri, get(query))
    assert not answer.done()
    await ask(uri, get("code=right&state=good"))
    assert (await answer)["code"] == "right"


async def test_a_refusal_is_passed_on(loopback):
    """The page says so, and the caller gets the error."""
    uri, answer = await waiting(loopback)
    assert b"The login was refused" in await ask(uri, get("error=access_denied&state=good"))
    assert (await answer)["error"] == "access_denied"


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /callback?code=c&state=good HTTP/1.1\r\n\r\n",
        b"GET /other?code=c&state=good HTTP/1.1\r\n\r\n",
        b"\r\n\r\n",
        b"\xff\xfe\r\n\r\n",
    ],
)
async def test_anything_else_is_not_found(loopback, request_):
    """Other methods, other paths, rubbish."""
    uri, answer = await waiting(loopback)
    assert b"404 Not Found" in await ask(uri, request_)
    assert not answer.done()
    answer.cancel()


@pytest.mark.parametrize(
    "request_",
    [b"", b"GET /callback?code=c&state=good", b"x" * 40_000, b"GET //[ HTTP/1.1\r\n\r\n"],
)
async def test_strangers_are_hung_up_on(loopback, request_):
    """A request that never ends, is too long or cannot be read is no answer and no traceback."""
    uri, answer = await waiting(loopback)
    with contextlib.suppress(ConnectionResetError):  # it left while we still wrote
        assert await ask(uri, request_) == b""
    assert not answer.done()
    answer.cancel()


async def test_nothing_counts_before_somebody_waits(loopback):
    """Between start and wait there is no state that fits."""
    uri = await loopback.start()
    assert b"400 Bad Request" in await ask(uri, get("code=c&state="))


async def test_closed_is_closed(loopback):
    """Nobody listens afterwards; closing what never started is fine."""
    uri = await loopback.start()
    loopback.close()
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        await ask(uri, get("code=c"))
    Loopback().close()


async def test_a_port_that_the_provider_knows_is_taken():
    """Where the configuration names one, and no other instead."""
    first = Loopback()
    uri = await first.start()
    first.close()
    told = Loopback(urlsplit(uri).port)
    assert await told.start() == uri
    with pytest.raises(ClientError, match="cannot be had"):
        await Loopback(urlsplit(uri).port).start()
    told.close()
