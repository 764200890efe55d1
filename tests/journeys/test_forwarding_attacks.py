"""Attempts to slip past the record by forwarding: SSH in a stream, tricks with names, own ports."""

import asyncio

import pytest

from tests.servers.deployment import ACCOUNT, run
from tests.servers.echo import ask
from tests.servers.forwarding import forwarding, forwarding_site
from tests.servers.sshd import free_port
from tests.servers.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

BANNER = b"SSH-2.0-OpenSSH_9.9 Bastion"
GRANT = """
[[grant]]
id = "{group}"
groups = ["{group}"]
targets = ["{targets}"]
logins = ["{account}"]
channels = {channels}
"""


def _grant(group, targets="gpu-*", channels='["shell", "exec"]', **more):
    text = GRANT.format(group=group, targets=targets, account=ACCOUNT, channels=channels)
    return text + "".join(f"{key} = {value}\n" for key, value in more.items())


@pytest.fixture(scope="module")
async def site(tmp_path_factory):
    """`wide` may forward anywhere, `narrow` nowhere; `secret-01` is for nobody."""
    forward = '["forward", "forward-remote", "exec"]'
    access = (
        _grant("wide", channels=forward, forward='["*:*"]', listen='["localhost:*"]')
        + _grant("narrow")
        + _grant("exact", channels=forward, forward='["127.0.0.2:9"]', listen='["localhost:9"]')
    )
    folder = tmp_path_factory.mktemp("site")
    async with forwarding_site(folder, access) as site:
        here = (site.folder / "hosts.toml").read_text()
        others = here.replace("gpu-01", "gpu-02") + here.replace("gpu-01", "secret-01").replace(
            '"127.0.0.1"', '"10.255.0.5"'
        )
        before = len(site.audited("rules-loaded"))
        (site.folder / "hosts.toml").write_text(here + others)
        await until(lambda: len(site.audited("rules-loaded")) > before)
        site.key = site.certify(groups=("wide",))
        site.narrow = site.certify(groups=("narrow",))
        site.exact = site.certify(groups=("exact",))
        yield site


async def test_a_jump_through_a_host_is_a_session_of_the_bastion(site):
    """`ssh -J bastion,gpu-01 gpu-02`: the last hop is intercepted, recorded and judged."""
    ran = await site.ssh("-J", "bastion,gpu-01", "gpu-02", "echo in", key=site.key)
    assert ran.out == b"in\n"
    row = await site.newest()
    assert (row.kind, row.target, row.command) == ("exec", "gpu-02", "echo in")


@pytest.mark.parametrize(
    "place",
    [
        "localhost:22",
        "LOCALHOST.:22",
        "[::1]:22",
        "127.9.9.9:22",
        "0.0.0.0:22",
        "[::ffff:127.0.0.1]:22",
        "gpu-01:22",
        "GPU-02:22",
        "127.0.0.1:SSHD",
        "localhost:SSHD",
        "gpu-01:SSHD",
    ],
)
async def test_the_sshd_of_a_host_answers_only_through_the_bastion(site, place):
    """However the host's own SSH port is called: who answers is the bastion."""
    place = place.replace("SSHD", str(site.sshd.port))
    ran = await site.ssh("-W", place, "gpu-01", key=site.key, input_=b"")
    assert ran.out.startswith(BANNER)


async def test_a_session_within_a_forwarded_port_is_recorded(site):
    """`ssh -L 2222:localhost:22`, then ssh to that port: a session like any other."""
    port = free_port()
    async with forwarding(site, "-L", f"{port}:localhost:22", "gpu-01", key=site.key):
        within = ("-o", "HostName=127.0.0.1", "-o", f"Port={port}", "-o", "ProxyJump=none")
        alias = ("-o", "HostKeyAlias=localhost")
        ran = await site.ssh(*within, *alias, "gpu-77", "echo within", key=site.key)
    assert ran.out == b"within\n"
    row = await site.newest()
    assert (row.kind, row.target, row.command) == ("exec", "gpu-01", "echo within")


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("10.255.0.9:22", "ssh-not-forwarded"),  # port 22 of anybody else
        ("elsewhere.example:22", "ssh-not-forwarded"),
        ("secret-01:22", "ssh-not-forwarded"),  # a host that is not theirs, as if there were none
        ("secret-77:22", "ssh-not-forwarded"),
        ("10.255.0.5:SSHD", "ssh-not-forwarded"),
        ("somebody-else:SSHD", "ssh-not-forwarded"),  # any name, at a port where hosts have SSH
        ("169.254.169.254:80", "forward-refused"),  # credentials of clouds
        ("[::ffff:169.254.169.254]:80", "forward-refused"),
        ("metadata.google.internal:80", "forward-refused"),
        ("[fd00:ec2::254]:80", "forward-refused"),
        ("2852039166:80", "forward-refused"),  # the same, spelled to mislead
        ("0xA9FEA9FE:80", "forward-refused"),
        ("0x7f.1:SSHD", "forward-refused"),
        ("017700000001:SSHD", "forward-refused"),
        ("127.1:80", "forward-refused"),
        ("a b:80", "forward-refused"),
    ],
)
async def test_what_leads_past_the_record_is_refused(site, place, code):
    """Even for somebody who may forward anywhere; the audit log has it."""
    before = len(site.audited("access-denied"))
    place = place.replace("SSHD", str(site.sshd.port))
    ran = await site.ssh("-W", place, "gpu-01", key=site.key, input_=b"")
    assert (ran.status, ran.out) == (255, b"")
    assert f"[{code}]".encode() in ran.err
    assert len(site.audited("access-denied")) > before


async def test_ssh_on_a_port_of_its_own_is_noticed(site):
    """A stream that begins as SSH does ends, whichever side begins; no byte of a session passes."""
    answers = []

    async def pose(reader, writer):
        writer.write(b"SSH-2.0-hidden\r\n")
        answers.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(pose, "127.0.0.1", 0)
    place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    ran = await site.ssh("-W", place, "gpu-01", key=site.key, input_=b"")
    assert b"SSH-2.0" not in ran.out
    assert b"[ssh-not-forwarded]" in ran.out
    assert (await site.newest()).ending == "ssh-not-forwarded"
    server.close()


async def test_a_client_that_begins_ssh_is_noticed(site, echo):
    """Also in pieces."""
    port = free_port()
    async with forwarding(site, "-L", f"{port}:127.0.0.1:{echo.port}", "gpu-01", key=site.key):
        answer = await ask(port, b"SSH-2.0-OpenSSH_9.2\r\n")
    assert b"ECHO" not in answer
    assert b"[ssh-not-forwarded]" in answer


@pytest.mark.parametrize("place", ["localhost:WEB", "127.0.0.1:SSH", "gpu-01:80", "127.0.0.1:SSHD"])
async def test_the_bastion_itself_forwards_nothing(site, place):
    """Without a host to pass through there is no way to the bastion's own ports, or any other."""
    ports = {"WEB": site.web_port, "SSH": site.ssh_port, "SSHD": site.sshd.port}
    for name, port in ports.items():
        place = place if not place.endswith(f":{name}") else place.replace(name, str(port))
    ran = await site.ssh("-W", place, "bastion", key=site.key, input_=b"")
    if place.endswith(str(site.sshd.port)):
        assert ran.out.startswith(BANNER)  # a host's SSH port, by its address: a jump
    else:
        assert (ran.status, ran.out) == (255, b"")
        assert b"[access-denied]" in ran.err or b"[channel-refused]" in ran.err


async def test_without_the_kind_nothing_is_forwarded(site, echo):
    """A grant of shells and commands opens no stream, in no direction."""
    before = echo.asked
    ran = await site.ssh("-W", f"127.0.0.1:{echo.port}", "gpu-01", key=site.narrow, input_=b"x")
    assert b"(forward)" in ran.err
    assert b"[channel-refused]" in ran.err
    async with forwarding(site, "gpu-01", key=site.narrow) as client:
        ran = await client.control("forward", "-R", f"{free_port()}:127.0.0.1:{echo.port}")
        assert ran.status != 0
        assert "(forward-remote)" in client.said
    assert echo.asked == before


async def test_a_host_listens_only_where_a_rule_says(site, echo):
    """Another port, every interface, the port that the host chooses: refused, in words."""
    port = free_port()
    async with forwarding(site, "gpu-01", key=site.exact) as client:
        for place in (f"{port}", f"*:{port}", "0", "127.0.0.1:9"):
            ran = await client.control("forward", "-R", f"{place}:127.0.0.1:{echo.port}")
            assert ran.status != 0
        assert f"(localhost:{port})" in client.said
        assert f"(*:{port})" in client.said
        assert "(localhost:0)" in client.said
        assert "(127.0.0.1:9)" in client.said


async def test_taking_back_what_was_never_there_harms_nobody(site):
    """`cancel-tcpip-forward` of an unknown listener fails; the connection goes on."""
    async with forwarding(site, "gpu-01", key=site.key) as client:
        await client.control("cancel", "-R", f"{free_port()}:127.0.0.1:1")
        ran = await run(*client.command, "echo still here")
    assert ran.out == b"still here\n"
