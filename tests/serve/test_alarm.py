"""A host with another key: kept, then told; told once."""

import pytest

from bastion import chain
from bastion.approval.chat.webhook import Webhook
from bastion.audit.log import AuditLog
from bastion.errors import ChatError, HostKeyError, UpstreamError
from bastion.serve.alarm import CommandAlarm, HostKeyAlarm, Teller
from bastion.store.rows import Command, Session
from bastion.store.sqlite.database import open_store
from bastion.store.worker import StoreWorker
from bastion.target import Target
from tests.servers.chat import receiver
from tests.servers.plain_http import plain_http
from tests.upstream.conftest import authorized

ERROR = HostKeyError(
    "host-key-changed",
    "root@gpu-01: not trusted",
    host="gpu-01",
    presented="ssh-ed25519 SHA256:new",
    pinned=["ssh-ed25519 SHA256:old"],
)
WHO = authorized(Target("gpu-01", "192.0.2.1"))


class Chat:
    """A chat in memory, which may be out of order."""

    name = "chat"

    def __init__(self, failure: Exception | None = None) -> None:
        self.told, self._failure = [], failure

    async def tell(self, message) -> None:
        raise AssertionError(message)

    async def warn(self, alert) -> None:
        self.told.append(alert)
        if self._failure is not None:
            raise self._failure


def session_of(id_: str) -> Session:
    """A session of ann's."""
    facts = {"subject": "sub-1", "account": "ann", "address": "192.0.2.9", "serial": 1}
    where = {"target": "gpu-01", "login": "root", "command": "", "recording": "r"}
    return Session(id=id_, kind="exec", started_at=0.0, **facts, **where)


def command_of(session: str, rule: str, at: float) -> Command:
    """A command that a rule has people told of."""
    return Command("c", session, at, "exec", "hf upload", "notify", rule, "W.")


@pytest.fixture
def store(tmp_path):
    worker = StoreWorker(lambda: open_store(tmp_path / "bastion.db"))
    yield worker
    worker.close()


@pytest.fixture
def audit(store, clock, tmp_path):
    chain.create_key(tmp_path / "record")
    return AuditLog(store, chain.load_signer(tmp_path / "record"), clock)


async def entries(store):
    return await store.run(
        lambda it: [(one.code, one.subject, one.detail) for one in it.audit.entries(0, 100)]
    )


async def test_it_is_kept_each_time_and_told_once(store, audit):
    """Another key of the same host is news again."""
    chat = Chat()
    teller = Teller(audit, [chat])
    alarm = HostKeyAlarm(audit, teller)
    await alarm(WHO, ERROR)
    await alarm(WHO, ERROR)
    other = HostKeyError("x", "x", host="gpu-01", presented="ssh-ed25519 SHA256:3", pinned=[])
    await alarm(WHO, other)
    await teller.close()
    kept = await entries(store)
    assert [code for code, _, _ in kept] == ["host-key-changed"] * 3
    assert kept[0][1:] == (
        "sub-1",
        {
            "host": "gpu-01",
            "presented": "ssh-ed25519 SHA256:new",
            "pinned": ["ssh-ed25519 SHA256:old"],
        },
    )
    assert len(chat.told) == 2
    assert chat.told[0].title == "gpu-01 presented another host key"
    assert "SHA256:new" in chat.told[0].lines[0]
    assert "SHA256:old" in chat.told[0].lines[1]


@pytest.mark.parametrize(
    ("failure", "cause"), [(ChatError("is full"), "is full"), (RuntimeError("u:p@chat"), "Runtime")]
)
async def test_a_chat_that_fails_is_kept(store, audit, failure, cause):
    """Without what an unknown error says: it could be the chat's URL."""
    teller = Teller(audit, [Chat(failure), Chat()])
    await HostKeyAlarm(audit, teller)(WHO, ERROR)
    await teller.close()
    _, (code, _, detail) = await entries(store)
    assert code == "chat-failed"
    assert detail["about"] == "host-key-changed"
    assert detail["cause"].startswith(cause)


async def test_what_cannot_be_kept_is_a_failure_of_its_own(store, audit):
    """Fail closed; nobody is told what is not in the audit log."""
    chat = Chat()
    await store.run(lambda it: it.close())
    with pytest.raises(UpstreamError) as caught:
        await HostKeyAlarm(audit, Teller(audit, [chat]))(WHO, ERROR)
    assert caught.value.code == "store-unavailable"
    assert chat.told == []


async def test_the_webhook_takes_it(audit, clock):
    """As docs/PROTOCOL.approval says: signed, of type `alert`."""
    async with receiver(b"s", now=clock.now) as chat, plain_http() as http:
        teller = Teller(audit, [Webhook(chat.url, b"s", http, clock)])
        await HostKeyAlarm(audit, teller)(WHO, ERROR)
        await teller.close()
    (told,) = chat.requests
    assert (told["type"], told["kind"]) == ("alert", "host-key-changed")
    assert "SHA256:old" in told["text"]


async def test_a_command_is_told_of_once_an_hour_for_its_rule_and_host(audit):
    """A loop must not fill a chat; each one is in the audit log all the same."""
    chat = Chat()
    teller = Teller(audit, [chat])
    alarm = CommandAlarm(teller)
    for number, (rule, at) in enumerate(
        [("told", 0.0), ("told", 3599.0), ("other", 1.0), ("told", 3600.0)]
    ):
        session = session_of(f"s{number}")  # a loop of `ssh gpu-01 COMMAND` is as many sessions
        alarm(session, command_of(session.id, rule, at))
    await teller.close()
    assert [alert.lines[2] for alert in chat.told] == [
        "Why: W. (told)",
        "Why: W. (other)",
        "Why: W. (told)",
    ]
    first = chat.told[0]
    assert first.title == "ann runs a command on gpu-01 that you are told of"
    assert first.lines[:2] == ("Command: hf upload", "On: root at gpu-01")
    assert "s0" in first.lines[3]
