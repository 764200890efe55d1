"""Programs with a purpose of their own, on the way through the bastion."""

import asyncio
import os
import re

import pytest

from tests.clients.tools import Ansible, Git, Mosh, VsCode
from tests.servers.sshd import free_port

pytestmark = [pytest.mark.clients, pytest.mark.asyncio(loop_scope="session")]
TABLE = "tools"
BOOTSTRAP = b"""\
set -e
export VSCODE_AGENT_FOLDER="$HOME/.vscode-server"
uname -s -m
case "$(uname -m)" in x86_64) ARCH=x64 ;; *) ARCH=arm64 ;; esac
echo "found $ARCH"
mkdir -p "$VSCODE_AGENT_FOLDER/bin"
CLI="$(ls -t "$VSCODE_AGENT_FOLDER"/code-* 2>/dev/null | head -n 1)"
[ -z "$CLI" ] || "$CLI" --version
echo "7e1d: running"
"""


@pytest.fixture
def kept(cell):
    """Keeps the one cell of a row."""
    return lambda mark, note="": cell.keep("result", mark, note)


@pytest.mark.row("git clone, git push")
async def test_git(site, kept):
    """A repository on the host is cloned, and a commit pushed to it."""
    git, there, here = Git(site), site.files / "there.git", site.files / "clone"
    assert (await git.run("init", "-q", "--bare", "-b", "main", str(there))).status == 0
    cloned = await git.run("clone", "-q", git.remote(there), str(here))
    assert cloned.status == 0, cloned
    at = ("-C", str(here))
    (here / "file").write_bytes(os.urandom(100_000))
    assert (await git.run(*at, "add", "file")).status == 0
    committed = await git.run(*at, "commit", "-q", "-m", "one")
    assert committed.status == 0, committed
    pushed = await git.run(*at, "push", "-q", "origin", "HEAD:main")
    assert pushed.status == 0, pushed
    mine, theirs = (
        await git.run(*at, "rev-parse", "HEAD"),
        await git.run("-C", str(there), "rev-parse", "main"),
    )
    assert mine.out == theirs.out
    kept("ok", "Needs `exec` in the grant.")


async def _ansible(site, tmp_path, *, pipelining):
    ansible = Ansible(site)
    pinged = await ansible.module("ping", "", pipelining=pipelining)
    assert b'"ping": "pong"' in pinged.out, pinged
    told = await ansible.module("command", "sh -c 'echo $((6*7))'", pipelining=pipelining)
    assert b"rc=0" in told.out, told
    assert b"42" in told.out
    here, there = tmp_path / "here", tmp_path / "there"
    here.write_bytes(os.urandom(50_000))
    copied = await ansible.module("copy", f"src={here} dest={there}", pipelining=pipelining)
    assert b"CHANGED" in copied.out, copied
    assert here.read_bytes() == there.read_bytes()


@pytest.mark.row("ansible: ping, command, copy")
async def test_ansible(site, tmp_path, kept):
    """Modules go by SFTP, as Ansible comes."""
    await _ansible(site, tmp_path, pipelining=False)
    kept("ok", "Needs `exec`, `sftp-read` and `sftp-write`.")


@pytest.mark.row("ansible with pipelining")
async def test_ansible_with_pipelining(site, tmp_path, kept):
    """Modules go to Python on stdin."""
    await _ansible(site, tmp_path, pipelining=True)
    kept("ok", "A module longer than `commands.script_bytes` waits for an approver.")


@pytest.mark.row("mosh")
async def test_mosh(site, kept):
    """It is refused, and says why."""
    ran = await Mosh(site).run()
    said = (ran.out + ran.err).decode()
    assert ran.status != 0
    found = re.search(r"mosh talks to the host by UDP[^\x1b\r\n]*", said)
    assert found, said
    kept("refused", f"The client shows: {found[0].strip()}")


@pytest.mark.row("VS Code Remote-SSH")
async def test_the_bootstrap_of_vs_code(site, kept):
    """Its script is read, judged and waits for an approver; then it runs."""
    argv = VsCode(site).argv(free_port())
    ran, _ = await asyncio.gather(site.run(argv, input_=BOOTSTRAP), site.approves())
    assert ran.status == 0, ran
    assert b"[bastion] held by" in ran.err, ran
    assert b"found x64" in ran.out or b"found arm64" in ran.out, ran
    kept("ok", "After an approval, as shipped: docs/commands.md says how to change that.")
