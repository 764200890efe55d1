"""Shell text in variables from which programs take it: `PAGER`, `TAR_OPTIONS`, `PS1`.

What always holds: it counts whether it is set in front of one command, by `export`, or by `env`.
What it does not do: know who will read the variable, or what stands in one that was set before.
"""

import re
from collections.abc import Iterator

from bastion.command.arguments import cut
from bastion.command.reading import SimpleCommand, Word
from bastion.command.scan import substitutions

_SETTING = frozenset({"export", "declare", "typeset", "readonly", "local", "env", "sudo", "doas"})
_RUN = re.compile(
    r"(?:\w*_)?(?:PAGER|EDITOR|ASKPASS|BROWSER|SSH|RSH)|\w+(?:PAGER|EDITOR)|GIT_SSH_COMMAND|VISUAL"
    r"|LESSOPEN|LESSCLOSE|GIT_EXTERNAL_DIFF|GIT_PROXY_COMMAND|FZF_DEFAULT_COMMAND|PROMPT_COMMAND"
    r"|RSYNC_CONNECT_PROG|GIT_CONFIG_VALUE_\d+"
)
# Of zsh, some are expanded beside the prompt as well.
_SHOWN = re.compile(r"PS[0-4]|R?PROMPT[1-4]?|RPS[12]|SPROMPT|POSTEDIT|PROMPT_EOL_MARK")
_SOURCED = re.compile(r"(?:BASH_)?ENV|ZDOTDIR")
_SET = re.compile(r"(\w+)\+?=(.*)", re.DOTALL)


def texts(command: SimpleCommand) -> Iterator[Word]:
    """The shell texts that *command* puts into variables from which programs take them."""
    given = command.words[1:] if command.program in _SETTING else ()
    for word in (*command.assignments, *given):
        match = _SET.match(word.text) if word.is_known else None
        if match and _RUN.fullmatch(match[1]):
            yield cut(word, match[2].lstrip(";|- \t"))
        elif match and _SHOWN.fullmatch(match[1]):
            inside = (piece.text for piece in substitutions(match[2], is_document=True))
            yield cut(word, "\n".join(inside))
        elif match and match[1] == "TAR_OPTIONS":
            yield cut(word, f"tar {match[2]}")
        elif match and _SOURCED.fullmatch(match[1]) and "/" in match[2]:
            yield cut(word, f". {match[2]}")
