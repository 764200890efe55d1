"""Shell text that tmux runs beside what its windows do: hooks, keys, conditions, its status line.

What always holds: a text counts whether it runs now or when something happens later. What it does
not do: read tmux's files, or what runs in a window (`bastion.command.wrapper_table`).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bastion.command.arguments import cut
from bastion.command.reading import Word

_RUNNING = re.compile(
    r"(?:new(?:-session|-window|w)?|split-?w(?:indow)?|respawn-?[wp]\w*|run(?:-shell)?|if(?:-shell)?"
    r"|pipe-?p(?:ane)?|send(?:-keys)?|(?:display-)?popup|set(?:-option|-hook)?|bind(?:-key)?) .+",
    re.DOTALL,
)
_SHOWN = re.compile(r"#\(([^()]+)\)")
_CONDITIONS = frozenset({"if", "if-shell"})
_KEPT = frozenset({"default-command", "default-shell", "lock-command", "editor", "copy-command"})


def of_tmux(words: Sequence[Word]) -> Iterator[Word]:
    """The shell texts among *words*, the first of which is tmux."""
    for before, word in pairwise(words):
        if not word.is_known:
            continue
        if before.text in _KEPT or (before.text == "-c" and before is words[1]):
            yield word
        elif _RUNNING.fullmatch(word.text):
            yield cut(word, f"tmux {word.text}")
        yield from (cut(word, found[1]) for found in _SHOWN.finditer(word.text))
    at = next((at for at, word in enumerate(words) if word.text in _CONDITIONS), len(words))
    operands = (word for word in words[at + 1 :] if not word.text.startswith("-"))
    if (condition := next(operands, None)) and condition.is_known:
        yield condition
