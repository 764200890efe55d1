"""Full-screen programs, pasted lines and narrow terminals, as a person meets them."""

import asyncio

import pytest

from tests.servers.installed import require
from tests.servers.terminal import PROMPT, Terminal, plain, shell

BLOCKED = "cat /etc/shadow"
TERMINAL = {"TERM": "xterm-256color"}


def ssh(deployment) -> tuple[str, list[str]]:
    return "ssh", [*deployment.options(), "gpu-01"]


def commands(deployment) -> list[tuple[str, str, str]]:
    """What the store says of every line of the newest session: text, verdict, rule."""
    return [(each.text, each.verdict, each.rule) for each in deployment.commands(1)]


async def test_text_typed_into_vi_is_no_command(deployment):
    """What the buffer says is not judged, nor what follows; at the prompt it is blocked."""
    vi = require("vim.tiny", "vim-tiny")
    async with shell(*ssh(deployment), environment=TERMINAL) as terminal:
        terminal.types(f"{vi} -u NONE -i NONE notes\r")
        await terminal.sees("notes.*New")
        terminal.types("i")
        terminal.types("it's how\rrm -rf /\rto lose all")
        await terminal.sees("to lose all")
        terminal.types("\x1b:q!\r")
        await terminal.sees(PROMPT)
        terminal.types("echo al''ive\r")
        said = plain(await terminal.sees(f"\ralive\r\n.*{PROMPT}"))
        assert "[bastion]" not in terminal.shown + said
        terminal.types("rm -rf /\r")
        assert "[command-blocked]" in plain(await terminal.sees(PROMPT))
    told = commands(deployment)
    assert ("rm -rf /", "opaque", "opaque-full-screen") in told
    assert (":q!", "opaque", "opaque-full-screen") in told
    assert [verdict for text, verdict, _ in told if text == "rm -rf /"] == ["opaque", "block"]


async def test_the_escape_of_the_alternate_screen_hides_no_command(deployment):
    """A prompt that is known is a shell's, whatever screen the host shows it on."""
    async with shell(*ssh(deployment), environment=TERMINAL) as terminal:
        terminal.types("printf '\\033[?1049h'\r")
        await terminal.sees(PROMPT)
        terminal.types("rm -rf /\r")
        assert "[command-blocked]" in plain(await terminal.sees(PROMPT))


async def test_a_shell_in_tmux_is_judged(deployment):
    """A full screen, and a prompt that was not seen before; split into panes as well."""
    tmux = require("tmux", "tmux")
    server = [tmux, "-f", "/dev/null", "-L", f"b{deployment.ssh_port}"]
    async with shell(*ssh(deployment), environment=TERMINAL) as terminal:
        terminal.types(f"{' '.join(server)} new-session \\; split-window -h \\; select-pane -L\r")
        await terminal.sees("[$#] .*[$#] ")
        try:
            terminal.types("rm -rf /\r")
            await terminal.sees("blocked by .*[$#] ")
            terminal.types("\x02o")
            terminal.types("rm -rf /\r")
            await terminal.sees("blocked by [a-z-]+")
        finally:
            killing = await asyncio.create_subprocess_exec(*server, "kill-server")
            await killing.wait()
        await terminal.sees(PROMPT)
    blocked = [text for text, verdict, _ in commands(deployment) if verdict == "block"]
    assert blocked == ["rm -rf /"] * 2


def paste(*lines: str) -> str:
    """What a terminal sends for a paste of *lines* where the program asked to be told."""
    return "\x1b[200~" + "\r".join(lines) + "\x1b[201~"


async def test_lines_that_are_pasted_together_run_without_a_hold(deployment):
    """Each is harmless, and so is the whole."""
    async with shell(*ssh(deployment), environment=TERMINAL) as terminal:
        terminal.types(paste("echo o''ne", "cd /tmp", "echo thr''ee"))
        await terminal.sees("thr''ee")
        terminal.types("\r")
        await terminal.sees("one\r\n")
        await terminal.sees("three\r\n")
        assert "[bastion]" not in terminal.shown
    told = [text for text, verdict, _ in commands(deployment) if verdict == "allow"]
    assert told[-3:] == ["echo o''ne", "cd /tmp", "echo thr''ee"]


async def test_a_paste_with_a_blocked_line_in_the_middle_runs_nothing(deployment):
    """Not the lines before it either."""
    async with shell(*ssh(deployment), environment=TERMINAL) as terminal:
        terminal.types(paste("echo o''ne", BLOCKED, "echo thr''ee") + "\r")
        assert "[command-blocked]" in plain(await terminal.sees(PROMPT))
        await nothing_ran(terminal)


@pytest.mark.parametrize("keys", ["\r", "\x01\r"], ids=["at the end", "at the start"])
async def test_a_paste_is_read_wherever_the_cursor_stands(deployment, keys):
    """All lines that Enter accepts, also those below the cursor's."""
    async with shell(*ssh(deployment), environment=TERMINAL) as terminal:
        terminal.types(paste(f"echo o''ne; {BLOCKED}", "echo thr''ee"))
        await terminal.sees("thr''ee")
        terminal.types(keys)
        assert "[command-blocked]" in plain(await terminal.sees(PROMPT))
        await nothing_ran(terminal)


async def nothing_ran(terminal: Terminal) -> None:
    """The next line runs, and nothing of the paste did."""
    terminal.types("echo al''ive\r")
    await terminal.sees("\ralive\r\n")
    for output in ("\rone\r\n", "\rthree\r\n", "root:"):
        assert output not in terminal.shown
