"""The small SSH host, by a real client: commands, a terminal, and who may come in."""

import asyncio
import hashlib
import os
import time

import asyncssh
import pytest

from bastion.ca.certificate import Wanted, sign_user
from bastion.demo.host.local import LocalHost
from tests.servers.sshd import free_port

CA = asyncssh.generate_private_key("ssh-ed25519")
OTHER_CA = asyncssh.generate_private_key("ssh-ed25519")


def pair(ca=CA, principal="me", *, begin=-60, end=86400):
    """A key with its certificate."""
    key, now = asyncssh.generate_private_key("ssh-ed25519"), int(time.time())
    wanted = Wanted("k", 1, (principal,), now + begin, now + end)
    return key, sign_user(ca, key, wanted, allow_pty=True)


@pytest.fixture
async def host(tmp_path):
    CA.write_public_key(tmp_path / "ca.pub")
    made = LocalHost(tmp_path / "host", tmp_path / "ca.pub", free_port(), "me", "/bin/sh")
    await made.start()
    yield made
    await made.stop()


def connect(host, keys=None, account="me"):
    known = asyncssh.import_known_hosts(f"[127.0.0.1]:{host.port} {host.host_key}\n")
    return asyncssh.connect(
        "127.0.0.1",
        host.port,
        username=account,
        client_keys=[keys or pair()],
        known_hosts=known,
        agent_path=None,
        config=[],
        encoding=None,
    )


@pytest.fixture
async def connection(host):
    async with connect(host) as opened:
        yield opened


async def test_a_command_has_output_errors_and_status(connection):
    """Each arrives by its own way."""
    ran = await connection.run("echo out; echo err >&2; exit 7", encoding=None)
    assert (ran.stdout, ran.stderr, ran.exit_status) == (b"out\n", b"err\n", 7)


async def test_much_output_and_input_arrive_whole(connection):
    """Nothing is lost when the command ends at once."""
    data = os.urandom(2_000_000)
    ran = await connection.run("cat; exit 3", input=data, encoding=None)
    assert ran.exit_status == 3
    assert ran.stdout == data


async def test_a_command_that_a_signal_ends_says_so(connection):
    """As a shell counts: 128 and the signal."""
    assert (await connection.run("kill -TERM $$", encoding=None)).exit_status == 128 + 15


async def until(reader, mark):
    """Read until *mark* was there."""
    seen = b""
    async with asyncio.timeout(30):
        while mark not in seen:
            chunk = await reader.read(4096)
            assert chunk, seen
            seen += chunk
    return seen


async def test_a_shell_has_a_terminal_with_type_and_size(connection):
    """The size changes with the window; `exit` ends it with its status."""
    shell = await connection.create_process(
        term_type="vt220", term_size=(90, 30), encoding=None, stderr=asyncssh.STDOUT
    )
    shell.stdin.write(b"stty size; echo $TERM\n")
    seen = await until(shell.stdout, b"vt220\r\n")
    assert b"30 90\r\n" in seen
    shell.change_terminal_size(120, 40)
    shell.stdin.write(b"stty size\n")
    await until(shell.stdout, b"40 120\r\n")
    shell.stdin.write(b"exit 5\n")
    await shell.wait()
    assert shell.exit_status == 5


async def test_a_terminal_takes_more_than_it_has_room_for(connection):
    """A long paste waits until the program reads; no byte is lost."""
    shell = await connection.create_process(
        "stty raw -echo; echo ready; sleep 0.2; head -c 300000 | sha256sum; exit 0",
        term_type="xterm",
        encoding=None,
        stderr=asyncssh.STDOUT,
    )
    await until(shell.stdout, b"ready")
    shell.stdin.write(b"x" * 300_000)
    seen = await until(shell.stdout, b"-")
    assert hashlib.sha256(b"x" * 300_000).hexdigest().encode() in seen
    await shell.wait()


async def test_ctrl_c_and_signals_do_not_end_the_shell(connection):
    """Ctrl-C reaches the program; a signal or a break of the client does no harm."""
    shell = await connection.create_process(term_type="xterm", encoding=None)
    shell.stdin.write(b"PS1='next> '; echo a-$((1+1))\n")
    await until(shell.stdout, b"a-2\r\n")
    shell.send_break(100)
    shell.send_signal("WINCH")
    shell.stdin.write(b"echo c-$((1+1)); cat\n")
    await until(shell.stdout, b"c-2\r\n")
    shell.stdin.write(b"hello\n")
    await until(shell.stdout, b"hello\r\nhello\r\n")
    shell.stdin.write(b"\x03")
    await until(shell.stdout, b"next> ")  # what is typed before it, `cat` may take as it ends
    shell.stdin.write(b"echo b-$((1+1))\n")
    await until(shell.stdout, b"b-2\r\n")
    shell.stdin.write(b"exit\n")
    await shell.wait()


async def test_a_shell_ends_though_something_runs_in_the_background(connection):
    """As with an sshd, the session is the shell's; its last words arrive."""
    shell = await connection.create_process(
        "sleep 60 & echo last words; exit 4", term_type="xterm", encoding=None
    )
    async with asyncio.timeout(30):
        ran = await shell.wait()
    assert ran.exit_status == 4
    assert b"last words" in ran.stdout


@pytest.mark.parametrize("terminal", [None, "xterm"])
async def test_a_command_ends_with_its_client(host, tmp_path, terminal):
    """Nothing stays behind when the connection is lost."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    async with connect(host) as connection:
        process = await connection.create_process(
            f"exec 3>{fifo}; echo ready; sleep 600", term_type=terminal, encoding=None
        )
        reading = asyncio.create_task(asyncio.to_thread(fifo.read_bytes))
        await until(process.stdout, b"ready")
        connection.abort()
    async with asyncio.timeout(30):
        assert await reading == b""  # its last writer is gone


@pytest.mark.parametrize(
    ("keys", "account"),
    [
        (pair(ca=OTHER_CA), "me"),
        (pair(principal="you"), "me"),
        (pair(principal="you"), "you"),
        (pair(begin=-600, end=-60), "me"),
        (pair(begin=43200, end=86400), "me"),
        (asyncssh.generate_private_key("ssh-ed25519"), "me"),
        (CA, "me"),
    ],
    ids=[
        "other CA",
        "other principal",
        "other account",
        "expired",
        "later",
        "no certificate",
        "CA",
    ],
)
async def test_others_stay_outside(host, keys, account):
    """Only a certificate of the access CA for the account, valid now."""
    with pytest.raises(asyncssh.PermissionDenied):
        await connect(host, keys, account)


async def test_there_is_nothing_else(connection):
    """No forwarding, no file transfer."""
    with pytest.raises(asyncssh.ChannelOpenError):
        await connection.open_connection("127.0.0.1", 1)
    with pytest.raises(asyncssh.ChannelOpenError):
        await connection.open_unix_connection("/tmp/x")
    with pytest.raises(asyncssh.Error):
        await connection.start_sftp_client()


async def test_the_host_key_stays(host, tmp_path):
    """The second start finds the first one's key, which is the owner's only."""
    again = LocalHost(tmp_path / "host", tmp_path / "ca.pub", 0, "me", "/bin/sh")
    assert again.host_key == host.host_key
    assert (tmp_path / "host" / "host_key").stat().st_mode & 0o777 == 0o600
