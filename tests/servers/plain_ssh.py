"""asyncssh's client, with nothing of whoever runs the tests: no configuration, no agent, no hosts.

async with plain_ssh(port, username="engineer", client_keys=[(key, certificate)]) as connection:
    await connection.run("true")
"""

from typing import Any

import asyncssh


def plain_ssh(port: int, *, username: str = "engineer", **options: Any) -> Any:
    """A connection to *port* of this machine; *options* as `asyncssh.connect` has them."""
    nothing = {"known_hosts": None, "config": None, "agent_path": None}
    return asyncssh.connect("127.0.0.1", port, username=username, **nothing | options)
