"""What people are told when they come, what hosts are told of them, and what a host sees."""

import shutil

import pytest

from tests.servers.deployment import ACCOUNT, deployed
from tests.servers.terminal import Terminal, plain

pytestmark = pytest.mark.asyncio(loop_scope="module")

BANNER = "Authorized use only.\nSessions are recorded."
MOTD = "Cluster maintenance on Friday.\nAsk #gpu."


@pytest.fixture(scope="module")
async def site(tmp_path_factory):
    """A bastion with manners, and a host whose sshd wants to know who comes."""
    manners = {"banner": BANNER, "motd": MOTD}
    settings = {"manners": manners}
    async with deployed(tmp_path_factory.mktemp("manners"), settings=settings) as deployment:
        yield deployment


def on_terminal(site, *words, cols=100, **environment):
    return Terminal(
        shutil.which("ssh"), [*site.options(), *words], cols=cols, environment=environment
    )


async def test_the_banner_comes_once_before_the_login(site):
    """On stderr, also for whoever is refused; by a jump it is not said twice."""
    for words in (("gpu-01", "echo in"), (f"{ACCOUNT}@gpu-01@bastion", "echo in")):
        ran = await site.ssh(*words)
        assert (ran.status, ran.out) == (0, b"in\n")
        assert ran.err.replace(b"\r", b"").decode() == f"{BANNER}\n"
    stranger = site.certify("stranger", valid_before=1)
    refused = await site.ssh("bastion", "status", key=stranger)
    assert refused.status == 255
    assert BANNER.encode() in refused.err.replace(b"\r", b"")


async def test_the_motd_is_for_a_shell_on_a_terminal(site):
    """It is in the recording, for it was on the screen; no command's output ever holds it."""
    terminal = on_terminal(site, "gpu-01")
    try:
        await terminal.sees("Cluster maintenance on Friday.\r\nAsk #gpu.\r\n")
        await terminal.sees("[$#] ")
        terminal.types("exit\r")
        assert await terminal.ends() == 0
    finally:
        terminal.close()
    for words in (("-tt", "gpu-01", "echo in"), ("gpu-01", "echo in"), ("-T", "bastion", "hosts")):
        ran = await site.ssh(*words)
        assert b"maintenance" not in ran.out + ran.err


@pytest.mark.parametrize("cols", [37, 211])
@pytest.mark.parametrize("way", ["gpu-01", f"{ACCOUNT}@gpu-01@bastion"])
async def test_the_size_is_true_from_the_first_byte(site, way, cols):
    """A program that asks once, at its start, is told the truth."""
    terminal = on_terminal(site, "-t", way, "stty size; tput cols 2>/dev/null", cols=cols)
    try:
        await terminal.sees(f"30 {cols}\r\n")
        assert await terminal.ends() == 0
    finally:
        terminal.close()


async def test_what_the_host_sees(site):
    """TERM always; locale and colours as the client sends them; nothing else of it."""
    sends = "SendEnv=LANG LC_* COLORTERM NO_COLOR SECRET_TOKEN LD_PRELOAD"
    environment = {"TERM": "tmux-256color", "LC_TIME": "de_DE.UTF-8", "COLORTERM": "truecolor"}
    environment |= {"SECRET_TOKEN": "s3cret", "LD_PRELOAD": "/evil.so"}
    words = ("-o", sends, "-t", "gpu-01", "env; exit 9")
    terminal = on_terminal(site, *words, **environment)
    try:
        assert await terminal.ends() == 9
    finally:
        terminal.close()
    seen = dict(line.split("=", 1) for line in plain_lines(terminal.shown) if "=" in line)
    assert (seen["TERM"], seen["LC_TIME"]) == ("tmux-256color", "de_DE.UTF-8")
    assert seen["COLORTERM"] == "truecolor"
    assert "SECRET_TOKEN" not in seen
    assert "LD_PRELOAD" not in seen
    assert seen["SSH_CONNECTION"].endswith(f"127.0.0.1 {site.sshd.port}")


async def test_the_host_is_told_who_it_is_and_cannot_be_lied_to(site):
    """BASTION_USER and BASTION_SESSION come from the bastion, whatever the client sets."""
    lie = "SetEnv=BASTION_USER=root BASTION_SESSION=none"
    ran = await site.ssh("-o", lie, "gpu-01", "echo $BASTION_USER $BASTION_SESSION")
    session = await site.newest()
    assert ran.out.decode().split() == ["engineer", session.id]


def plain_lines(text):
    return [plain(line) for line in text.split("\r\n")]
