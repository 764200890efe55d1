"""Which substitutions print what a shell is meant to run, or no more than a plain word.

`eval "$(ssh-agent -s)"` and `source <(kubectl completion bash)` stand in every start file. What
they print is not read; but the program that prints it is, and could do the same by itself. What
`source <(grep x FILE)` runs stands in a file, as with `source FILE`.

What always holds: only programs count that print text of their own making, or the lines of a file
that is named: none that prints what it is given. What it does not do: read what they print.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from bastion.command import tokens
from bastion.command.reading import SimpleCommand

_PROGRAMS = (
    "ansible|argocd|asdf|atuin|aws|az|brew|cargo|cilium|conda|crictl|direnv|docker|docker-machine|"
    "dstack|eksctl|flux|fnm|fzf|gcloud|gh|glab|helm|hf|istioctl|jenv|just|k3d|k9s|kind|kubectl|"
    "kustomize|mamba|micromamba|minikube|mise|nerdctl|nodenv|npm|oc|ollama|pdm|pip|pip3|pipx|pnpm|"
    "podman|poetry|pyenv|pyenv-virtualenv|rbenv|rustup|rye|skaffold|sky|starship|stern|tailscale|"
    "terraform|thefuck|uv|uvx|vault|velero|volta|zellij|zoxide"
)
_VERBS = (
    "completion|completions|init|virtualenv-init|hook|shell hook|shell[.](?:bash|zsh|posix) hook|"
    "shellenv|env|docker-env|podman-env|activate|gen-completions|generate-shell-completion"
)
_SHELLS = "bash|zsh|sh|posix|-s|-p|-|--[a-z-]+"
_HOOK = (
    rf"(?:~?/[\w./-]+/)?(?:(?:{_PROGRAMS}) (?:{_VERBS})(?: (?:{_SHELLS}))*"
    r"|ssh-agent(?: -s)?|dircolors(?: -b)?|register-python-argcomplete [\w.-]+)"
    r"(?: 2> ?/dev/null)?"
)
_FED = re.compile(rf"<\([ ]*{_HOOK}[ ]*\)")
_PRINTED = re.compile(rf"(?P<quote>\"?)(?:\$\([ ]*{_HOOK}[ ]*\)|`{_HOOK}`)(?P=quote)")
_WORD = re.compile(
    r"\$\((?:nproc|pwd|whoami|hostname|arch|id -[gnu]{1,2}|uname -[a-z]|seq [0-9 ]+"
    r"|date \+[%A-Za-z0-9_-]+)\)"
)


_FILTERS: Mapping[str, int] = MappingProxyType(
    {"grep": 1, "egrep": 1, "sed": 1, "cut": 0, "cat": 0, "head": 0, "tail": 0, "tac": 0}
    | {"sort": 0, "uniq": 0}
)
"""Programs that print lines of their input, and how many operands stand before its name."""
_TELLING = frozenset({"export", "printenv"})
_SUBSTITUTION = re.compile(r"\$\((.+)\)|`([^`]+)`", re.DOTALL)
_OWN_PROGRAM = re.compile(r"(?:\.{1,2}|~)/.+")


def is_fed(raw: str) -> bool:
    """Whether *raw* is `<(…)` with a hook for shells, or with what stands in a file."""
    if _FED.fullmatch(raw):
        return True
    first = _source(raw[2:-1]) if raw.endswith(")") else None
    return first is not None and (bool(_OWN_PROGRAM.match(first.words[0].text)) or _reads(first))


def are_settings(raw: str) -> bool:
    """Whether *raw* is `$(…)` with the lines of a file, as in `env $(cat .env | xargs) CMD`."""
    match = _SUBSTITUTION.fullmatch(raw)
    first = _source((match[1] or match[2]).removesuffix("| xargs")) if match else None
    return first is not None and _reads(first)


def _source(text: str) -> SimpleCommand | None:
    """The first command of *text*, where the others only let its lines through."""
    commands = tokens.split(text)
    if not commands or not all(map(_is_plain, commands)):
        return None
    first, *behind = commands
    is_one = all(c.pipeline == first.pipeline and c.program in _FILTERS for c in behind)
    return first if is_one else None


def _reads(command: SimpleCommand) -> bool:
    operands = [word for word in command.words[1:] if not word.text.startswith("-")]
    if command.program in _TELLING:
        return not operands
    before = _FILTERS.get(command.words[0].text)
    return before is not None and len(operands) == before + 1


def _is_plain(command: SimpleCommand) -> bool:
    """Whether *command* is words that are all known, and no more: a program of one's own alone."""
    if not command.words or command.assignments or command.redirections:
        return False
    is_alone = len(command.words) == 1 or "/" not in command.words[0].text
    return is_alone and all(w.is_known and not w.has_glob for w in command.words)


def is_printed(raw: str) -> bool:
    """Whether *raw* is `$(…)` with such a program."""
    return bool(_PRINTED.fullmatch(raw))


def without_words(raw: str) -> str:
    """*raw* without substitutions that print plain words: numbers, names, dates."""
    return _WORD.sub("", raw)
