"""A host that opens no second channel of a connection."""

from bastion.demo.host.sshd import Sshd
from tests.servers.deployment import deployed
from tests.servers.terminal import PROMPT, plain, shell


class Sparing(Sshd):
    """An sshd with room for one session."""

    def _write_config(self):
        path = super()._write_config()
        path.write_text(path.read_text().replace("MaxSessions 100", "MaxSessions 1"))
        return path


async def test_a_person_gets_a_shell_that_does_not_ask(tmp_path):
    """What it asks by makes room for it; its screen is judged, and the record says why."""
    async with deployed(tmp_path) as deployment:
        host = deployment.sshd
        await host.stop()
        access_ca = deployment.state.access_ca.with_suffix(".pub")
        deployment.sshd = Sparing(host.log.parent, access_ca, host.port)
        await deployment.sshd.start()
        async with shell("ssh", [*deployment.options(), "gpu-01"]) as terminal:
            terminal.types("cat /etc/shadow\r")
            assert "blocked by read-password-hashes" in plain(await terminal.sees(PROMPT))
            terminal.types("exit 3\r")
            assert await terminal.ends() == 3
        sources = {command.source for command in deployment.commands()}
        casts = deployment.state.recordings.rglob("*.cast")
        marked = "".join(cast.read_text() for cast in casts)
    assert sources == {"screen"}
    assert "no-integration: the host opened no channel" in marked
    assert "lost: " not in marked
