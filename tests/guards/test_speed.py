"""Fewer and larger writes in the same order, and the fast ciphers for OpenSSH."""

import asyncssh
import pytest
from asyncssh.connection import SSHServerConnection
from asyncssh.crypto import cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bastion.guards import speed
from bastion.guards.speed import Corked, FastCiphers, Unhurried


class CorkedServer(Corked, SSHServerConnection):
    """A server connection that gathers writes."""

    writes = 0

    def _write_gathered(self):
        self.writes += 1
        super()._write_gathered()


class CountedServer(SSHServerConnection):
    """A server connection of asyncssh's own that counts its writes."""

    writes = 0

    def _send(self, data):
        self.writes += 1
        super()._send(data)


class FastServer(FastCiphers, SSHServerConnection):
    """A server connection that chooses ciphers by client."""


class UnhurriedServer(Unhurried, SSHServerConnection):
    """A server connection that arms its keepalive timer when that fires, and keeps its end."""

    end = None

    def connection_lost(self, exc=None):
        self.end = self.end or exc
        super().connection_lost(exc)


class Collector(asyncssh.SSHClientSession):
    """Keeps everything."""

    def __init__(self) -> None:
        self.data = b""

    def data_received(self, data, _datatype):
        self.data += data


async def test_many_packets_become_few_writes_in_order(connect):
    """What one turn of the loop sends goes out in one write."""
    pair = await connect(CorkedServer)
    channel, collector = await pair.client.create_session(Collector, "x", encoding=None)
    await pair.sender.is_started.wait()
    before = pair.server.writes
    for number in range(200):
        pair.sender.chan.write(b"%04d" % number)
    pair.sender.chan.exit(0)
    await channel.wait_closed()
    assert collector.data == b"".join(b"%04d" % number for number in range(200))
    assert pair.server.writes - before < 20


async def test_the_stock_code_still_needs_the_guard(connect):
    """When this fails, asyncssh gathers its packets by itself: take the guard out."""
    pair = await connect(CountedServer)
    channel, _ = await pair.client.create_session(Collector, "x", encoding=None)
    await pair.sender.is_started.wait()
    before = pair.server.writes
    for _ in range(200):
        pair.sender.chan.write(b"four")
    pair.sender.chan.exit(0)
    await channel.wait_closed()
    assert pair.server.writes - before > 200


async def test_a_key_by_itself_is_written_at_once(connect):
    """Without a further turn of the loop for it."""
    pair = await connect(CorkedServer)
    channel, collector = await pair.client.create_session(Collector, "x", encoding=None)
    await pair.sender.is_started.wait()
    pair.server._write_gathered()
    pair.server._sent_at = 0.0
    pair.sender.chan.write(b"k")
    assert not pair.server._is_gathering
    pair.sender.chan.exit(0)
    await channel.wait_closed()
    assert collector.data == b"k"


@pytest.mark.parametrize("name", ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com"])
async def test_a_key_of_aes_gcm_is_set_up_once(connect, name):
    """Packets are encrypted as before, each with a nonce of its own, also after a new exchange."""
    speed.install()
    pair = await connect(CorkedServer, encryption_algs=[name], rekey_bytes=20_000)
    channel, collector = await pair.client.create_session(Collector, "x", encoding=None)
    await pair.sender.is_started.wait()
    gcm = pair.server._send_encryption._cipher
    assert isinstance(gcm._key, AESGCM)
    assert cipher.AESGCM(gcm._key) is gcm._key
    sent = [bytes([number]) * 1000 for number in range(100)]
    for data in sent:
        pair.sender.chan.write(data)
    pair.sender.chan.exit(0)
    await channel.wait_closed()
    assert collector.data == b"".join(sent)
    assert pair.server._send_encryption._cipher is not gcm


def test_a_cipher_that_was_made_before_goes_on():
    """Whoever has a connection when the guard is installed keeps it."""
    speed.install()
    key, nonce = bytes(16), bytes(12)
    old = cipher.GCMCipher("aes128-gcm", key, nonce)
    old._key = key  # as it was
    header, data = b"\0\0\0\x10", bytes(16)
    sealed, tag = old.encrypt_and_sign(header, data)
    assert sealed[4:] + tag == AESGCM(key).encrypt(nonce, data, header)
    assert len(tag) == 16
    again = cipher.GCMCipher("aes128-gcm", key, nonce)
    assert again.verify_and_decrypt(header, sealed[4:], tag) == data
    assert again.verify_and_decrypt(header, sealed[4:], tag) is None


async def test_what_was_sent_before_a_disconnect_arrives(connect):
    """A reason given on disconnecting is not lost in the gathered writes."""
    pair = await connect(CorkedServer)
    pair.server.disconnect(14, "the bastion is stopping")
    assert (await pair.lost).reason == "the bastion is stopping"


async def test_others_choose_from_the_whole_list(connect):
    """A client that is not OpenSSH keeps its own preference."""
    ciphers = ["chacha20-poly1305@openssh.com", "aes256-ctr", "aes128-gcm@openssh.com"]
    pair = await connect(FastServer, encryption_algs=ciphers)
    assert pair.client.get_extra_info("send_cipher") == "chacha20-poly1305@openssh.com"


async def test_openssh_gets_aes_gcm(connect, monkeypatch):
    """A client that calls itself OpenSSH has AES-GCM."""
    monkeypatch.setattr("asyncssh.connection.SSHClientConnection._send_version", _as_openssh)
    ciphers = ["chacha20-poly1305@openssh.com", "aes256-ctr", "aes128-gcm@openssh.com"]
    pair = await connect(FastServer, encryption_algs=ciphers)
    assert pair.client.get_extra_info("send_cipher").endswith("-gcm@openssh.com")


def _as_openssh(self):
    self._client_version = b"SSH-2.0-OpenSSH_9.2"
    self._send(self._client_version + b"\r\n")


async def test_a_configuration_without_the_fast_ciphers_counts(connect, monkeypatch):
    """Nothing is offered that it leaves out."""
    monkeypatch.setattr("asyncssh.connection.SSHClientConnection._send_version", _as_openssh)
    pair = await connect(FastServer, encryption_algs=["aes256-ctr"])
    assert pair.client.get_extra_info("send_cipher") == "aes256-ctr"


async def test_what_comes_puts_the_next_keepalive_off(connect):
    """So long after it the peer is asked whether it is there, as if the timer had been set anew."""
    pair = await connect(UnhurriedServer, keepalive_interval=60)
    server, timer = pair.server, pair.server._keepalive_timer
    await pair.client.create_session(Collector, "x", encoding=None)
    assert server._keepalive_timer is timer
    heard = server._heard_at = server._heard_at - 30
    server._keepalive_timer_callback()
    assert server._keepalive_count == 0
    assert server._keepalive_timer.when() == pytest.approx(heard + 60, abs=5)
    server._heard_at = heard - 60
    server._keepalive_timer_callback()
    assert server._keepalive_count == 1


async def test_a_peer_that_is_silent_is_given_up(connect):
    """Though it said something at first."""
    pair = await connect(UnhurriedServer, keepalive_interval=60, keepalive_count_max=1)
    await pair.client.create_session(Collector, "x", encoding=None)
    pair.client._transport.pause_reading()
    pair.server._keepalive_interval = 0.05  # before, a busy machine would have no time to answer
    pair.server._keepalive_timer_callback()
    await pair.server.wait_closed()
    assert "not responding to keepalive" in str(pair.server.end)
