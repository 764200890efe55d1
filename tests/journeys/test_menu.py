"""`ssh bastion` on a terminal: the menu, driven by keys as a person presses them."""

import asyncio
import contextlib
import shutil
import signal

import asyncssh
import psutil
import pytest

from bastion.screen import Screen
from tests.servers.deployment import ACCOUNT
from tests.servers.plain_ssh import plain_ssh
from tests.servers.program import bastion
from tests.servers.terminal import Terminal
from tests.servers.waiting import until

HOSTS = """
[[host]]
name = "gpu-02"
address = "127.0.0.1"
port = {port}
labels = {{ pool = "research" }}
host_keys = ["{key}"]
[[host]]
name = "secret-01"
address = "127.0.0.1"
port = {port}
host_keys = ["{key}"]
"""


async def two_hosts(deployment):
    """A second host that engineers may reach, and one that they may not."""
    added = HOSTS.format(port=deployment.sshd.port, key=deployment.sshd.host_key)
    file = deployment.folder / "hosts.toml"
    file.write_text(file.read_text() + added)
    deployment.process.send_signal(signal.SIGHUP)
    await until(lambda: deployment.audited("rules-loaded"))


@pytest.fixture(scope="module")
async def site(deployment):
    """A bastion with two hosts in reach, for all tests that leave it so."""
    await two_hosts(deployment)
    return deployment


@pytest.fixture
async def own_site(own_deployment):
    """The same for one test, which may change it."""
    await two_hosts(own_deployment)
    return own_deployment


@contextlib.asynccontextmanager
async def menu(site, *options, cols=100, term="xterm-256color", key=None):
    """`ssh bastion` on a terminal."""
    terminal = Terminal(
        shutil.which("ssh"),
        [*site.options(key), *options, "bastion"],
        cols=cols,
        environment={"TERM": term},
    )
    try:
        yield terminal
    finally:
        terminal.close()


async def test_enter_goes_on_to_the_host_in_the_same_channel(site):
    """Type to search, Enter: a shell, recorded like any other; the choice is audited before."""
    async with menu(site) as terminal:
        await terminal.sees("gpu-02.*q leaves")
        assert "secret-01" not in terminal.shown
        terminal.types("research")
        await terminal.sees("Search.*research")
        terminal.types("\r")
        await terminal.sees("[$#] ")
        terminal.types("PS1='story''$ '; stty size; exit 3\r")
        await terminal.sees("30 100")
        assert await terminal.ends() == 3
    session = await site.newest()
    assert (session.target, session.login, session.kind) == ("gpu-02", ACCOUNT, "shell")
    codes = [
        entry.code for entry in site.audited("bastion-command", "menu-chosen", "session-opened")
    ]
    assert codes[-3:] == ["bastion-command", "menu-chosen", "session-opened"]


GRANTS = f"""
[[grant]]
id = "many"
groups = ["engineers"]
targets = ["gpu-01"]
logins = ["other"]
[[grant]]
id = "asks"
groups = ["engineers"]
targets = ["secret-*"]
logins = ["{ACCOUNT}"]
approval = {{ approvers = ["leads"] }}
"""


async def more_grants(site):
    """A second account on the first host, and a host that needs an approval."""
    rules = site.folder / "rules" / "access.toml"
    rules.write_text(rules.read_text() + GRANTS)
    before = len(site.audited("rules-loaded"))
    site.process.send_signal(signal.SIGHUP)
    await until(lambda: len(site.audited("rules-loaded")) > before)


async def test_several_accounts_are_asked_for(own_site):
    """Enter on the host shows them, Escape goes back."""
    await more_grants(own_site)
    async with menu(own_site) as terminal:
        await terminal.sees("gpu-01 .*q leaves")
        terminal.types("gpu-01\r")
        await terminal.sees("gpu-01 as:.*Esc goes back")
        terminal.types("\x1b")
        await terminal.sees("Search.*Esc clears")
        terminal.types(f"\r{'jk' * 3}")
        await terminal.sees("gpu-01 as:.*Esc goes back")
        terminal.types("j" if ACCOUNT > "other" else "")
        terminal.types("\r")
        await terminal.sees("[$#] ")
        terminal.types("id -un; exit\r")
        await terminal.sees(f"[\r\n]{ACCOUNT}\r\n")
        assert await terminal.ends() == 0


async def test_what_needs_an_approval_says_so_and_waits(own_site):
    """Before the choice in the list, after it in the channel; Ctrl-C cancels."""
    await more_grants(own_site)
    async with menu(own_site) as terminal:
        await terminal.sees("secret-01.*approval first.*q leaves")
        terminal.types("secret\r")
        await terminal.sees("connecting to secret-01 as .* waits for approval by leads")
        terminal.types("\x03")
        await terminal.sees("connection-cancelled")
        assert await terminal.ends() == 255
    assert not own_site.audited("session-opened")


@pytest.mark.parametrize("key", ["q", "\x03", "\x04"])
async def test_leaving_opens_nothing(site, key):
    """Exit status 0, the screen as it was, an entry that the menu was opened."""
    codes = ("bastion-command", "menu-chosen", "session-opened", "access-denied")
    before = len(site.audited(*codes))
    async with menu(site) as terminal:
        await terminal.sees("q leaves")
        terminal.types(key)
        assert await terminal.ends() == 0
        assert "\x1b[?1049l" in terminal.shown
    [opened] = site.audited(*codes)[before:]
    assert (opened.code, opened.detail["command"]) == ("bastion-command", "menu")


async def test_it_is_drawn_anew_for_every_size(site):
    """Down to 20 by 5, and the host has the size that the terminal has then."""
    async with menu(site) as terminal:
        await terminal.sees("q leaves")
        terminal.resize(20, 5)
        await terminal.sees("Enter, type, q")
        terminal.types("\r")
        await terminal.sees("[$#] ")
        terminal.types("stty size; exit\r")
        await terminal.sees("5 20\r\n")
        assert await terminal.ends() == 0
    screen = Screen(20, 5)
    drawn = terminal.shown.split("\x1b[?1049l")[0].split("\x1b[?25l")[-1]
    screen.feed(drawn.encode())
    assert screen.lines()[0].rstrip() == "Search:"
    marked, other = (line.split() for line in screen.lines()[1:3])
    assert (marked[:2], other[0]) == ([">", "gpu-01"], "gpu-02")


async def test_a_terminal_that_only_prints_lines(site):
    """TERM=dumb: numbers, and no escape sequence."""
    async with menu(site, term="dumb") as terminal:
        await terminal.sees("   2  gpu-02.*empty leaves: ")
        assert "\x1b" not in terminal.shown
        terminal.types("2\r")
        await terminal.sees("[$#] ")
        terminal.types("exit 4\r")
        assert await terminal.ends() == 4


async def test_no_color_is_heard(own_site):
    """As far as the client sends it."""
    await more_grants(own_site)
    for options, is_coloured in (((), True), (("-o", "SetEnv=NO_COLOR=1"), False)):
        async with menu(own_site, *options) as terminal:
            await terminal.sees("q leaves")
            terminal.types("q")
            await terminal.ends()
            assert ("\x1b[33m" in terminal.shown) is is_coloured


async def test_two_menus_of_one_connection_lead_to_two_hosts(site, tmp_path):
    """ControlMaster: each choice has an upstream connection of its own, under its own name."""
    control = ("-o", f"ControlPath={tmp_path}/c", "-o", "ControlMaster=auto")
    async with menu(site, *control) as first:
        await first.sees("q leaves")
        first.types("gpu-01\r")
        await first.sees("[$#] ")
        async with menu(site, *control) as second:
            await second.sees("q leaves")
            second.types("gpu-02\r")
            await second.sees("[$#] ")
            opened = [entry.detail["target"] for entry in site.audited("session-opened")]
            assert opened[-2:] == ["gpu-01", "gpu-02"]
            second.types("set -- $SSH_CONNECTION; echo from:$2:; exit 2\r")
            by_second = await second.sees(r"from:\d+:")
            assert await second.ends() == 2
        first.types("set -- $SSH_CONNECTION; echo from:$2:; exit 1\r")
        by_first = await first.sees(r"from:\d+:")
        assert by_first.split("from:")[-1] != by_second.split("from:")[-1]
        assert await first.ends() == 1


async def test_a_choice_that_is_shut_meanwhile_is_refused(own_site):
    """What was drawn opens nothing: the choice passes the doors as of now."""
    async with menu(own_site) as terminal:
        await terminal.sees("q leaves")
        rules = own_site.folder / "rules" / "access.toml"
        rules.write_text(rules.read_text().replace("gpu-*", "other-*"))
        before = len(own_site.audited("rules-loaded"))
        own_site.process.send_signal(signal.SIGHUP)
        await until(lambda: len(own_site.audited("rules-loaded")) > before)
        terminal.types("\r")
        await terminal.sees("access-denied")
        assert await terminal.ends() == 255
    assert not own_site.audited("session-opened")


async def test_a_stranger_sees_nothing(site):
    """Whom no rule knows is shown no host, and can choose none."""
    key, before = site.certify("guest", groups=("guests",)), len(site.audited("menu-chosen"))
    async with menu(site, "-l", "guest", key=key) as terminal:
        await terminal.sees("there is no host that you may reach.*q leaves")
        terminal.types("\rgpu\r\x15q")
        assert await terminal.ends() == 0
    assert len(site.audited("menu-chosen")) == before


async def test_what_is_typed_ahead_reaches_the_host(site):
    """All of it, behind the choice, and none of it the menu; Ctrl-D first is no choice."""
    async with menu(site) as terminal:
        await terminal.sees("q leaves")
        terminal.types("gpu-02\recho typed-'ahead'; exit 6\r")
        await terminal.sees("[\r\n]typed-ahead\r\n")
        assert await terminal.ends() == 6


async def test_a_flood_of_keys_from_who_reads_nothing_is_bounded(site):
    """The menu stops reading and drawing; others go on, and the process stays small."""
    process = psutil.Process(site.process.pid)
    before = process.memory_info().rss
    key = str(site.folder / "ssh" / "engineer")
    async with plain_ssh(site.ssh_port, client_keys=[(key, f"{key}-cert.pub")]) as connection:
        channel, session = await connection.create_session(
            _Deaf, term_type="xterm", term_size=(200, 200), encoding=None
        )
        await session.drawn.wait()
        channel.pause_reading()
        for _ in range(200):
            channel.write(b"x\x7f\x1b[B\x1b[A" * 1000)
        ran = await asyncio.wait_for(site.ssh("gpu-01", "echo in"), 20)
        assert ran.out == b"in\n"
        assert process.memory_info().rss - before < 40_000_000
        connection.abort()


class _Deaf(asyncssh.SSHClientSession):
    """A client that sees that something was drawn, and no more."""

    def __init__(self):
        self.drawn = asyncio.Event()

    def data_received(self, _data, _datatype):
        self.drawn.set()


async def test_a_lock_ends_what_was_chosen_in_the_menu(own_site):
    """Like every other session on that host, with the reason."""
    async with menu(own_site) as terminal:
        await terminal.sees("q leaves")
        terminal.types("gpu-02\r")
        await terminal.sees("[$#] ")
        words = ("lock", "host", "gpu-02", "--reason", "incident", "--config", str(own_site.config))
        assert (await bastion(*words)).status == 0
        await terminal.sees(r"incident.*\[locked\]")
        assert await terminal.ends() == 255
    assert (await own_site.newest()).ending == "locked"
