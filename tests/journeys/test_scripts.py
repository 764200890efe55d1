"""Scripts on standard input: `ssh HOST bash < script` is judged like lines that are typed."""

import asyncio
import base64
import contextlib
import hashlib
import os
import shutil
from collections.abc import AsyncIterator

import pytest

from tests.journeys.test_commands import BLOCKED, HELD, commands
from tests.servers.approver import decide
from tests.servers.deployment import Deployment, Ran

SCRIPT = b"""#!/bin/bash
# what a careful person writes
x=1
echo "begin $x"
for i in 1 2 3; do echo "step $i"; done
exit 7
"""


@pytest.fixture(scope="module")
async def in_parts(tmp_path_factory):
    """A deployment where a script may come in parts, and has to if it is long."""
    folder = tmp_path_factory.mktemp("parts")
    deployment = Deployment(folder, settings={"commands": {"script_bytes": 2000}})
    await deployment.prepare()
    rules = deployment.folder / "rules" / "commands"
    shipped = rules.resolve()
    rules.unlink()
    shutil.copytree(shipped, rules)
    entry = 'reason = "script-part"\nverdict = '
    text = (rules / "opaque.toml").read_text()
    assert entry in text
    (rules / "opaque.toml").write_text(text.replace(f'{entry}"hold"', f'{entry}"allow"'))
    try:
        await deployment.start()
        yield deployment
    finally:
        await deployment.stop()


async def test_a_script_runs_as_it_was_sent(deployment):
    """Its output and status are its own; the record says that it was judged, and as what."""
    ran = await deployment.ssh("gpu-01", "bash -s", input_=SCRIPT)
    assert (ran.status, ran.err) == (7, b"")
    assert ran.out == b"begin 1\nstep 1\nstep 2\nstep 3\n"
    await deployment.newest()  # that it was let through is kept after it was sent
    assert (SCRIPT.decode(), "allow", "released") in commands(deployment)


@pytest.mark.parametrize(
    "shell", ["bash", "cat | sh -s", "env A=1 sh -", "cd /tmp && bash -s -- x"]
)
async def test_a_blocked_command_in_a_script_stops_all_of_it(deployment, tmp_path, shell):
    """Nothing of the script runs, not even what stands before; the sentence is on stderr."""
    mark = tmp_path / "ran"
    script = f"touch {mark}\n{BLOCKED}\n"
    ran = await deployment.ssh("gpu-01", shell, input_=script.encode())
    assert (ran.status, ran.out) == (126, b"")
    assert b"blocked by read-password-hashes" in ran.err
    assert not mark.exists()
    assert (script, "block", "blocked") in commands(deployment)


async def test_a_blocked_command_far_down_is_found(deployment, tmp_path):
    """A script of many blocks is read to its end; the approver sees the line that matters."""
    mark = tmp_path / "ran"
    script = f"touch {mark}\n" + "echo filling\n" * 2000 + f"{BLOCKED}\n"
    ran = await deployment.ssh("gpu-01", "bash", input_=script.encode())
    assert ran.status == 126
    assert not mark.exists()
    text = commands(deployment)[-1][0]
    assert hashlib.sha256(script.encode()).hexdigest() in text
    assert f"[line 2002] {BLOCKED}" in text


async def test_a_held_script_runs_once_it_is_approved(whole):
    """The approver is shown the script; what runs is what was shown."""
    script = f"echo ran\n{HELD}\nexit 4\n"
    running = asyncio.create_task(whole.deployment.ssh("gpu-01", "bash", input_=script.encode()))
    await decide(await whole.link(), whole.provider.password, "approve", "maintenance")
    ran = await running
    assert (ran.status, ran.out) == (4, b"ran\n")
    assert b"held by gpu-reset: waiting for approvers" in ran.err
    store = whole.deployment.store()
    assert [request.text for request in store.requests.latest(10)] == [script]
    store.close()


async def test_a_script_that_was_changed_on_its_way_is_held(whole):
    """`base64 -d | sh` hides what runs, so the input waits for an approver."""
    script = base64.b64encode(b"echo decoded\n")
    line = "base64 -d | tr -d x | sh"
    running = asyncio.create_task(whole.deployment.ssh("gpu-01", line, input_=script))
    while not running.done():
        link = asyncio.create_task(whole.link())
        await asyncio.wait([link, running], return_when=asyncio.FIRST_COMPLETED)
        if link.done():
            await decide(link.result(), whole.provider.password, "deny", "no")
        link.cancel()
    ran = running.result()
    assert (ran.status, ran.out) == (126, b"")


async def test_a_script_of_another_language_is_marked(deployment):
    """Python's own words are not the shell's: it runs, and is opaque in the record."""
    script = b"import sys\nprint('x' * 3)\nsys.exit(5)\n"
    ran = await deployment.ssh("gpu-01", "python3 -", input_=script)
    assert (ran.status, ran.out) == (5, b"xxx\n")
    await deployment.newest()
    assert (script.decode(), "opaque", "released") in commands(deployment)


async def test_a_module_that_comes_when_sudo_has_answered(deployment):
    """Ansible sends its module only after the line that says that it is root."""
    line = "/bin/sh -c 'echo BECOME-SUCCESS-x ; python3' && sleep 0"
    async with streaming(deployment, line) as process:
        assert await process.stdout.readline() == b"BECOME-SUCCESS-x\n"
        ran = await ending(process, b"print('module ran')\n")
    assert (ran.status, ran.out) == (0, b"module ran\n")


async def test_input_that_does_not_end_is_a_part(deployment):
    """`ssh HOST bash`, typed by hand without a terminal: each part is held by default."""
    async with streaming(deployment, "bash") as process:
        process.stdin.write(b"echo typed\n")
        said = await process.stderr.readline()
        assert b"held by opaque-script-part" in said


async def test_parts_are_judged_as_they_come(in_parts):
    """Where parts may run, each is judged before it does, also one cut in the middle of a line."""
    async with streaming(in_parts, "bash") as process:
        process.stdin.write(b"echo fi''rst; cat \\\n")
        await process.stdin.drain()
        process.stdin.write(b"/dev/null; echo whole\necho unfinished")
        assert await process.stdout.readline() == b"first\n"
        assert await process.stdout.readline() == b"whole\n"
        process.stdin.write(b"; cat \\\n/etc/shadow\n")
        ran = await ending(process)
    assert (ran.status, ran.out) == (126, b"")
    assert b"blocked by read-password-hashes" in ran.err
    texts = [text for text, _, _ in commands(in_parts)]
    assert "echo fi''rst; cat \\\n/dev/null; echo whole\n" in texts


async def test_a_script_that_is_longer_than_may_be_read(in_parts):
    """It goes in parts of whole lines, each judged; the bytes that run are the bytes sent."""
    script = b"".join(b"echo %04d\n" % number for number in range(1000))
    ran = await in_parts.ssh("gpu-01", "sh", input_=script)
    assert ran.status == 0
    assert ran.out == b"".join(b"%04d\n" % number for number in range(1000))
    ran = await in_parts.ssh("gpu-01", "sh", input_=script + f"{BLOCKED}\n".encode())
    assert ran.status == 126
    assert b"root:" not in ran.out


async def test_a_script_that_is_no_text_is_kept_by_its_hash(deployment):
    """What cannot be shown is named by its SHA-256, so that the record is of exactly that."""
    script = b"echo a # \xff\xfe\nexit 3\n"
    ran = await deployment.ssh("gpu-01", "bash", input_=script)
    assert (ran.status, ran.out) == (3, b"a\n")
    assert hashlib.sha256(script).hexdigest() in commands(deployment)[-1][0]


async def test_an_interpreter_without_input_is_not_held_up(deployment):
    """No input, no question: the end of it goes to the host at once."""
    ran = await deployment.ssh("gpu-01", "bash; echo $?", input_=b"")
    assert (ran.status, ran.out) == (0, b"0\n")
    assert len(commands(deployment)) == 1


async def test_data_is_not_read_as_a_script(deployment):
    """`tar x`, `cat > file`: what a program takes as data passes as it comes."""
    data = os.urandom(200_000)
    ran = await deployment.ssh("gpu-01", "sha256sum", input_=data)
    assert ran.out.split()[0].decode() == hashlib.sha256(data).hexdigest()
    assert len(commands(deployment)) == 1


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("mosh-server new -s", b"mosh talks to the host by UDP"),
        ("sudo -n /usr/lib/openssh/sftp-server", b"use `sftp HOST`"),
    ],
)
async def test_what_cannot_be_served_is_refused_with_a_sentence(deployment, line, sentence):
    """Mosh would go past the bastion, and a file server as a command would hide its files."""
    ran = await deployment.ssh("gpu-01", line)
    assert ran.status == 126
    assert sentence in ran.err


@contextlib.asynccontextmanager
async def streaming(deployment, line: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The real ssh with its stdin left open."""
    process = await asyncio.create_subprocess_exec(
        *("ssh", *deployment.options(), "gpu-01", line),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(30):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def ending(process: asyncio.subprocess.Process, data: bytes | None = None) -> Ran:
    """The rest of what it says, once its input has ended."""
    out, err = await process.communicate(data)
    return Ran(process.returncode or 0, out, err)
