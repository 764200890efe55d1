"""The two commands that integrate a person's shell: one for the side channel, one for the shell.

What always holds: both are one `exec /bin/sh -c '…'` that every login shell reads alike (sh, bash,
zsh, dash, fish, csh), so they hold no newline, no quote but the two, no `!` and no doubled
backslash. They carry the scripts themselves; what they need on the host is one folder, private to
the person and gone when the side channel ends. What it does not do: open channels or judge.
docs/PROTOCOL.shell says what the scripts do.
"""

import re
import secrets
from dataclasses import dataclass
from functools import cache
from importlib import resources

MAX_COMMAND = 64 << 10
"""Characters of either command: hosts take 128 KiB in one argument."""
PATIENCE = 1800
"""Seconds that a shell waits for an answer before it drops the line: as long as an approval."""
_ENTROPY = 16
_SCRIPTS = {
    "bash": (
        "bash.sh",
        "bash_ask.sh",
        "bash_step.sh",
        "bash_trap.sh",
        "bash_signal.sh",
        "bash_words.sh",
        "bash_guard.sh",
    ),
    "zsh": ("zshload.zsh", "zsh_step.zsh", "zsh.zsh", "zsh_keys.zsh"),
    "fish": ("fish_ask.sh", "fish.sh"),
}
_COMMENT = re.compile(r"^\s*(?:#.*)?\n", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_UNSAFE = re.compile(r"""[\n'"$`\\!]""")


@dataclass(frozen=True)
class Secret:
    """What one session's shell and gate know, and nobody else should.

    Attributes:
        nonce: marks every line from the shell.
        token: marks every answer.
        folder: the name of the folder on the host.
    """

    nonce: str
    token: str
    folder: str


def new_secret() -> Secret:
    """A secret for one session."""
    nonce, token, folder = (secrets.token_hex(_ENTROPY) for _ in range(3))
    return Secret(nonce, token, f".bastion-{folder}")


def side_channel_command(secret: Secret) -> str:
    """The exec request that opens the side channel.

    Its standard output begins with a line that says READY or ABSENT (`Questions.shell`,
    `Questions.absence`), then come the questions; its standard input takes the answers. It ends,
    and removes its folder, when its standard input ends.
    """
    return _command(_filled(_script("side.sh"), secret, PATIENCE))


def shell_command(secret: Secret, shell: str, patience: int = PATIENCE) -> str:
    """The exec request that starts the person's own shell, integrated.

    It needs the side channel to be ready, which told which *shell* that is: no other is carried.
    Where it cannot be integrated after all, it starts as it would without us, and the side channel
    tells an END.
    """
    start = _script("start.sh")
    for of, names in _SCRIPTS.items():
        for name in names:
            start = start.replace(f"@{name}@\n", _script(name) if of == shell else "")
    return _command(_filled(start, secret, patience))


def _filled(script: str, secret: Secret, patience: int) -> str:
    """*script* with what is this session's own."""
    values = {
        "NONCE": secret.nonce,
        "TOKEN": secret.token,
        "FOLDER": secret.folder,
        "PATIENCE": str(patience),
    }
    for name, value in values.items():
        script = script.replace(f"@{name}@", value)
    return script


@cache
def _script(name: str) -> str:
    """A script of this package, without comments and indentation."""
    text = (resources.files("bastion.command.shell") / name).read_text(encoding="ascii")
    return _INDENT.sub("", _COMMENT.sub("", text))


def _command(script: str) -> str:
    """*script* as one line that any shell hands to /bin/sh unchanged."""
    safe = _UNSAFE.sub(lambda found: f"\\0{ord(found[0]):03o}", script)
    return f"""exec /bin/sh -c 'eval "$(printf %b "{safe}")"'"""
