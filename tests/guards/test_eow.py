"""A client that takes no more output is understood, and what is pending hangs no channel."""

import inspect

import asyncssh

from bastion.guards import eow


async def test_the_session_is_told_and_pending_output_is_dropped(connect):
    """After `eow@openssh.com` nothing waits to be sent, and the session can tell the host."""
    eow.install()
    pair = await connect()
    channel, _ = await pair.client.create_session(
        asyncssh.SSHClientSession, "x", encoding=None, window=1024
    )
    await pair.sender.is_started.wait()
    channel.pause_reading()
    pair.sender.chan.write(b"x" * 1024 * 1024)
    assert pair.sender.chan._send_buf_len > 0
    channel._send_request(b"eow@openssh.com")
    await pair.sender.is_refused.wait()
    assert pair.sender.chan._send_buf_len == 0


def test_the_stock_code_still_needs_the_guard():
    """When this fails, asyncssh knows the request by itself: take the guard out."""
    assert "eow" not in inspect.getsource(asyncssh.channel)
