"""The operator's day: reload, bad rules, bad configuration, start and stop."""

import signal

import pytest

from tests.servers.deployment import Deployment
from tests.servers.program import bastion

BAD_RULE = """\
[[rule]]
id = "broken"
verdict = "perhaps"
message = "x"
"""


@pytest.fixture
async def not_started(tmp_path):
    """A deployment whose bastion does not run yet."""
    deployment = Deployment(tmp_path)
    await deployment.prepare()
    yield deployment
    await deployment.stop()


async def test_changed_rules_are_in_force_after_sighup(own_deployment):
    """A new rule blocks the next command; nobody is disconnected."""
    assert (await own_deployment.ssh("gpu-01", "uname")).out == b"Linux\n"
    commands = own_deployment.folder / "rules" / "commands"
    shipped = commands.resolve()
    commands.unlink()
    commands.mkdir()
    for path in shipped.glob("*.toml"):
        (commands / path.name).write_bytes(path.read_bytes())
    (commands / "more.toml").write_text(
        '[[rule]]\nid = "no-uname"\nverdict = "block"\nmessage = "Not today."\n'
        'programs = ["uname"]\n'
        'examples = [{ command = "uname -a", verdict = "block" }, '
        '{ command = "echo uname", verdict = "allow" }]\n'
    )
    own_deployment.process.send_signal(signal.SIGHUP)
    await own_deployment.logged("rules loaded")
    assert b"blocked by no-uname" in (await own_deployment.ssh("gpu-01", "uname")).err


async def test_bad_rules_leave_the_old_ones_in_force(own_deployment):
    """The log names file, line and rule; what was blocked stays blocked."""
    (own_deployment.folder / "rules" / "access.toml").write_text("[[grant]]\nid = 1\n")
    own_deployment.process.send_signal(signal.SIGHUP)
    await own_deployment.logged("access.toml:1")
    assert b"[command-blocked]" in (await own_deployment.ssh("gpu-01", "cat /etc/shadow")).err
    assert (await own_deployment.ssh("gpu-01", "echo in")).out == b"in\n"


async def test_a_bad_rule_stops_the_start_with_its_place(not_started):
    """File, line and rule are named, in one sentence."""
    commands = not_started.folder / "rules" / "commands"
    commands.unlink()
    commands.mkdir()
    (commands / "bad.toml").write_text(f"\n{BAD_RULE}")
    ran = await _bastion("serve", not_started.config)
    assert ran.status == 1
    assert b"bad.toml:2" in ran.err
    assert b"'broken'" in ran.err
    assert b"Traceback" not in ran.err


async def test_an_unknown_key_stops_the_start(not_started):
    """The key is named."""
    config = not_started.config
    config.write_text(config.read_text() + "\n[ssg]\nport = 1\n")
    ran = await _bastion("serve", config)
    assert ran.status == 1
    assert b"ssg: unknown key" in ran.err


async def test_a_missing_file_stops_the_start(not_started):
    """The file is named."""
    (not_started.folder / "hosts.toml").unlink()
    ran = await _bastion("serve", not_started.config)
    assert ran.status == 1
    assert b"hosts.toml" in ran.err


async def test_a_taken_port_stops_the_start(own_deployment):
    """The second bastion says which port is taken."""
    ran = await _bastion("serve", own_deployment.config)
    assert ran.status == 1
    assert str(own_deployment.web_port).encode() in ran.err
    assert (await own_deployment.ssh("gpu-01", "echo in")).out == b"in\n"


async def test_plain_http_beyond_loopback_stops_the_start(not_started):
    """Tokens and cookies never cross a network in the clear."""
    config = not_started.config
    text = config.read_text()
    web = f'listen = {{ host = "127.0.0.1", port = {not_started.web_port} }}'
    assert web in text
    config.write_text(text.replace(web, web.replace("127.0.0.1", "0.0.0.0")))  # noqa: S104
    ran = await _bastion("serve", config)
    assert ran.status == 1
    assert b"plain HTTP is only served on loopback" in ran.err


async def test_health_says_whether_it_can_work(own_deployment):
    """0 while it runs, 1 when it does not."""
    assert (await _bastion("health", own_deployment.config)).status == 0
    await own_deployment.kill()
    assert (await _bastion("health", own_deployment.config)).status == 1


async def test_sigterm_ends_sessions_in_order(own_deployment):
    """Sessions get their end in store and record, and the log its last entry."""
    own_deployment.process.send_signal(signal.SIGTERM)
    await own_deployment.process.communicate()
    assert own_deployment.process.returncode == 0
    assert own_deployment.audited()[-1].code == "server-stopped"


async def _bastion(command: str, config):
    return await bastion(command, "--config", str(config))
