"""One command over the wire: every byte both ways, every request, in whatever order they come."""

import asyncio
import hashlib
import os

import pytest

from bastion.recording.streams import RecordedStream, recorded_bytes
from tests.journeys.test_commands import HELD
from tests.journeys.test_record import newest, replayed, verified
from tests.servers.approver import decide
from tests.servers.deployment import ACCOUNT
from tests.servers.plain_ssh import plain_ssh
from tests.servers.program import bastion

MEGABYTES = 4  # `python -m bench.commands` sends 100


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def recorded(path, stream: RecordedStream) -> str:
    """The SHA-256 of what the record holds of *stream*."""
    hashed = hashlib.sha256()
    for data in recorded_bytes(path, stream):
        hashed.update(data)
    return hashed.hexdigest()


async def test_random_bytes_both_ways_are_what_the_record_holds(deployment):
    """stdin, stdout and the recording have one hash; the recording proves itself and replays."""
    data = os.urandom(MEGABYTES * 1024 * 1024)
    ran = await deployment.ssh("gpu-01", "cat", input_=data)
    assert sha256(ran.out) == sha256(data)
    session, path = await newest(deployment)
    assert recorded(path, RecordedStream.STDIN) == sha256(data)
    assert recorded(path, RecordedStream.STDOUT) == sha256(data)
    assert (await verified(deployment))["fits"]
    assert "exit" in await replayed(deployment, session.id)


async def test_the_streams_come_out_of_the_record_by_command(deployment):
    """`bastion sessions export ID --stream stdout` gives the bytes as they passed."""
    data = os.urandom(100_000)
    await deployment.ssh("gpu-01", "cat; echo oops >&2", input_=data)
    session = await deployment.newest()
    for stream, expected in (("stdin", data), ("stdout", data), ("stderr", b"oops\n")):
        ran = await bastion(
            *("sessions", "export", session.id),
            *("--stream", stream, "--config", str(deployment.config)),
        )
        assert (ran.status, ran.out) == (0, expected), ran.err


async def test_what_a_tool_runs_is_named_in_the_record(deployment):
    """The program of a line that is one of the known ones, and of no other line."""
    await deployment.ssh("gpu-01", "rsync --server --sender -e.LsfxC . /nowhere", input_=b"")
    _, path = await newest(deployment)
    assert b'"program rsync"' in path.read_bytes()
    await deployment.ssh("gpu-01", "rsync --server --sender . /nowhere; true", input_=b"")
    _, path = await newest(deployment)
    assert b'"program' not in path.read_bytes()


@pytest.fixture
async def connection(deployment):
    """A client that can send what the ssh command cannot."""
    folder = deployment.folder / "ssh"
    async with plain_ssh(
        deployment.ssh_port,
        username=f"{ACCOUNT}@gpu-01",
        client_keys=[str(folder / "engineer")],
        known_hosts=str(folder / "known_hosts"),
        host_key_alias="bastion",
    ) as connected:
        yield connected


async def test_a_signal_goes_to_the_host(deployment, connection):
    """Also one that comes before the host is there. This sshd refuses it, as for any root."""
    async with connection.create_process("cat") as process:
        process.send_signal("TERM")
        process.stdin.write_eof()
        await process.wait()
    assert deployment.sshd is not None
    assert "session_signal_req" in deployment.sshd.log.read_text()


async def test_a_signal_takes_a_held_command_back(connection):
    """Like Ctrl-C at a terminal: the request is cancelled, nothing runs."""
    async with connection.create_process("nvidia-smi --gpu-reset -i 0") as process:
        assert "held by gpu-reset" in await process.stderr.readline()
        process.send_signal("INT")
        ended = await process.wait()
    assert ended.exit_status == 126
    assert "[command-cancelled]" in ended.stderr


async def test_data_takes_nothing_back(whole):
    """Without a terminal the byte of Ctrl-C is data, also while the command is held."""
    line = f"sha256sum; {HELD}; exit 4"
    data = bytes(range(256)) * 1000
    running = asyncio.create_task(whole.deployment.ssh("gpu-01", line, input_=data))
    await decide(await whole.link(), whole.provider.password, "approve")
    ran = await running
    assert (ran.status, ran.out.split()[0].decode()) == (4, sha256(data))


async def test_an_end_by_a_signal_comes_back_as_one(deployment, connection):
    """With its name, to the client and into the record."""
    ended = await connection.run("kill -USR1 $$")
    assert ended.exit_signal[0] == "USR1"
    _, path = await newest(deployment)
    assert b'#{"signal":"USR1"}' in path.read_bytes()


async def test_a_break_is_no_end(connection):
    """A host without a serial line takes it for nothing; the command goes on."""
    async with connection.create_process("cat") as process:
        process.channel.send_break(500)
        process.stdin.write("after\n")
        process.stdin.write_eof()
        assert (await process.wait()).stdout == "after\n"


async def test_only_allowed_variables_pass(connection):
    """LANG does; what could change how programs run does not."""
    ran = await connection.run(
        "echo $LC_X $LD_PRELOAD $BASH_ENV", env={"LD_PRELOAD": "x", "BASH_ENV": "x"}
    )
    assert ran.stdout == "\n"


async def test_a_client_that_ends_its_input_first_gets_all_output(connection):
    """EOF one way leaves the other way open."""
    async with connection.create_process("cat >/dev/null; sleep 0.2; echo late; exit 3") as process:
        process.stdin.write_eof()
        ended = await process.wait()
    assert (ended.exit_status, ended.stdout) == (3, "late\n")


async def test_a_host_that_ends_its_output_first_takes_all_input(connection, tmp_path):
    """EOF from the host leaves the way to it open."""
    line = f"exec >&- 2>&-; cat > {tmp_path}/taken; exit 4"
    async with connection.create_process(line) as process:
        assert await process.stdout.read() == ""
        process.stdin.write("after the end\n")
        process.stdin.write_eof()
        ended = await process.wait()
    assert ended.exit_status == 4
    assert (tmp_path / "taken").read_text() == "after the end\n"


async def test_input_that_ends_before_the_host_is_dialed(deployment):
    """Ten commands at once, each with its input sent whole before the host answers."""

    async def one(number: int) -> None:
        ran = await deployment.ssh("gpu-01", f"cat; exit {number}", input_=b"%d" % number)
        assert (ran.status, ran.out) == (number, b"%d" % number)

    await asyncio.gather(*(one(number) for number in range(5)))


async def test_a_command_on_a_terminal(deployment):
    """`ssh -t HOST CMD` is judged as a command, and has a terminal."""
    ran = await deployment.ssh("-tt", "gpu-01", "tty; stty size; exit 6", input_=b"")
    assert ran.status == 6
    assert b"/dev/pts/" in ran.out
    ran = await deployment.ssh("-tt", "gpu-01", "cat /etc/shadow", input_=b"")
    assert ran.status == 126
    assert b"blocked by read-password-hashes" in ran.out
