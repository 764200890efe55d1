"""docs/PROTOCOL.approval says what is: its example is what we make, and its script agrees."""

import hashlib
import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bastion.approval.chat.messenger import Message
from bastion.approval.chat.webhook import Webhook
from bastion.approval.link import Links
from bastion.approval.request import binding, new_request
from bastion.approval.states import MOVES
from tests.conftest import HandClock
from tests.samples import wanted
from tests.servers.chat import receiver
from tests.servers.installed import require
from tests.servers.plain_http import plain_http

TEXT = (Path(__file__).parents[2] / "docs" / "PROTOCOL.approval").read_text()
PARTS = dict(
    re.findall(
        r"^----- begin (.*) -----\n(.*?)\n----- end \1 -----\n", TEXT, re.MULTILINE | re.DOTALL
    )
)
WANTED = wanted(
    subject="ann@example.test",
    session_id="01kah9xampe0000000000000000",
    command_id="01kah9xampc0000000000000001",
    text="rm -rf /mnt/data",
    rule="delete-data",
    reason="It deletes data.",
    dangerous=(),
)
SECRET = b"example secret"


@pytest.fixture
def clock():
    """The example's time."""
    return HandClock(1795172400.0)


@pytest.fixture
def message(clock):
    row = new_request(WANTED, clock=clock, seconds=300, approvers=("leads",))
    row = replace(row, id="01kah9xampr0000000000000001")
    return Message(row, Links(bytes(range(32)), "https://bastion.example").url(row))


async def test_the_message_is_what_the_webhook_sends(message, clock):
    """Byte for byte, and with those headers."""
    sent = []

    async def note(request):
        sent.append(request)

    hooks = {"request": [note]}
    async with (
        receiver(SECRET, now=clock.now) as chat,
        plain_http(event_hooks=hooks) as http,
    ):
        await Webhook(chat.url, SECRET, http, clock).tell(message)
        assert chat.requests == [json.loads(PARTS["body"])]
    (request,) = sent
    assert request.content.decode() == PARTS["body"]
    for name in ("X-Bastion-Timestamp", "X-Bastion-Signature"):
        assert f"\t{name}: {request.headers[name]}\n" in TEXT


def test_the_binding(message):
    """Of those bytes, and ours."""
    computed = hashlib.sha256(PARTS["bound"].encode()).hexdigest()
    assert computed == binding(WANTED) == message.request.binding
    assert f"\tbinding\t\t{computed}\n" in TEXT


def test_control_characters_in_the_binding():
    """Are written as the document says."""
    text = '\b\t\n\f\r\x00\x1f\x7f"\\/é'
    parts = ["bastion approval 1", text, "gpu-01", "root", "ann@example.test", "s", ""]
    spelled = '\\b\\t\\n\\f\\r\\u0000\\u001f\x7f\\"\\\\/é'
    written = ",".join(f'"{part}"' for part in [parts[0], spelled, *parts[2:]])
    changed = replace(WANTED, text=text, session_id="s")
    assert hashlib.sha256(f"[{written}]".encode()).hexdigest() == binding(changed)


def test_the_link(message, clock):
    """Names the request, and its claims are those."""
    links = Links(bytes(range(32)), "https://bastion.example")
    token = json.loads(PARTS["body"])["url"].removeprefix("https://bastion.example/approvals/")
    assert links.read(token, clock.now()).request_id == message.request.id
    claims = json.loads(PARTS["claims"])
    assert claims == {
        "aud": "bastion approval",
        "sub": message.request.id,
        "binding": message.request.binding,
        "exp": 1795172400 + 300 + 86400,
    }


def test_the_states():
    """Every move, and no other."""
    told = re.findall(r"^\t(\w+) -> (\w+)\t", TEXT, re.MULTILINE)
    assert sorted(told) == sorted((source, to) for source, ways in MOVES.items() for to in ways)


def test_the_script_computes_the_signature(tmp_path):
    """With openssl alone."""
    require("openssl", "openssl")
    (tmp_path / "body").write_text(PARTS["body"])
    command = ["bash", "-c", PARTS["check.sh"], "check.sh", "1795172400"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert f"X-Bastion-Signature: {said.stdout}" in TEXT
