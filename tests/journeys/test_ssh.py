"""The stock OpenSSH client through the bastion: two ways in, full fidelity, clear refusals."""

import hashlib
import os

import pytest

from tests.servers.deployment import ACCOUNT, run
from tests.servers.sshd import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

JUMP = ("gpu-01",)
DIRECT = (f"{ACCOUNT}@gpu-01@bastion",)


@pytest.mark.parametrize("way", [JUMP, DIRECT], ids=["jump", "login@host"])
async def test_a_command_has_its_output_errors_and_status(deployment, way):
    """stdout, stderr and the exit status arrive, each by its own way."""
    ran = await deployment.ssh(*way, "id -un; echo oops >&2; exit 7")
    assert (ran.status, ran.out, ran.err) == (7, f"{ACCOUNT}\n".encode(), b"oops\n")


async def test_input_of_any_bytes_reaches_the_host(deployment):
    """Stdin is binary-clean, and its end is passed on."""
    data = os.urandom(3_000_000)
    ran = await deployment.ssh(*JUMP, "sha256sum", input_=data)
    assert ran.out.split()[0].decode() == hashlib.sha256(data).hexdigest()


async def test_output_of_any_bytes_reaches_the_engineer(deployment, tmp_path):
    """Stdout is binary-clean."""
    data = os.urandom(3_000_000)
    (tmp_path / "data").write_bytes(data)
    ran = await deployment.ssh(*JUMP, f"cat {tmp_path}/data")
    assert hashlib.sha256(ran.out).hexdigest() == hashlib.sha256(data).hexdigest()


async def test_a_client_that_takes_no_more_output_ends_the_command(deployment):
    """`ssh host yes | head -1` returns, and the host's command is gone."""
    options, name = " ".join(deployment.options()), f"eow-{deployment.ssh_port}-{os.getpid()}"
    ran = await run("sh", "-c", f"ssh {options} gpu-01 'exec -a {name} yes' | head -n 1")
    assert ran.out == b"y\n"
    left = await run("pgrep", "-f", f"^{name}")
    assert left.out == b""


async def test_a_signal_ends_as_a_signal(deployment):
    """A command that is killed does not look like one that succeeded."""
    ran = await deployment.ssh(*JUMP, "kill -TERM $$")
    assert ran.status == 255


async def test_a_terminal_has_its_size_and_type(deployment):
    """`ssh -tt` gives the host the terminal's type."""
    ran = await deployment.ssh("-tt", *JUMP, "echo $TERM; test -t 0 && exit 5")
    assert ran.status == 5
    assert os.environ.get("TERM", "").encode() in ran.out


async def test_many_sessions_share_one_connection(deployment, tmp_path):
    """ControlMaster: every exit status is the right one."""
    control = ["-o", f"ControlPath={tmp_path}/c", "-o", "ControlPersist=30"]
    await deployment.ssh("-o", "ControlMaster=yes", *control, "-fN", *JUMP)
    for status in range(10):
        ran = await deployment.ssh(*control, *JUMP, f"echo {status}; exit {status}")
        assert (ran.status, ran.out) == (status, f"{status}\n".encode())
    await deployment.ssh(*control, "-O", "exit", *JUMP)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("gpu-99", "true"), "access-denied"),
        (("nobody@gpu-01", "true"), "access-denied"),
        ((f"{ACCOUNT}@gpu-99@bastion", "true"), "access-denied"),
        (("-T", "bastion"), "no-destination"),
        (("-T", "gpu-01"), "channel-refused"),
        (("-s", "gpu-01", "sftp"), "channel-refused"),
        (("-W", "gpu-01:80", "bastion"), "channel-refused"),
    ],
)
async def test_what_is_refused_is_refused_in_a_sentence(deployment, arguments, code):
    """The user reads what happened, what to do, and a code that can be looked up."""
    ran = await deployment.ssh(*arguments)
    assert ran.status == 255
    assert f"[{code}]".encode() in ran.err


async def test_a_missing_and_a_forbidden_host_look_the_same(deployment):
    """Whoever may not reach a host does not learn that it exists."""
    outsider = deployment.certify("outsider", groups=("guests",))
    texts = [
        (await deployment.ssh("-l", "outsider", "-W", f"{host}:22", "bastion", key=outsider)).err
        for host in ("gpu-01", "gpu-99")
    ]
    assert texts[0] == texts[1]
    assert b"[access-denied]" in texts[0]


@pytest.mark.parametrize("forward", ["-L", "-R", "-D"])
async def test_forwarding_does_not_open_a_way_past_the_bastion(deployment, forward, free_ports):
    """Forwarded ports carry nothing, whatever the client asks for."""
    listening, target = free_ports
    argument = f"{listening}" if forward == "-D" else f"{listening}:127.0.0.1:{target}"
    ran = await deployment.ssh(
        "-o", "ExitOnForwardFailure=yes", forward, argument, *JUMP, "echo in"
    )
    if forward == "-R":
        assert ran.status == 255
        assert b"remote port forwarding failed" in ran.err


@pytest.fixture
def free_ports():
    """Two ports that nothing listens on."""
    return free_port(), free_port()
