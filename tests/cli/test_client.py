"""The engineer's commands as a person or a script runs them."""

import asyncio
import json
import re
import signal
import sys
import time

import asyncssh
import pytest

from bastion.client.folder import Folder
from bastion.demo.browser import approve_device
from tests.servers import program
from tests.servers.api import bastion_api
from tests.servers.deployment import run
from tests.servers.identity import demo_provider
from tests.servers.plain_http import plain_http

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/device\S+")


SETTING = {"NO_COLOR": "1", "COLUMNS": "200", "SSH_AUTH_SOCK": ""}


async def bastion(*arguments):
    """Run the command line to its end, with no colours and no agent."""
    return await program.bastion(*arguments, **SETTING)


@pytest.fixture
async def api(tmp_path):
    async with (
        demo_provider(tmp_path / "idp") as idp,
        plain_http() as http,
        bastion_api(tmp_path, idp, http) as running,
    ):
        yield running


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "client")


async def sign_in(api, folder, *more, limits=None, columns=200):
    """Run `bastion login` and follow the address that it shows; status and stderr."""
    words = ("login", "--server", api.url, "--dir", folder.root, *more)
    environment = {**SETTING, "COLUMNS": str(columns)}
    process = await program.start(*words, environment=environment, limits=limits)
    said = ""
    while not (found := ADDRESS.search(said)):
        line = await process.stderr.readline()
        assert line, said
        said += line.decode()
    await approve_device(api.http, found[0], "engineer", api.idp.password)
    out, err = await process.communicate()
    assert out == b""
    return process.returncode, said + err.decode()


def is_one_sentence(ran):
    """Whether a command failed with `bastion: …` and nothing else."""
    lines = ran.err.decode().strip().splitlines()
    return (
        ran.status == 1
        and ran.out == b""
        and lines[0].startswith("bastion: ")
        and b"Traceback" not in ran.err
        and len(lines) == 1
    )


async def test_a_narrow_terminal_cuts_nothing_that_is_copied(api, folder):
    """Neither the link nor the command; the terminal breaks lines by itself."""
    status, said = await sign_in(api, folder, columns=37)
    assert status == 0, said
    assert f"ssh -F {folder.ssh_config} HOST" in said


async def test_a_login_for_this_address_alone(api, folder):
    """The certificate says so, and the command too."""
    status, said = await sign_in(api, folder, "--pin")
    assert status == 0
    assert "good from 127.0.0.1/32 only" in said
    certificate = asyncssh.read_certificate(folder.certificate)
    assert [str(network) for network in certificate.options["source-address"]] == ["127.0.0.1/32"]


async def test_the_story_of_a_login(api, folder):
    """Log in, look, print the configuration, log out."""
    status, said = await sign_in(api, folder)
    assert status == 0
    assert "Code" in said
    assert "Logged in as engineer until" in said
    assert str(folder.key) in said
    assert f"ssh -F {folder.ssh_config} HOST" in " ".join(said.split())

    shown = await bastion("status", "--dir", folder.root)
    assert shown.status == 0
    assert b"engineers" in shown.out
    assert b"(in 7 h 59 min)" in shown.out
    told = json.loads((await bastion("status", "--json", "--dir", folder.root)).out)
    assert told["account"] == "engineer"
    assert told["groups"] == ["engineers"]
    assert (told["key"], told["server"]) == ("file", api.url)
    assert 7 * 3600 < told["valid_before"] - time.time() <= 8 * 3600

    block = await bastion("ssh-config", "--login", "root", "--dir", folder.root)
    assert block.status == 0
    assert b"Host gpu-* !bastion\n  User root\n  ProxyJump bastion\n" in block.out
    assert folder.ssh_config.read_bytes() == block.out

    left = await bastion("logout", "--dir", folder.root)
    assert (left.status, left.err) == (0, b"Logged out.\n")
    again = await bastion("logout", "--dir", folder.root)
    assert (again.status, again.err) == (0, b"Nobody was logged in.\n")
    gone = await bastion("status", "--json", "--dir", folder.root)
    assert is_one_sentence(gone)
    assert b"run `bastion login`" in gone.err


async def test_a_full_disk_leaves_the_old_login(api, folder):
    """The second login fails in a sentence; the first one's files are untouched."""
    await sign_in(api, folder)
    before = {path.name: path.read_bytes() for path in folder.root.iterdir()}
    status, said = await sign_in(api, folder, limits={"RLIMIT_FSIZE": 300})
    assert status == 1
    assert "File too large" in said
    assert "Traceback" not in said
    assert {path.name: path.read_bytes() for path in folder.root.iterdir()} == before


async def test_ctrl_c_while_waiting_ends_quietly(api, folder):
    """Exit code 130, no traceback, no folder."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bastion", "login", "--server", api.url, "--dir", folder.root),
        stderr=asyncio.subprocess.PIPE,
    )
    said = b""
    while b"Waiting" not in said:
        said += await process.stderr.readline()
    process.send_signal(signal.SIGINT)
    rest = await process.stderr.read()
    assert await process.wait() == 130
    assert b"Traceback" not in rest
    assert not folder.root.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("login", "--server", "http://bastion.example.com"),
        ("login", "--server", "http://127.0.0.1:1"),
        ("login", "--server", "https://127.0.0.1:1", "--ca", "/etc/passwd"),
        ("login",),
        ("status",),
    ],
)
async def test_what_cannot_be_done_is_one_sentence(folder, arguments):
    """Exit code 1, one line on stderr, nothing on stdout, nothing written."""
    ran = await bastion(*arguments, "--dir", folder.root)
    assert is_one_sentence(ran), ran
    assert not folder.root.exists()


async def test_ssh_config_is_written_and_taken_back(api, folder, tmp_path):
    """`--write` is silent on stdout and idempotent, `--undo` leaves the file as it was."""
    await api.log_in(folder)
    config = tmp_path / "user_config"
    config.write_text("Host own\n  User me\n")
    command = ("ssh-config", "--dir", folder.root, "--config", config)
    for said in (b"now includes", b"included already"):
        ran = await bastion(*command, "--write", "--login", "root")
        assert (ran.status, ran.out, said in b" ".join(ran.err.split())) == (0, b"", True), ran
    read = await run("ssh", "-T", "-G", "-F", str(config), "bastion")
    assert f"identityfile {folder.key}".encode() in read.out
    assert (await bastion(*command, "--undo")).status == 0
    assert config.read_text() == "Host own\n  User me\n"
    assert (await bastion(*command, "--undo", "--write")).status == 2


async def test_a_login_for_ssh_config_is_checked(api, folder):
    """What would write another option is refused."""
    await api.log_in(folder, browser=True)
    ran = await bastion("ssh-config", "--login", "x\n  ProxyCommand y", "--dir", folder.root)
    assert is_one_sentence(ran)


async def test_wrong_usage_is_exit_code_2():
    """As for every command line."""
    assert (await bastion("login", "--nonsense")).status == 2
    assert (await bastion("nonsense")).status == 2
