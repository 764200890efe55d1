"""Dialing real hosts: by certificate, stored key and stored password, directly and by others."""

import asyncio
import gc
import getpass
import socket

import asyncssh
import pytest

from bastion.authorization import Channel
from bastion.config.sealing import OpenBaoSealing
from bastion.errors import HostKeyError, UpstreamError
from bastion.sealing import file as sealing
from bastion.sealing.envelope import Envelope
from bastion.sealing.transit import TransitWrapping
from bastion.target import Family, Method, Target
from bastion.upstream.login import HostLogin
from tests.servers.appliance import appliance

SECRET = "open sesame 7!"
ACCOUNT = getpass.getuser()


def box_target(box, method=Method.PASSWORD, **more) -> Target:
    facts = {"host_keys": (box.host_key,), "credential": "box", "method": method}
    return Target("box-1", "127.0.0.1", box.port, **facts | more)


def sshd_target(server, name="gpu-01", **more) -> Target:
    return Target(name, "127.0.0.1", server.port, host_keys=(server.host_key,), **more)


async def test_by_certificate(bench, sshd):
    """The default: a key for this connection, named in the host's log."""
    assert await bench.says(sshd_target(sshd)) == "in\n"
    assert "ID bastion sub-1 c1" in sshd.log.read_text()


async def test_by_stored_key(bench, keyed_sshd):
    """A host that knows only authorized_keys."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_public_key(keyed_sshd.keys)
    await bench.keep("box", "key", key.export_private_key())
    target = sshd_target(keyed_sshd, method=Method.KEY, credential="box")
    assert await bench.says(target) == "in\n"
    with pytest.raises(UpstreamError) as caught:
        await bench.says(sshd_target(keyed_sshd))
    assert caught.value.code == "host-login-refused"


@pytest.mark.parametrize("method", ["password", "keyboard-interactive"])
async def test_by_stored_password(bench, method):
    """Typed once, in the way that the appliance knows."""
    await bench.keep("box", "password", SECRET.encode())
    async with appliance(SECRET, methods=frozenset({method})) as box:
        assert await bench.says(box_target(box), "show version") == "appliance ran: show version\n"
    assert box.tried == [(method, SECRET)]


async def test_a_message_before_the_prompt_is_passed_over(bench):
    """Rounds without a prompt show a message; they get an empty answer."""
    await bench.keep("box", "password", SECRET.encode())
    asks = ((), (("admin's password:", False),), ())
    async with appliance(SECRET, methods=frozenset({"keyboard-interactive"}), asks=asks) as box:
        assert "ran" in await bench.says(box_target(box))
    assert box.tried == [("keyboard-interactive", SECRET)]


@pytest.mark.parametrize(
    "asks",
    [
        ((("Password: ", True),),),
        ((("Verification code: ", False),),),
        ((("New password: ", False),),),
        ((("Password: ", False), ("Token: ", False)),),
        ((("Password: ", False),), (("Password: ", False),)),
    ],
    ids=["echoed", "a code", "a new one", "two at once", "twice"],
)
async def test_other_prompts_get_no_password(bench, asks):
    """Only a hidden prompt for the password is answered, and only once."""
    await bench.keep("box", "password", SECRET.encode())
    async with appliance(SECRET, methods=frozenset({"keyboard-interactive"}), asks=asks) as box:
        with pytest.raises(UpstreamError) as caught:
            await bench.dial(box_target(box))
    assert caught.value.code == "host-login-refused"
    assert len(box.tried) == (1 if len(asks) == 2 else 0)


async def test_a_wrong_password_is_offered_once(bench):
    """An appliance that takes both ways is not asked twice: it could lock the account."""
    await bench.keep("box", "password", b"not that")
    both = frozenset({"password", "keyboard-interactive"})
    async with appliance(SECRET, methods=both) as box:
        with pytest.raises(UpstreamError) as caught:
            await bench.dial(box_target(box))
    assert caught.value.code == "host-login-refused"
    assert box.tried == [("password", "not that")]
    assert "not that" not in str(caught.value)


async def test_a_host_with_another_key_is_told_nothing(bench, other_key):
    """The alarm hears both fingerprints; the password is not even opened."""
    async with appliance(SECRET) as box:  # nothing is stored: looking for it would fail otherwise
        with pytest.raises(HostKeyError) as caught:
            await bench.dial(box_target(box, host_keys=(other_key,)))
    (alarm,) = bench.alarms
    assert alarm is caught.value
    assert caught.value.code == "host-key-changed"
    assert alarm.presented == _fingerprint(box.host_key)
    assert alarm.pinned == (_fingerprint(other_key),)
    assert box.tried == []


async def test_a_host_key_of_another_kind_is_a_changed_key(bench):
    """It is not a failure to agree on an algorithm: somebody has to look."""
    pinned = asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_public_key().decode()
    async with appliance(SECRET) as box:
        with pytest.raises(HostKeyError):
            await bench.dial(box_target(box, host_keys=(pinned,)))
    assert bench.alarms[0].presented == _fingerprint(box.host_key)


async def is_unusable(bench, words) -> None:
    """The password of a box fails with *words* in the log, and the box hears nothing."""
    async with appliance(SECRET) as box:
        with pytest.raises(UpstreamError, match=words) as caught:
            await bench.dial(box_target(box))
    assert caught.value.code == "host-credential-unusable"
    assert box.tried == []


@pytest.mark.parametrize("kept", [(), ("key", b"x")], ids=["absent", "of another kind"])
async def test_a_password_that_is_not_there(bench, kept):
    """The log names it; the user is sent to the operators; the host hears nothing."""
    if kept:
        await bench.keep("box", *kept)
    await is_unusable(bench, "box-1: there is no password 'box'")


async def test_a_stored_key_that_cannot_be_read(bench, sshd):
    """The same, without a word of what is in it."""
    await bench.keep("box", "key", b"not a key")
    with pytest.raises(UpstreamError, match="the stored key cannot be read") as caught:
        await bench.dial(sshd_target(sshd, method=Method.KEY, credential="box"))
    assert caught.value.code == "host-credential-unusable"


async def test_a_seal_that_does_not_open(bench):
    """A changed row, or a lost sealing key."""
    await bench.keep("box", "password", SECRET.encode())
    bench.sealer = sealing.FileSealer(bytes(32))
    await is_unusable(bench, "does not open")


async def test_a_server_that_keeps_the_key_and_is_away(bench):
    """Nothing is offered to the host; the cause is for the log, and says what is away."""
    await bench.keep("box", "password", SECRET.encode())
    token = bench.folder / "token"
    token.write_text("s.token")
    settings = {"custody": "openbao", "url": "http://127.0.0.1:1", "key": "k", "token_file": token}
    bench.sealer = Envelope(TransitWrapping(OpenBaoSealing.model_validate(settings)))
    sealed = b"\x03\x00\x01x" + bytes(60)
    await bench.store.run(
        lambda store: store.credentials.reseal(store.credentials.get("box"), sealed)
    )
    await is_unusable(bench, "does not answer")


async def test_through_another_host(bench, sshd):
    """The host on the way is logged in to with its own credential; it carries only bytes."""
    await bench.keep("box", "password", SECRET.encode())
    jump = sshd_target(sshd, "jump-1", jump_login=ACCOUNT)
    async with appliance(SECRET) as box:
        assert "ran" in await bench.says(box_target(box, via=jump))
    assert box.tried == [("password", SECRET)]
    assert "direct-tcpip" not in str(bench.alarms)
    assert "Accepted publickey" in sshd.log.read_text()


async def test_through_two_hosts_by_certificate(bench, sshd):
    """A source address is pinned for the first host only: the others see another one."""
    first = sshd_target(sshd, "jump-1", jump_login=ACCOUNT)
    second = sshd_target(sshd, "jump-2", jump_login=ACCOUNT, via=first)
    target = sshd_target(sshd, via=second)
    assert await bench.says(target, source_addresses=("127.0.0.1/32",)) == "in\n"
    assert sshd.log.read_text().count("Accepted publickey") == 3


async def test_a_certificate_for_the_way_opens_no_terminal(bench):
    """On the host on the way the bastion may forward a port, and have no pty."""
    own, way = [
        (
            await bench.dialer()._make_key(
                "x", "id", is_direct=True, is_way=is_way, channels={Channel.SHELL}
            )
        )[1]
        for is_way in (False, True)
    ]
    assert "permit-port-forwarding" not in own.options
    assert "permit-pty" in own.options
    assert "permit-port-forwarding" in way.options
    assert "permit-pty" not in way.options


async def test_every_host_on_the_way_is_pinned(bench, sshd, other_key):
    """A wrong key on the way: nothing goes on."""
    jump = Target("jump-1", "127.0.0.1", sshd.port, host_keys=(other_key,), jump_login="x")
    async with appliance(SECRET) as box:
        with pytest.raises(HostKeyError) as caught:
            await bench.dial(box_target(box, via=jump))
    assert caught.value.host == "jump-1"
    assert box.tried == []


async def test_the_way_ends_with_what_it_carries(bench, sshd):
    """Closing the connection to the host closes the one that it went through."""
    target = sshd_target(sshd, via=sshd_target(sshd, "jump-1", jump_login=ACCOUNT))
    connection = await bench.dial(target)
    way = connection._tunnel
    connection.close()
    await asyncio.wait_for(way.wait_closed(), 10)


async def test_a_way_to_nowhere(bench, sshd):
    """The host on the way cannot connect: the host is the one that does not answer."""
    jump = sshd_target(sshd, "jump-1", jump_login=ACCOUNT)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        target = Target(
            "gpu-02", "127.0.0.1", taken.getsockname()[1], host_keys=(sshd.host_key,), via=jump
        )
        with pytest.raises(UpstreamError, match="gpu-02") as caught:
            await bench.dial(target)
    assert caught.value.code == "host-unreachable"


async def test_the_next_address_is_tried(bench):
    """A name with several addresses: one that refuses does not end it. Families can be chosen."""
    await bench.keep("box", "password", SECRET.encode())
    async with appliance(SECRET) as box:  # on 127.0.0.1 alone
        target = box_target(box)
        by_name = Target(**{**vars(target), "address": "localhost"})
        assert "ran" in await bench.says(by_name)
        assert "ran" in await bench.says(Target(**{**vars(by_name), "family": Family.IPV4}))
        with pytest.raises(UpstreamError) as caught:
            await bench.says(Target(**{**vars(target), "family": Family.IPV6}))
    assert caught.value.code == "host-name-unknown"


async def test_silence_has_an_end(bench, other_key):
    """A port that accepts and says nothing: the time is for the whole way."""
    kept = []
    silent = await asyncio.start_server(lambda _reader, writer: kept.append(writer), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    target = Target("gpu-02", "127.0.0.1", port, host_keys=(other_key,))
    with pytest.raises(UpstreamError, match="gpu-02") as caught:
        await bench.dial(target, connect_seconds=1)
    for writer in kept:
        writer.close()
    silent.close()
    assert caught.value.code == "host-timeout"


async def test_a_name_that_nobody_knows(bench, other_key):
    """The inventory names a host that does not resolve (RFC 6761: `.invalid` never does)."""
    target = Target("gpu-02", "gpu-02.invalid", host_keys=(other_key,))
    with pytest.raises(UpstreamError, match="gpu-02") as caught:
        await bench.dial(target)
    assert caught.value.code == "host-name-unknown"


@pytest.mark.parametrize("password", [SECRET, "wrong"])
async def test_nothing_keeps_the_secret(bench, password):
    """After the login, accepted or refused, no living object of the connection has it."""
    await bench.keep("box", "password", SECRET.encode())
    async with appliance(password) as box:
        box.tried = _Forgetful()
        try:
            connection = await bench.dial(box_target(box))
        except UpstreamError as error:
            connection, failed = None, error
        gc.collect()
        holders = [
            one
            for one in gc.get_objects()
            if isinstance(one, HostLogin | asyncssh.SSHClientConnection)
        ]
        for holder in holders:
            assert SECRET not in repr(vars(holder))
            assert SECRET not in repr(vars(getattr(holder, "_options", holder)))
        if connection is not None:
            assert holders
            connection.close()
            await connection.wait_closed()
        else:
            assert SECRET not in repr(failed)


class _Forgetful(list):
    def append(self, item) -> None:
        """Keep nothing: the test looks for who does."""


def _fingerprint(line: str) -> str:
    key = asyncssh.import_public_key(line)
    return f"{key.get_algorithm()} {key.get_fingerprint()}"
