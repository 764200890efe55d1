"""The demo's chat takes what the real webhook sends, and nothing that is not signed."""

import json

import pytest

from bastion.approval.chat.messenger import Alert, Message
from bastion.approval.chat.webhook import Webhook, signature
from bastion.clock import SystemClock
from bastion.demo.chat import DemoChat, Told
from tests.samples import request
from tests.servers.plain_http import plain_http

SECRET = b"a secret"
BODY = json.dumps({"account": "a", "target": "t", "command": "c", "url": "u"}).encode()


@pytest.fixture
def told():
    return []


@pytest.fixture
async def chat(told):
    made = DemoChat(SECRET, told.append)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def http():
    async with plain_http() as client:
        yield client


async def post(http, chat, content, signed, stamp="1"):
    headers = {"X-Bastion-Timestamp": stamp, "X-Bastion-Signature": signed}
    return (await http.post(chat.url, content=content, headers=headers)).status_code


async def test_an_alert_is_taken_and_not_handed_on(chat, told, http):
    """There is nothing to decide, and in the demo nobody who looks into it."""
    sender = Webhook(chat.url, SECRET, http, SystemClock())
    await sender.warn(Alert("host-key-changed", "gpu-01", ("x",)))
    assert told == []


async def test_what_the_webhook_sends_is_handed_on(chat, told, http):
    """The real sender's message arrives as what an approver needs."""
    sender = Webhook(chat.url, SECRET, http, SystemClock())
    await sender.tell(Message(request(), "http://127.0.0.1:1/a/1"))
    assert told == [Told("ann", "gpu-01", "rm -rf /mnt/x", "http://127.0.0.1:1/a/1")]


@pytest.mark.parametrize(
    ("content", "signed"),
    [
        (BODY, ""),
        (BODY, signature(b"other", "1", BODY)),
        (BODY + b" ", signature(SECRET, "1", BODY)),
        (BODY, signature(SECRET, "2", BODY)),
        (BODY, signature(SECRET, "1", BODY).removeprefix("v1=")),
        (BODY, signature(SECRET, "1", BODY).upper()),
    ],
    ids=["none", "other key", "other body", "other time", "no version", "case"],
)
async def test_a_signature_that_does_not_fit_is_refused(chat, told, http, content, signed):
    """Whoever else can reach loopback tells the approver nothing."""
    assert await post(http, chat, content, signed) == 403
    assert told == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"account": "a"}', b'{"account": 1}'])
async def test_a_signed_message_of_another_shape_is_refused(chat, told, http, content):
    """It is an answer of the receiver, not a failure."""
    assert await post(http, chat, content, signature(SECRET, "1", content)) == 400
    assert told == []


async def test_there_is_one_address(chat, http):
    """On loopback, for POST only."""
    assert chat.url.startswith("http://127.0.0.1:")
    assert (await http.get(chat.url)).status_code == 405
    assert (await http.post(chat.url.removesuffix("/hook"))).status_code == 404
