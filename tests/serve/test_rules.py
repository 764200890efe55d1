"""The rules in force follow their files; a bad version is told once."""

import shutil

import pytest

from bastion import chain
from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.clock import SystemClock
from bastion.config import parse
from bastion.policy.current import Current
from bastion.rulepack import shipped_rules
from bastion.serve.initialise import initialise
from bastion.serve.rules import RulesKeeper
from bastion.state import State
from bastion.store.sqlite.database import open_store
from bastion.store.worker import StoreWorker
from tests.servers.waiting import until_answered

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID3QoLpC32ZE97+scEwH9MdeDuQ9bxE0RNx298+tRIR/"


class Site:
    """Rules, a store, and the keeper between them."""

    def __init__(self, folder) -> None:
        shutil.copytree(shipped_rules(), folder / "rules")
        self.hosts = folder / "hosts.toml"
        self.hosts.write_text(f'[[host]]\nname = "gpu-01"\naddress = "x"\nhost_keys = ["{KEY}"]\n')
        state = State(folder / "state")
        initialise(state)
        self.store = StoreWorker(lambda: open_store(state.database))
        audit = AuditLog(self.store, chain.load_signer(state.record_key), SystemClock())
        tree = {"oidc": {"issuer": "https://idp.example", "client_id": "bastion"}}
        self.current = Current(parse(tree, folder / "config.toml"))
        self.keeper = RulesKeeper(self.current, audit)

    def rename(self, name: str) -> None:
        self.hosts.write_text(self.hosts.read_text().replace("gpu-01", name))

    async def codes(self) -> list[str]:
        entries = await self.store.run(lambda store: store.audit.entries(0, 100))
        return [entry.code for entry in entries]

    async def told(self, code: AuditCode) -> None:
        """Wait until the audit log ends with *code*."""

        async def ends() -> bool:
            return (await self.codes())[-1:] == [code]

        await until_answered(ends)


@pytest.fixture
async def site(tmp_path):
    made = Site(tmp_path)
    yield made
    await made.keeper.stop()
    made.store.close()


async def test_a_change_is_put_in_force_without_a_signal(site):
    """And is in the audit log."""
    site.keeper.start()
    site.rename("gpu-02")
    await site.told(AuditCode.RULES_LOADED)
    assert site.current.rules.inventory.find("gpu-02")


async def test_a_bad_version_changes_nothing_and_is_told_once(site):
    """However often it is asked for; the next good one is put in force."""
    old = site.current.rules
    site.rename("GPU 02")
    for _ in range(3):
        await site.keeper.reload()
    assert site.current.rules is old
    assert await site.codes() == [AuditCode.RULES_REFUSED]
    site.hosts.write_text("[[host]]\n")
    await site.keeper.reload()
    assert await site.codes() == [AuditCode.RULES_REFUSED] * 2
    site.hosts.write_text(f'[[host]]\nname = "x"\naddress = "x"\nhost_keys = ["{KEY}"]\n')
    await site.keeper.reload()
    assert (await site.codes())[-1] == AuditCode.RULES_LOADED
    assert site.current.rules.inventory.find("x")


async def test_a_bad_version_is_noticed_by_itself(site):
    """With the file and the line in the audit log, and it goes on looking."""
    site.keeper.start()
    site.rename("GPU 02")
    await site.told(AuditCode.RULES_REFUSED)
    (entry,) = await site.store.run(lambda store: store.audit.entries(0, 100))
    assert "hosts.toml:1" in entry.detail["cause"]
    site.hosts.write_text(site.hosts.read_text().replace("GPU 02", "gpu-02"))
    await site.told(AuditCode.RULES_LOADED)
