"""One bastion in front of the host of many accounts, and how one scenario is run through it."""

import asyncio
import contextlib
import itertools
import re
import secrets
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bastion.approval.decide import Choice, decide
from bastion.store.sqlite.database import SqliteStore, open_store
from tests.gate.host import ASKING, PROMPT, Account, Host, ManyAccounts
from tests.gate.keyboard import Keyboard
from tests.gate.record import Record, Result, record_of, result_of
from tests.gate.scenario import Names, Scenario
from tests.servers.deployment import RULES, Deployment
from tests.servers.waiting import until

UNGATED = "ungated"
PROFILES = ("guardrail", "protected")
_TARGETS = {"guardrail": "gpu-01", "protected": "gpu-02"}
_LIMITS = {"logins_per_minute": 6000, "connections_per_minute": 6000}
_RULE = """\
[[rule]]
id = "danger"
verdict = "block"
severity = "critical"
message = "Whatever it does, it is not wanted."
programs = ["danger", "dangerous"]
examples = [{ command = "danger now", verdict = "block" }]
"""
_TEMPORARY = "run-from-temporary"  # all that runs here does: it would hide what else is found
_STARTING_SECONDS = 60
_RUNS_SECONDS = 10  # how long a harmless scenario may take to run, once its screen stands still
Meanwhile = Callable[[Account], Awaitable[None]]


@dataclass(frozen=True)
class Run:
    """One scenario, once.

    Attributes:
        name: what it is called in the host's log.
        ran: whether `danger` (or the harmless line) ran.
        record: what the bastion kept; None where there was none in between.
        shown: what the terminal showed, for a person who looks for the reason.
    """

    name: str
    result: Result
    ran: bool
    record: Record | None
    shown: bytes


@dataclass(frozen=True)
class _Approver:
    """Who approves that a shell is opened."""

    subject: str = "s-approver"
    account: str = "approver"
    groups: frozenset[str] = frozenset({"approvers"})


class Site:
    """Runs scenarios."""

    def __init__(self, folder: Path) -> None:
        self.host = Host(folder / "accounts")
        self._store: SqliteStore | None = None
        self._rules: frozenset[str] = frozenset()
        self._numbers: dict[str, itertools.count[int]] = {}
        settings = {"limits": _LIMITS}
        self.deployment = Deployment(
            folder / "bastion", settings=settings, certificate_seconds=7200
        )

    async def start(self, accounts: int, ports: Mapping[str, int] | None = None) -> None:
        """Start host and bastion, with so many accounts of each shell.

        The host is also reached by the names in *ports*, at these ports.
        """
        deployment = self.deployment
        deployment.folder.mkdir(parents=True)
        names = self.host.prepare(accounts)
        await deployment.prepare()
        await deployment.sshd.stop()
        access_ca = deployment.state.access_ca.with_suffix(".pub")
        deployment.sshd = ManyAccounts(deployment.folder / "host", access_ca, deployment.sshd.port)
        (deployment.folder / "host" / "passwd").symlink_to(self.host.passwd)
        await deployment.sshd.start()
        self._write_rules(names)
        self._write_hosts(dict.fromkeys(_TARGETS.values(), deployment.sshd.port) | (ports or {}))
        await deployment.start()
        self._store = deployment.store()

    async def stop(self) -> None:
        """Stop both."""
        if self._store is not None:
            self._store.close()
        await self.deployment.stop()

    def account(self, shell: str) -> Account:
        """An account of its own, with that login shell."""
        numbers = self._numbers.setdefault(shell, itertools.count())
        return self.host.account(shell, next(numbers))

    def typist(self, account: Account, way: str, size: tuple[int, int] = (80, 24)) -> Keyboard:
        """Somebody at a terminal of *account*, on that way: a profile, UNGATED, a host's name."""
        return Keyboard(["ssh", "-tt", *self.arguments(account, way)], size)

    def arguments(self, account: Account, way: str, port: int | None = None) -> list[str]:
        """What to put behind `ssh`; without a gate, by *port* to the host."""
        if way == UNGATED:
            return ["-F", str(self._direct(account, port=port)), "direct"]
        quiet = ("-o", "LogLevel=ERROR")  # as without a gate: nothing of ssh's own at the end
        return [
            *self.deployment.options(),
            *quiet,
            f"{account.name}@{_TARGETS.get(way, way)}@bastion",
        ]

    async def run(
        self, scenario: Scenario, shell: str, way: str, meanwhile: Meanwhile | None = None
    ) -> Run:
        """Run *scenario* in *shell*, on that way; with *meanwhile* from the first prompt on."""
        run, account = f"r{secrets.token_hex(5)}", self.account(shell)
        self.host.furnish(account, scenario, run)
        if ".inner" in "".join(map(str, scenario.keys)):
            self._direct(account, self.host.work / f"{run}.inner")
        names = Names(run, self.host.bin, self.host.work, account.name)
        terminal = self.typist(account, way, scenario.size)
        try:
            if way == "protected" and shell not in ASKING:
                await self._enter(account)
            await terminal.shows(PROMPT, seconds=_STARTING_SECONDS)
            await terminal.rests(scenario.quiet)
            aside = asyncio.ensure_future(meanwhile(account)) if meanwhile else None
            await self._type(terminal, scenario, names)
            if aside is not None:
                await aside
                await terminal.rests(scenario.quiet)
            await self._ends(scenario, run)
        finally:
            terminal.hang_up()
            await _end_servers(scenario, run)
        return await self._judged(scenario, account, run, way, bytes(terminal.shown))

    async def record(self, account: Account) -> Record:
        """What was kept of *account*'s newest session, once that has ended."""
        found: list[Record] = []

        def is_there() -> bool:
            found.extend(record_of(self.deployment, self._store, account.name))
            return bool(found)

        await until(is_there)
        return found[0]

    async def _enter(self, account: Account) -> None:
        """Somebody approves that *account*'s shell is opened, though it does not ask."""
        asked = []

        def is_asked() -> bool:
            asked.extend(r for r in self._store.requests.pending() if r.login == account.name)
            return bool(asked)

        await until(is_asked)
        with contextlib.closing(open_store(self.deployment.state.database)) as store:
            choice = Choice(is_approved=True, reason="")
            assert decide(store, asked[0], _Approver(), choice, time.time()) is None

    async def _type(self, terminal: Keyboard, scenario: Scenario, names: Names) -> None:
        for key in scenario.keys:
            if isinstance(key, str):
                terminal.press(names.in_(key))
            else:
                terminal.resize(*key)
            await terminal.rests(scenario.quiet)
        await terminal.rests(2 * scenario.quiet)

    async def _ends(self, scenario: Scenario, run: str) -> None:
        """Wait for what is to run; on a busy machine a screen stands still before that."""
        if scenario.is_harmless:
            with contextlib.suppress(TimeoutError):  # it was stopped, which is then told
                await until((self.host.work / f"{run}.ran").exists, _RUNS_SECONDS)

    async def _judged(
        self, scenario: Scenario, account: Account, run: str, way: str, shown: bytes
    ) -> Run:
        record = None
        if way != UNGATED:
            record = await self.record(account)
        ran_at = self.host.ran_at(run)
        if scenario.is_harmless:
            ran = (self.host.work / f"{run}.ran").exists()
            return Run(run, Result.ALLOWED if ran else Result.OVER, ran, record, shown)
        if record is None:
            return Run(run, Result.NOTHING, bool(ran_at), None, shown)
        return Run(run, result_of(record, ran_at, self._rules), bool(ran_at), record, shown)

    def _write_rules(self, names: list[str]) -> None:
        rules = self.deployment.folder / "rules"
        (rules / "commands").unlink()
        (rules / "commands").mkdir()
        for path in (RULES / "commands").glob("*.toml"):
            (rules / "commands" / path.name).write_text(_without(_TEMPORARY, path.read_text()))
        (rules / "commands" / "danger.toml").write_text(_RULE)
        texts = "".join(path.read_text() for path in (rules / "commands").glob("*.toml"))
        self._rules = frozenset(re.findall(r'(?m)^id = "(.+)"$', texts))
        logins = ", ".join(f'"{name}"' for name in names)
        (rules / "access.toml").write_text(
            f'[[grant]]\nid = "engineers"\ngroups = ["engineers"]\ntargets = ["gpu-*"]\n'
            f"logins = [{logins}]\n"
            f'[[require]]\nid = "protected"\ntargets = ["{_TARGETS["protected"]}"]\n'
            'profile = "protected"\n'
        )

    def _write_hosts(self, ports: Mapping[str, int]) -> None:
        lines = [
            f'[[host]]\nname = "{name}"\naddress = "127.0.0.1"\nport = {port}\n'
            f'host_keys = ["{self.deployment.sshd.host_key}"]\n'
            for name, port in ports.items()
        ]
        (self.deployment.folder / "hosts.toml").write_text("".join(lines))

    def _direct(
        self, account: Account, config: Path | None = None, port: int | None = None
    ) -> Path:
        """An ssh_config that leads to *account* without the bastion."""
        folder = account.home / ".keys"
        key, path = folder / "key", config or folder / "config"
        if not folder.exists():
            folder.mkdir(mode=0o700)
            ca = str(self.deployment.state.access_ca)
            subprocess.run(["ssh-keygen", "-qt", "ed25519", "-N", "", "-f", str(key)], check=True)
            signing = ["ssh-keygen", "-qs", ca, "-I", "gate", "-n", account.name, "-V", "-1m:+4h"]
            subprocess.run([*signing, f"{key}.pub"], check=True)
        path.write_text(
            f"Host direct inner\n  HostName 127.0.0.1\n  Port {port or self.deployment.sshd.port}\n"
            f"  User {account.name}\n  IdentityFile {key}\n  IdentitiesOnly yes\n"
            f"  IdentityAgent none\n  BatchMode yes\n  StrictHostKeyChecking no\n"
            f"  UserKnownHostsFile /dev/null\n  LogLevel ERROR\n"
        )
        return path


def _without(rule: str, text: str) -> str:
    """*text*, a file of rules, without that *rule*."""
    head, *tables = re.split(r"(?m)^(?=\[\[)", text)
    return head + "".join(table for table in tables if f'id = "{rule}"' not in table)


async def _end_servers(scenario: Scenario, run: str) -> None:
    """End what outlives a terminal: the servers of tmux and screen, which are called *run*."""
    servers = {"tmux": ("-L", run, "kill-server"), "screen": ("-S", run, "-X", "quit")}
    for program in servers.keys() & {scenario.name}:
        process = await asyncio.create_subprocess_exec(
            *(program, *servers[program]),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await process.wait()


@contextlib.asynccontextmanager
async def gate_site(
    folder: Path, accounts: int, ports: Mapping[str, int] | None = None
) -> AsyncIterator[Site]:
    """A running site; see `Site.start`."""
    site = Site(folder)
    try:
        await site.start(accounts, ports)
        yield site
    finally:
        await site.stop()
