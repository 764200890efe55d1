"""An appliance: an SSH server that takes passwords, as switches and storage boxes do.

async with appliance(password="x") as box:       # real SSH on a port of its own
    box.port, box.host_key
    box.tried                                    # what was offered: (method, answer)

`asks` are the prompts of its keyboard-interactive login: (prompt, is_echoed) for each round.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncssh

Round = Sequence[tuple[str, bool]]


@dataclass
class Appliance:
    """What one appliance expects, and what it was offered."""

    password: str
    methods: frozenset[str] = frozenset({"password"})
    asks: tuple[Round, ...] = ((("Password: ", False),),)
    host_key: str = ""
    port: int = 0
    tried: list[tuple[str, str]] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)

    def is_right(self, method: str, answer: str) -> bool:
        self.tried.append((method, answer))
        return answer == self.password


class _Server(asyncssh.SSHServer):
    def __init__(self, box: Appliance) -> None:
        self._box = box
        self._rounds = list(box.asks)

    def begin_auth(self, _username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return False

    def password_auth_supported(self) -> bool:
        return "password" in self._box.methods

    def validate_password(self, _username: str, password: str) -> bool:
        return self._box.is_right("password", password)

    def kbdint_auth_supported(self) -> bool:
        return "keyboard-interactive" in self._box.methods

    def get_kbdint_challenge(self, _username: str, _lang: str, _submethods: str) -> Any:
        self._rounds = list(self._box.asks)
        return "", "", "", self._rounds.pop(0)

    def validate_kbdint_response(self, _username: str, responses: Sequence[str]) -> Any:
        for answer in responses:
            if not self._box.is_right("keyboard-interactive", answer):
                return False
        return ("", "", "", self._rounds.pop(0)) if self._rounds else True


@contextlib.asynccontextmanager
async def appliance(
    password: str, *, key: asyncssh.SSHKey | None = None, **more: Any
) -> AsyncIterator[Appliance]:
    """An appliance that listens on loopback."""
    key = key or asyncssh.generate_private_key("ssh-ed25519")
    box = Appliance(password, **more)
    box.host_key = " ".join(key.export_public_key().decode().split()[:2])

    def serve(process: asyncssh.SSHServerProcess[str]) -> None:
        box.ran.append(process.command or "(shell)")
        process.stdout.write(f"appliance ran: {process.command}\n")
        process.exit(0)

    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=lambda: _Server(box),
        server_host_keys=[key],
        process_factory=serve,
        config=None,
    )
    box.port = server.get_port()
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()
