"""Rules for files, with the real sftp, scp and rsync, a real approver and a real chat."""

import asyncio

import pytest

from bastion.demo.chat import DemoChat
from bastion.demo.host.sshd import Sshd
from tests.files.conftest import files_site, grant
from tests.servers.approver import decide
from tests.servers.deployment import run
from tests.servers.identity import demo_provider

pytestmark = pytest.mark.asyncio(loop_scope="module")

RULES = """
[[rule]]
id = "weights-leave"
verdict = "hold"
message = "weights need a second pair of eyes"
actions = ["download", "rename"]
paths = ["*.safetensors"]
examples = [{ action = "download", path = "/x.safetensors", verdict = "hold" }]
[[rule]]
id = "no-plans"
verdict = "block"
message = "plans stay"
actions = ["download", "upload"]
paths = ["*/plan*"]
examples = [{ action = "download", path = "/plan", verdict = "block" }]
"""


class BareSshd(Sshd):
    """A host that offers no sftp."""

    def _write_config(self):
        path = super()._write_config()
        path.write_text(path.read_text().replace("Subsystem sftp", "#"))
        return path


class Held:
    """A site with a chat that tells of requests."""

    def __init__(self, site, provider, told):
        self.site, self._provider, self._told = site, provider, told

    async def request(self):
        """The next request that the chat was told of."""
        async with asyncio.timeout(20):
            return await self._told.get()

    async def answer(self, decision, reason="because"):
        """Decide the next request as the approver."""
        told = await self.request()
        await decide(told.url, self._provider.password, decision, reason)
        return told


@pytest.fixture(scope="module")
async def held(tmp_path_factory):
    """Engineers may use files everywhere; weights are held, plans are blocked."""
    folder, told = tmp_path_factory.mktemp("held"), asyncio.Queue()
    access = grant("e", "engineers", ["exec", "sftp-read", "sftp-write"])
    chat = DemoChat(b"journey", told.put_nowait)
    (folder / "chat_secret").write_text("journey")
    await chat.start()
    try:
        async with demo_provider(folder / "provider") as provider:
            settings = {"chat": {"webhook_url": chat.url, "webhook_secret_file": "chat_secret"}}
            opened = files_site(folder, access, RULES, issuer=provider.issuer, settings=settings)
            async with opened as site:
                yield Held(site, provider, told)
    finally:
        await chat.stop()


WAYS = pytest.mark.parametrize("way", ["sftp", "scp", "scp -O", "rsync"])


def _download(held, way, source, target):
    """A running download."""
    site = held.site
    if way == "sftp":
        return asyncio.create_task(site.sftp(f"get {source} {target}"))
    if way == "rsync":
        options = " ".join(site.deployment.options())
        return asyncio.create_task(
            run("rsync", "-e", f"ssh {options}", f"gpu-01:{source}", f"{target}")
        )
    protocol = "-O" if way == "scp -O" else "-s"
    return asyncio.create_task(site.scp(protocol, f"gpu-01:{source}", f"{target}"))


@WAYS
async def test_what_is_held_goes_on_when_it_is_approved(held, tmp_path, way):
    """The transfer waits, the approver reads what it is, and it goes on as if nothing had been."""
    source = tmp_path / "x.safetensors"
    source.write_text("weights")
    running = _download(held, way, source, tmp_path / "y")
    told = await held.answer("approve")
    assert f"download {source}" in told.command
    ran = await running
    assert ran.status == 0, ran
    assert b"held by weights-leave" in ran.err
    assert (tmp_path / "y").read_text() == "weights"
    deeds = [deed for deed in await held.site.deeds() if deed.action == "download"]
    assert [(deed.rule, deed.verdict, deed.result) for deed in deeds] == [
        ("weights-leave", "allow", "ok")
    ]


@WAYS
async def test_what_is_denied_does_not_leave(held, tmp_path, way):
    """Nothing of the file is sent, and the record says that it was denied."""
    source = tmp_path / "x.safetensors"
    source.write_text("weights")
    running = _download(held, way, source, tmp_path / "y")
    await held.answer("deny")
    ran = await running
    assert ran.status != 0
    assert b"it was not done [file-denied]" in ran.err
    assert not (tmp_path / "y").exists() or (tmp_path / "y").read_bytes() == b""
    (deed,) = [deed for deed in await held.site.deeds() if deed.action == "download"]
    assert (deed.verdict, deed.result, deed.read_bytes) == ("hold", "denied", 0)


@WAYS
async def test_what_is_blocked_does_not_leave(held, tmp_path, way):
    """Nobody is asked."""
    (tmp_path / "plan").write_text("plan")
    ran = await _download(held, way, tmp_path / "plan", tmp_path / "y")
    assert ran.status != 0
    assert b"blocked by no-plans" in ran.err
    assert not (tmp_path / "y").exists() or (tmp_path / "y").read_bytes() == b""


async def test_a_link_is_judged_by_what_it_leads_to(held, tmp_path):
    """Another name for a file does not get it out."""
    (tmp_path / "plan").write_text("plan")
    (tmp_path / "notes").symlink_to(tmp_path / "plan")
    ran = await held.site.sftp(f"get {tmp_path}/notes {tmp_path}/y")
    assert b"blocked by no-plans" in ran.err


async def test_a_denial_stops_one_file_and_not_the_session(held, tmp_path):
    """What comes behind it in the same session works."""
    (tmp_path / "plan").write_text("plan")
    (tmp_path / "free").write_text("free")
    ran = await held.site.sftp(f"-get {tmp_path}/plan\nget {tmp_path}/free {tmp_path}/y")
    assert (ran.status, (tmp_path / "y").read_text()) == (0, "free")


async def test_an_upload_by_the_old_protocol_is_blocked(held, tmp_path):
    """`scp -O` to the host is judged by the name that it would have there."""
    (tmp_path / "x").write_text("x")
    (tmp_path / "plans").mkdir()
    for target in (tmp_path / "plan", tmp_path / "plans"):
        ran = await held.site.scp("-O", f"{tmp_path}/x", f"gpu-01:{target}")
        assert ran.status != 0
        assert b"blocked by no-plans" in ran.err
    assert not (tmp_path / "plan").exists()
    assert not list((tmp_path / "plans").iterdir())


async def test_rsync_of_a_folder_is_held_for_what_may_be_in_it(held, tmp_path):
    """Rsync hides names, so a rule that could match below the folder counts."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "x").write_text("x")
    options = " ".join(held.site.deployment.options())
    ends = f"gpu-01:{tmp_path}/folder/", f"{tmp_path}/to/"
    ran = await run("rsync", "-a", "-e", f"ssh {options}", *ends)
    assert b"blocked by no-plans" in ran.err


async def test_a_client_that_goes_away_cancels_its_request(held, tmp_path):
    """Nobody can approve what nobody waits for."""
    (tmp_path / "x.safetensors").write_text("weights")
    options = held.site.deployment.options()
    command = ("scp", *options, f"gpu-01:{tmp_path}/x.safetensors", f"{tmp_path}/y")
    process = await asyncio.create_subprocess_exec(*command)
    await held.request()
    process.terminate()
    await process.wait()
    await held.site.deployment.newest()
    store = held.site.deployment.store()
    assert store.requests.latest(1)[0].state == "cancelled"
    store.close()
    assert not (tmp_path / "y").exists()


@pytest.mark.parametrize("line", ["scp -rf {0}/a {0}/b", "scp -f {0}/?/x", "rsync --server -s ."])
async def test_a_line_of_ones_own_does_not_hide_a_name(tmp_path, line):
    """Of several folders, of one that the shell looks for, and of arguments that come behind."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "b" / "x").write_text("plan")
    rule = f"""[[rule]]
id = "stays"
verdict = "block"
message = "it stays"
actions = ["download"]
paths = ["{tmp_path}/b/x"]
examples = [{{ action = "download", path = "{tmp_path}/b/x", verdict = "block" }}]
"""
    (tmp_path / "site").mkdir()
    access = grant("e", "engineers", ["exec", "sftp-read", "sftp-write"])
    async with files_site(tmp_path / "site", access, rule) as site:
        ssh = ["ssh", *site.deployment.options(), "gpu-01", line.format(tmp_path)]
        ran = await run(*ssh, input_=b"\0" * 50)
        assert b"plan" not in ran.out
        assert b"[file-denied]" in ran.err, ran


async def test_a_file_that_is_refused_does_not_hide_the_next_one(held, tmp_path):
    """By `scp -O` the next line is no body, whichever side refused."""
    (tmp_path / "there" / "taken").mkdir(parents=True)
    for name in ("a", "plan"):
        (tmp_path / name).write_text("plan")
    ssh = ["ssh", *held.site.deployment.options(), "gpu-01"]
    sent = b"C0644 99 taken\nC0644 4 plan\nplan\0"
    up = await run(*ssh, f"scp -d -t {tmp_path}/there", input_=sent)
    down = await run(*ssh, f"scp -f {tmp_path}/a {tmp_path}/plan", input_=b"\0\1no\n" + b"\0" * 9)
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["taken"]
    assert b"plan\0" not in down.out
    for ran in (up, down):
        assert b"blocked by no-plans" in ran.err, ran


async def test_a_host_without_sftp_is_named_as_one(tmp_path):
    """It did answer: the sentence says what it lacks, and what to do."""
    async with files_site(tmp_path, grant("e", "engineers", ["sftp-read"])) as site:
        with_sftp = site.deployment.sshd
        await with_sftp.stop()
        access_ca = site.deployment.state.access_ca.with_suffix(".pub")
        site.deployment.sshd = BareSshd(tmp_path / "host", access_ca, with_sftp.port)
        await site.deployment.sshd.start()
        ran = await site.sftp("pwd")
        assert b"[no-file-server]" in ran.err, ran
