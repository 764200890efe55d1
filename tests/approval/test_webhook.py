"""The webhook against a real receiver, kind and unkind."""

import asyncio
import socket
from dataclasses import replace

import pytest
from starlette.responses import RedirectResponse, Response, StreamingResponse

from bastion.approval.chat.messenger import Message, body, title
from bastion.approval.chat.webhook import Webhook, signature
from bastion.errors import ChatError
from tests.servers.chat import receiver
from tests.servers.plain_http import plain_http
from tests.servers.waiting import turn

SECRET = b"a secret of the chat"


@pytest.fixture
async def chat(clock):
    async with receiver(SECRET, now=clock.now) as running:
        yield running


@pytest.fixture
async def http():
    async with plain_http() as client:
        yield client


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def webhook(http, clock, pauses):
    """Makes a webhook whose pauses are noted and not waited for."""

    async def pause(seconds):
        pauses.append(seconds)

    return lambda url, secret=SECRET, seconds=10.0: Webhook(
        url, secret, http, clock, pause=pause, seconds=seconds
    )


@pytest.fixture
def message(request_row, links):
    row = request_row(text="echo 'é' \x1b[2K @everyone", expires_at=1_800_000_300.75)
    return Message(row, links.url(row))


async def test_the_receiver_gets_everything(webhook, chat, message):
    """The exact command beside the harmless text, and the signature fits."""
    await webhook(chat.url).tell(message)
    row = message.request
    assert chat.requests == [
        {
            "version": 1,
            "type": "approval-request",
            "request": row.id,
            "title": title(row),
            "text": body(message),
            "account": "ann",
            "target": "gpu-01",
            "login": "root",
            "command": "echo 'é' \x1b[2K @everyone",
            "rule": "data-delete",
            "reason": "deletes data",
            "expires_at": 1_800_000_300,
            "approvers": ["leads"],
            "url": message.link,
        }
    ]


async def test_a_request_for_access_says_so(webhook, chat, message):
    """For how long and from where; the command is empty."""
    row = replace(message.request, kind="access", text="", seconds=600, address="192.0.2.9")
    await webhook(chat.url).tell(Message(row, message.link))
    [told] = chat.requests
    assert (told["kind"], told["command"], told["seconds"], told["address"]) == (
        "access",
        "",
        600,
        "192.0.2.9",
    )


async def test_another_secret_does_not_fit(webhook, chat, message):
    """So a receiver can tell; we try three times and then it is an error."""
    with pytest.raises(ChatError, match="status 403"):
        await webhook(chat.url, b"guess").tell(message)
    assert chat.refused == ["forged"] * 3


async def test_an_old_message_is_stale(webhook, chat, message, clock):
    """The time is signed along, so a copy sent later is refused."""
    chat.now = lambda: clock.now() + 301
    with pytest.raises(ChatError, match="status 403"):
        await webhook(chat.url).tell(message)
    assert chat.refused[0] == "stale"


async def test_it_tries_again(webhook, chat, message, pauses):
    """After a second and after five; the third try counts."""
    chat.answers = [Response(status_code=500), Response(status_code=429)]
    await webhook(chat.url).tell(message)
    assert len(chat.requests) == 1
    assert pauses == [1.0, 5.0]


async def test_it_gives_up_after_three_tries(webhook, chat, message):
    """And says what the last one met."""
    chat.answers = [Response(status_code=500 + number) for number in range(4)]
    with pytest.raises(ChatError, match="status 502"):
        await webhook(chat.url).tell(message)
    assert chat.tries == 3


async def test_a_redirect_is_not_followed(webhook, chat, message):
    """The message goes to whom the operators named, and nowhere else."""
    chat.answers = [RedirectResponse("/elsewhere", 307) for _ in range(3)]
    with pytest.raises(ChatError, match="status 307"):
        await webhook(chat.url).tell(message)
    assert chat.refused == []


async def test_nobody_there(webhook, message):
    """A closed port is an error of the chat, and the URL is not in its sentence."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(ChatError) as error:
        await webhook(f"http://127.0.0.1:{port}/hook?token=SECRET").tell(message)
    assert str(error.value) == "the webhook did not take the message: ConnectError"


@pytest.mark.parametrize("url", ["http://[::1/hook", "nowhere", "ftp://127.0.0.1/x", "http://"])
async def test_a_url_that_is_none(webhook, message, url):
    """Is an error of the chat too."""
    with pytest.raises(ChatError):
        await webhook(url).tell(message)


async def test_a_receiver_that_does_not_answer(webhook, message):
    """Costs the time limit, not for ever."""
    connected = []

    async def silent(_reader, writer):
        connected.append(writer)

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(ChatError, match="TimeoutError"):
        await webhook(f"http://127.0.0.1:{port}/", seconds=0.05).tell(message)
    assert len(connected) == 3
    for writer in connected:
        writer.close()
    server.close()


async def test_an_answer_without_end_is_not_read(webhook, chat, message):
    """Its status is all that counts."""

    async def endless():
        while True:
            yield b"x" * 65536
            await turn()  # in it the server hears that we are gone

    chat.answers = [StreamingResponse(endless())]
    async with asyncio.timeout(5):
        await webhook(chat.url).tell(message)


def test_time_and_body_cannot_change_places():
    """A digit more of the time is not one less of the body."""
    assert signature(SECRET, "12", b"x") != signature(SECRET, "1", b"2x")
    assert signature(b"other", "12", b"x") != signature(SECRET, "12", b"x")
