"""Which substitutions print what a shell is meant to run, or no more than a plain word.

`eval "$(ssh-agent -s)"` and `source <(kubectl completion bash)` stand in every start file. What
they print is not read; but the program that prints it is, and could do the same by itself.

What always holds: only programs count that print text of their own making: none that prints what it
is given, or a file. What it does not do: read what they print.
"""

import re

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
)
_FED = re.compile(rf"<\([ ]*{_HOOK}[ ]*\)")
_PRINTED = re.compile(rf"(?P<quote>\"?)(?:\$\([ ]*{_HOOK}[ ]*\)|`{_HOOK}`)(?P=quote)")
_WORD = re.compile(
    r"\$\((?:nproc|pwd|whoami|hostname|arch|id -[gnu]{1,2}|uname -[a-z]|seq [0-9 ]+"
    r"|date \+[%A-Za-z0-9_-]+)\)"
)


def is_fed(raw: str) -> bool:
    """Whether *raw* is `<(…)` with a program that prints a hook for shells."""
    return bool(_FED.fullmatch(raw))


def is_printed(raw: str) -> bool:
    """Whether *raw* is `$(…)` with such a program."""
    return bool(_PRINTED.fullmatch(raw))


def without_words(raw: str) -> str:
    """*raw* without substitutions that print plain words: numbers, names, dates."""
    return _WORD.sub("", raw)
