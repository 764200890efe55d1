"""`bastion quickstart`: the whole story with the real ssh, by itself and by hand."""

import asyncio
import sys

from tests.servers.program import bastion
from tests.servers.sshd import free_port


async def test_the_self_test_tells_its_steps(tmp_path):
    """Exit code 0, a line a step; a second run in the same folder works as well."""
    for _ in range(2):
        words = ("quickstart", "--self-test", "--state", tmp_path / "demo")
        ran = await bastion(*words, seconds=90, NO_COLOR="1", COLUMNS="200")
        assert ran.status == 0, ran.err
        lines = ran.out.decode().splitlines()
        steps = [line.removeprefix("ok  ").partition(":")[0] for line in lines if line[:2] == "ok"]
        assert steps == [
            "log in",
            "an allowed command",
            "a blocked command",
            "a held command, approved",
            "the record",
        ]
        assert lines[-1] == "the whole story works"
    log = (tmp_path / "demo" / "bastion.log").read_text()
    password = (tmp_path / "demo" / "provider" / "password").read_text().strip()
    assert "Traceback" not in log
    assert password not in log


async def test_by_hand_it_shows_what_to_paste_and_ctrl_c_ends_it(tmp_path):
    """Every line of the story is there, the password too; SIGINT ends it with 0."""
    ports = [f"--{name}-port={free_port()}" for name in ("ssh", "web", "provider", "host")]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bastion", "quickstart"),
        *("--state", str(tmp_path / "demo"), *ports),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said = b""
    async with asyncio.timeout(60):
        while b"Ctrl-C stops it" not in said:
            line = await process.stdout.readline()
            assert line, await process.stderr.read()
            said += line
        process.terminate()
        out, err = await process.communicate()
    assert process.returncode == 0
    assert b"Traceback" not in out + err
    for words in (
        b"login --server http://127.0.0.1:",
        b"ssh -F ",
        b"/approvals",
        b"replay --config",
    ):
        assert words in said
    assert (tmp_path / "demo" / "provider" / "password").read_bytes().strip() in said
