"""The operator's commands: what is wrong with a configuration is named by file, key, rule, line."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from bastion.cli.server import check
from bastion.errors import ConfigError, RulesError
from bastion.rulepack import shipped_rules
from tests.servers import program
from tests.servers.deployment import deployed, run
from tests.servers.sshd import free_port

GOOD = """\
state_dir = "state"
rules_dir = "rules"
hosts_file = "hosts.toml"
[ssh]
listen = {{ host = "127.0.0.1", port = {ssh} }}
[web]
listen = {{ host = "127.0.0.1", port = {web} }}
url = "http://127.0.0.1:{web}"
[oidc]
issuer = "http://127.0.0.1:1"
client_id = "bastion"
"""


async def bastion(*arguments):
    """Run the command line to its end."""
    return await program.bastion(*arguments, NO_COLOR="1", COLUMNS="300")


@pytest.fixture
def site(tmp_path):
    """A folder with a good configuration."""
    (tmp_path / "config.toml").write_text(GOOD.format(ssh=free_port(), web=free_port()))
    (tmp_path / "hosts.toml").write_text("")
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "commands").symlink_to(shipped_rules() / "commands")
    (rules / "access.toml").write_text(
        '[[grant]]\nid = "g"\ngroups = ["engineers"]\ntargets = ["gpu-*"]\nlogins = ["root"]\n'
    )
    return tmp_path


def add(site: Path, text: str, file: str = "config.toml") -> None:
    with (site / file).open("a") as out:
        out.write(text)


async def test_a_good_configuration_is_counted(site):
    """Exit code 0 and what was read; nothing is made."""
    ran = await bastion("config", "check", "--config", site / "config.toml")
    assert ran.status == 0, ran.err
    assert b"good: 0 hosts, 1 grant, 0 denies, 0 requirements, " in ran.err
    assert not (site / "state").exists()


MORE = """[[oidc.more]]
name = "partners"
issuer = "https://login.partner.example"
client_id = "bastion"
client_secret_file = "absent"
"""


@pytest.mark.parametrize(
    ("text", "file", "words"),
    [
        ("[chatt]\n", "config.toml", ["config.toml", "chatt: unknown key"]),
        ("[commands]\nworkers = 0\n", "config.toml", ["config.toml", "commands.workers"]),
        ("[chat]\n[chat]\n", "config.toml", ["config.toml", "line"]),
        (
            '[chat]\nwebhook_url = "http://127.0.0.1:1"\nwebhook_secret_file = "absent"\n',
            "config.toml",
            ["absent", "No such file"],
        ),
        ('[chat]\nwebhook_url = "http://127.0.0.1:1"\n', "config.toml", ["webhook_secret_file"]),
        ('[chat]\napprise_urls_file = "absent"\n', "config.toml", ["absent", "No such file"]),
        ('client_secret_file = "absent"\n', "config.toml", ["oidc.client_secret_file", "absent"]),
        ('ca_file = "absent"\n', "config.toml", ["oidc.ca_file", "absent"]),
        (
            MORE,
            "config.toml",
            ["oidc.client_secret_file", "absent"],
        ),
        ('ca_file = "hosts.toml"\n', "config.toml", ["oidc.ca_file", "hosts.toml"]),
        (
            "[[grant]]\nid = 'x'\nbad = 1\n",
            "rules/access.toml",
            ["access.toml:6", "'x'", "targets: is missing"],
        ),
        ("[[host]]\nname = 'h'\n", "hosts.toml", ["hosts.toml:1", "'h'", "address"]),
        ("[[hosts]]\n", "hosts.toml", ["hosts.toml:1", "unknown table 'hosts'"]),
        ("[[host]\n", "hosts.toml", ["hosts.toml:1"]),
    ],
)
def test_what_is_wrong_is_named(site, text, file, words):
    """One sentence with the file, the place in it and what is wrong."""
    add(site, text, file)
    with pytest.raises((ConfigError, RulesError)) as refused:
        check(site / "config.toml")
    for word in words:
        assert word in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("approvers", [[], ["leads"]])
async def test_what_nobody_may_approve_is_warned_of(site, approvers):
    """It can never be opened; the configuration may name who may where the rule does not."""
    rule = (
        '[[grant]]\nid = "jit"\ngroups = ["eng"]\ntargets = ["*"]\nlogins = ["root"]\n'
        "approval = {}\n"
    )
    add(site, rule, "rules/access.toml")
    add(site, f"[approval]\napprovers = {approvers}\n")
    ran = await bastion("config", "check", "--config", site / "config.toml")
    assert ran.status == 0, ran.err
    assert (b"nobody may approve jit" in ran.err) is not bool(approvers)


@pytest.mark.parametrize("command", [("config", "check"), ("serve",)], ids=["check", "serve"])
async def test_a_bad_file_is_one_sentence_on_the_terminal(site, command):
    """Exit code 1, one line on stderr, nothing on stdout; `serve` says the same as `check`."""
    add(site, 'ca_file = "absent"\n')
    ran = await bastion(*command, "--config", site / "config.toml")
    said = ran.err.decode()
    assert (ran.status, ran.out) == (1, b"")
    assert said.startswith("bastion: oidc.ca_file: ")
    assert len(said.strip().splitlines()) == 1


def test_a_bad_command_rule_is_named_by_file_line_and_id(site):
    """As the inventory and the grants are."""
    commands = site / "rules" / "commands"
    commands.unlink()
    commands.mkdir()
    (commands / "own.toml").write_text('\n\n[[rule]]\nid = "mine"\nnonsense = 1\n')
    with pytest.raises(RulesError, match=r"own\.toml:3: rule 'mine':"):
        check(site / "config.toml")


@pytest.mark.parametrize(
    ("missing", "why"),
    [
        ("config.toml", "No such file or directory"),
        ("hosts.toml", "there are no hosts yet; `bastion hosts scan HOST` pins the first"),
        ("rules/access.toml", "No such file or directory; write it, or name the right one"),
    ],
)
def test_a_missing_file_is_named(site, missing, why):
    """Whichever of them it is."""
    (site / missing).unlink()
    with pytest.raises((ConfigError, RulesError), match=f"{missing}: {why}"):
        check(site / "config.toml")


def test_tls_files_are_tried(site):
    """A certificate that is none is found before the start."""
    text = (site / "config.toml").read_text()
    tls = 'url = "x"\ntls_certificate = "hosts.toml"\ntls_key = "absent"'
    (site / "config.toml").write_text(
        "\n".join(tls if line.startswith("url") else line for line in text.splitlines())
    )
    with pytest.raises(ConfigError, match=r"web\.tls_key: "):
        check(site / "config.toml")


async def test_init_makes_the_state_once(site):
    """The second run makes nothing; stdout is the host-access CA, for sshd_config, both times."""
    first = await bastion("init", "--config", site / "config.toml")
    second = await bastion("init", "--config", site / "config.toml")
    assert (first.status, second.status) == (0, 0)
    assert b"made user_ca, " in first.err
    assert b"nothing was missing" in second.err
    assert first.out == second.out == (site / "state/keys/access_ca.pub").read_bytes()


async def test_init_where_nothing_can_be_made_is_one_sentence(site):
    """A file stands where the folder should."""
    (site / "state").write_text("")
    ran = await bastion("init", "--config", site / "config.toml")
    assert ran.status == 1
    assert b"cannot make the state" in ran.err
    assert b"Traceback" not in ran.err


async def test_health_of_nobody(site):
    """Nobody answers: exit code 1 and a sentence."""
    ran = await bastion("health", "--config", site / "config.toml")
    assert ran.status == 1
    assert b"bastion: the bastion does not answer at http://127.0.0.1:" in ran.err
    assert b": Connection refused; is `bastion serve` running" in ran.err


@pytest.mark.parametrize("host", ["::1", "localhost"])
async def test_health_asks_where_the_bastion_listens(site, host):
    """An IPv6 address goes into brackets; a name is asked as it is."""
    text = (site / "config.toml").read_text()
    (site / "config.toml").write_text(
        text.replace('[web]\nlisten = { host = "127.0.0.1"', f'[web]\nlisten = {{ host = "{host}"')
    )
    ran = await bastion("health", "--config", site / "config.toml")
    assert b"the bastion does not answer at http://" in ran.err
    assert b"Traceback" not in ran.err


async def test_a_bastion_serves_reloads_and_stops(tmp_path):
    """One line when it serves; healthy; SIGHUP keeps it; a taken port is named; SIGTERM ends it."""
    async with deployed(tmp_path, is_installed=True) as deployment:
        assert (await bastion("health", "--config", deployment.config)).status == 0
        second = await bastion("serve", "--config", deployment.config)
        assert second.status == 1
        assert second.err.splitlines()[-1].decode() == (
            f"bastion: web.listen: cannot listen on 127.0.0.1 port {deployment.web_port}: "
            "Address already in use"
        )
        deployment.process.send_signal(signal.SIGHUP)
        assert (await bastion("health", "--config", deployment.config)).status == 0
        deployment.process.terminate()
        async with asyncio.timeout(30):
            assert await deployment.process.wait() == 0
        assert "Traceback" not in deployment.log.read_text()


async def test_python_m_bastion_is_the_command_line():
    """`python -m bastion` has the same commands and the version."""
    program = (sys.executable, "-m", "bastion")
    helped, versioned = await run(*program, "--help"), await run(*program, "version")
    assert helped.status == 0
    for command in (b"login", b"serve", b"quickstart", b"replay"):
        assert command in helped.out
    assert versioned.out.strip()
    assert (await bastion()).status == 2
