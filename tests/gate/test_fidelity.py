"""Nobody can tell: a shell behind the gate prints, byte for byte, what it prints without one."""

import asyncio
import re

import pytest

from bastion.screen import Screen
from tests.gate.host import PROMPT, Account
from tests.gate.site import UNGATED, Site

pytestmark = [pytest.mark.gate, pytest.mark.timeout(600)]
QUIET_SECONDS = (0.35, 1.5)
"""How long the screen stands still before the next keys; on a busy machine, longer."""
PROMPTED = [
    "echo one two\r",
    "echo $_\r",
    "false | true\r",
    "(exit 3)\r",
    "\r",
    "for i in 1 2\r",
    "do echo $i\r",
    "done\r",
]
BASH = {
    "exit status": ["false\r", "echo $?\r", "true; echo $?\r", "(exit 7)\r", "echo $?\r"],
    "last argument": ["echo one two\r", "echo $_\r", "echo $_\r"],
    "PIPESTATUS": ["false | true | (exit 3)\r", 'echo "${PIPESTATUS[@]}"\r'],
    "job control": ["sleep 30\r", "\x1a", "jobs\r", "fg\r", "\x03", "echo $?\r"],
    "background job": ["sleep 0.1 &\r", "wait; echo done\r", "\r"],
    "ERR trap": ["false\r", "(false)\r", "false || true\r", "echo $?\r"],
    "EXIT trap": ["echo x\r", "exit 3\r"],
    "DEBUG trap of one's own": ["echo x\r", "echo y | cat\r"],
    "set -e in a subshell": ["( set -e; false; echo not )\r", "echo $?\r"],
    "set -e": ["set -e\r", "false\r"],
    "set -u": ["set -u\r", "echo $nothing_of_that_name\r", "echo $?\r"],
    "vi mode": ["set -o vi\r", "ecko hi\x1b0lllrh\r", "echo x\x1bk", "\r"],
    "completion": ["ech\t", "hello\r", "cat /etc/host\t", "\t", "\x03"],
    "recalled": ["echo one\r", "echo two\r", "\x1b[A\x1b[A\r", "!!\r", "!echo:s/two/three/\r"],
    "history": ["echo one\r", "echo two\r", "history\r", "fc -l -2\r", "exit\r"],
    "history that ignores spaces": [
        " echo hidden\r",
        "echo a\r",
        "echo a\r",
        "history\r",
        "exit\r",
    ],
    "history of lines": ["for i in 1 2\r", "do echo $i\r", "done\r", "history\r", "exit\r"],
    "several lines": ["echo 'a\r", "b'\r", "cat <<X\r", "text\r", "X\r"],
    "PROMPT_COMMAND and PS0": ["echo x\r", "false\r", "echo y\r"],
    "prompt": ["PS1='\\[\\e[32m\\]\\w \\!\\[\\e[0m\\]gate$ '\r", "cd /tmp\r", "echo x\r"],
    "Ctrl-C and Ctrl-D": ["echo half\x03", "cat\r", "abc\r", "\x04", "\x04"],
    "prompt as starship makes it": PROMPTED,
    "set -x": ["set -x\r", "echo x\r", "true | true\r", "set +x\r", "echo y\r"],
    "IGNOREEOF": ["IGNOREEOF=2\r", "\x04", "\x04", "echo x\r"],
    "search": ["echo findme\r", "\x12find", "\r", "!$\r", "^findme^found\r", "echo \x1b.\r"],
    "shell within": ["bash\r", "echo $SHLVL $-\r", "history\r", "exit\r", "echo $SHLVL $?\r"],
    "input of a program": ["read -r a b; echo $b $a\r", "one two\r", "stty -a | head -3\r"],
    "who it is": ["echo $0 $- $SHLVL $SHELL\r", "tty >/dev/null && echo terminal\r", "umask\r"],
    "paste of lines": ["\x1b[200~echo one\necho two\x1b[201~", "\r"],
    "functions and aliases": [
        "f() { echo $1; return 4; }\r",
        "f x; echo $?\r",
        "alias g='echo h'\r",
        "g\r",
        "type f\r",
    ],
}
ZSH = {
    "exit status": BASH["exit status"],
    "last argument": BASH["last argument"],
    "pipestatus": ["false | true | (exit 3)\r", "echo $pipestatus\r"],
    "job control": BASH["job control"],
    "EXIT trap": BASH["EXIT trap"],
    "set -e in a subshell": BASH["set -e in a subshell"],
    "vi mode": ["bindkey -v\r", "ecko hi\x1b0lllrh\r"],
    "recalled": ["echo one\r", "echo two\r", "\x1b[A\x1b[A\r", "!!\r", "\r"],
    "history": ["echo one\r", "echo two\r", "fc -l\r", "exit\r"],
    "several lines": ["echo 'a\r", "b'\r", "for i in 1 2\r", "do echo $i\r", "done\r"],
    "hooks of one's own": ["echo x\r", "false\r", "echo y\r"],
    "hooks that are told the line": ["echo a;  echo b\r", "x='a\r", "b'\r", "\r", "echo $x\r"],
    "prompt as starship makes it": PROMPTED,
    "Ctrl-C and Ctrl-D": BASH["Ctrl-C and Ctrl-D"],
    "functions and aliases": BASH["functions and aliases"],
    "who it is": BASH["who it is"],
}
FISH = {
    "exit status": ["false\r", "echo $status\r", "sh -c 'exit 7'\r", "echo $status $pipestatus\r"],
    "job control": ["sleep 30\r", "\x1a", "jobs\r", "fg\r", "\x03", "echo $status\r"],
    "background job": ["sleep 0.1 &\r", "wait; echo done\r", "\r"],
    "completion": ["ech\t", "hello\r", "cat /etc/host\t", "\t", "\x03"],
    "menu of completions": ["cd /usr/s\t", "\t", "\r", "; pwd\r", "cd /usr/s\t", "\r"],
    "recalled": ["echo one\r", "echo two\r", "\x1b[A\x1b[A\r", "echo o\x1b[A", "\r"],
    "history": ["echo one\r", " echo hidden\r", "echo two\r", "history | cat\r", "exit\r"],
    "search": ["echo findme\r", "echo x\r", "\x12find", "\r", "\r"],
    "several lines": [
        "echo 'a\r",
        "b'\r",
        "for i in 1 2\r",
        "echo $i\r",
        "end\r",
        "echo a \\\r",
        "b\r",
    ],
    "rows by Alt-Enter": ["echo a\x1b\r", "echo b\x1b\r", "echo c\r"],
    "vi mode": ["fish_vi_key_bindings\r", "ecko hi\x1b0lllrh\r"],
    "vi mode and back": ["fish_vi_key_bindings\r", "fish_default_key_bindings\r", "echo K\r"],
    "abbreviation": ["abbr -a ab echo ab\r", "ab 1\r", "ab\r"],
    "functions and aliases": [
        "function f; echo $argv; return 4; end\r",
        "f x; echo $status\r",
        "alias g 'echo h'\r",
        "g\r",
        "functions f | cat\r",
    ],
    "no line": ["echo )\r", "\x03", "nothing-of-that-name\r", "\r"],
    "hooks of one's own": ["echo x\r", "false\r", "\r"],
    "paste of lines": ["\x1b[200~echo one\necho two\x1b[201~", "\r"],
    "Ctrl-C and Ctrl-D": ["echo half\x03", "cat\r", "abc\r", "\x04", "\x04"],
    "input of a program": ["read a b; echo $b $a\r", "one two\r", "stty -a | head -3\r"],
    "who it is": ["status is-login; echo $status; status is-interactive; echo $status $SHLVL\r"],
}
_STARSHIP_BASH = """\
before_command() {
    local last=$1
    if [ "$ready" = true ]; then
        ready=false
        begun=$(echo 1)
    fi
    : "$last"
}
before_prompt() {
    local said=$? all="${PIPESTATUS[*]}"
    if [[ $begun ]]; then unset begun; fi
    local form='\\\\[\\e[32m\\\\]%s %s %s'
    PS1="$(printf "$form" $said "$all" "$(jobs -p | wc -l)")\\[\\e[0m\\] gate$ "
    ready=true
}
trap 'before_command "$_"' DEBUG
PROMPT_COMMAND=before_prompt
begun=$(echo 1)
"""
_HOOKS_FISH = """\
function before_command --on-event fish_preexec; echo runs $argv; end
function after_command --on-event fish_postexec; echo ran $argv: $status; end
function fish_right_prompt; echo $status; end
"""
_STARSHIP_ZSH = """\
before_prompt() { said=$? all=$pipestatus count=${#jobstates[*]} }
before_command() { begun=$1 }
again() { zle reset-prompt }
zmodload zsh/parameter
autoload -Uz add-zsh-hook
add-zsh-hook precmd before_prompt
add-zsh-hook preexec before_command
zle -N zle-keymap-select again
setopt promptsubst
PROMPT='$(echo $said $all $count)gate$ '
RPROMPT='$(echo $begun)'
"""
BEFORE = {
    ("bash", "prompt as starship makes it"): _STARSHIP_BASH,
    ("zsh", "prompt as starship makes it"): _STARSHIP_ZSH,
    ("zsh", "hooks that are told the line"): "preexec() { print -r -- 1:$1 2:$2 3:$3 }\n",
    ("fish", "hooks of one's own"): _HOOKS_FISH,
    ("bash", "ERR trap"): "trap 'echo failed' ERR\n",
    ("bash", "DEBUG trap of one's own"): "trap 'echo step' DEBUG\n",
    ("bash", "EXIT trap"): "trap 'echo bye' EXIT\n",
    ("zsh", "EXIT trap"): "zshexit() { echo bye }\n",
    ("bash", "history that ignores spaces"): "HISTCONTROL=ignoreboth\n",
    ("bash", "PROMPT_COMMAND and PS0"): "PROMPT_COMMAND=('echo p' 'echo q'); PS0='[runs]'\n",
    ("zsh", "hooks of one's own"): "preexec() { echo runs $1 }; precmd() { echo before $? }\n",
}
"""What the rc file says besides: typed, a rule that ships would hold it."""
_NUMBER = re.compile(r"[0-9]{3,}")
CASES = [("bash", name) for name in BASH] + [("zsh", name) for name in ZSH]


@pytest.mark.parametrize(("shell", "case"), CASES, ids=lambda value: value)
async def test_the_same_with_and_without(site, page, shell, case):
    """The transcript and the history file are the same."""
    for quiet in QUIET_SECONDS:
        without, behind = await asyncio.gather(
            *(_transcript(site, shell, case, way, quiet) for way in (UNGATED, "guardrail"))
        )
        if behind == without:
            break
    page.same[shell, case] = behind == without
    assert behind == without


@pytest.mark.parametrize("case", FISH)
async def test_fish_shows_the_same_with_and_without(site, case):
    """After each key; in which order it paints, it does not know itself."""
    for quiet in QUIET_SECONDS:
        without, behind = await asyncio.gather(
            *(_screens(site, case, way, quiet) for way in (UNGATED, "guardrail"))
        )
        if behind == without:
            break
    assert behind == without


async def _screens(site: Site, case: str, way: str, quiet: float) -> list[str]:
    account = site.account("fish")
    config = account.home / ".config/fish/config.fish"
    config.write_text(config.read_text() + BEFORE.get(("fish", case), ""))
    terminal, screens = site.typist(account, way), list[str]()
    try:
        await terminal.shows(PROMPT)
        await terminal.rests(quiet)
        begun = terminal.shown.rindex(PROMPT.encode())
        for step in FISH[case]:
            terminal.press(step)
            await terminal.rests(quiet)
            screen = Screen(80, 24)
            screen.feed(bytes(terminal.shown[begun:]))
            screens.append(
                _NUMBER.sub("N", "\n".join(screen.lines()).replace(account.name, "NAME"))
            )
    finally:
        terminal.hang_up()
    kept = account.home / ".local/share/fish/fish_history"
    is_kept = FISH[case][-1] == "exit\r" and kept.exists()
    return [*screens, _NUMBER.sub("N", kept.read_text() if is_kept else "")]


async def _transcript(site: Site, shell: str, case: str, way: str, quiet: float) -> tuple[str, str]:
    """What the terminal showed from the first prompt on, and the history file."""
    account, steps = site.account(shell), (BASH if shell == "bash" else ZSH)[case]
    rc = account.home / (".bash_profile" if shell == "bash" else ".zshrc")
    rc.write_text(rc.read_text() + BEFORE.get((shell, case), ""))
    terminal = site.typist(account, way)
    try:
        await terminal.shows(PROMPT)
        await terminal.rests(quiet)
        begun = terminal.shown.rindex(PROMPT.encode())
        for step in steps:
            terminal.press(step)
            await terminal.rests(quiet)
    finally:
        terminal.hang_up()
    history = _history(account) if steps[-1] == "exit\r" else ""  # else it may yet be written
    return _same_for_all(terminal.shown[begun:], account), history


def _same_for_all(shown: bytes, account: Account) -> str:
    """*shown* without what differs between any two sessions."""
    text = shown.decode("utf-8", "replace").replace(account.name, "NAME")
    return re.sub(r"\[1\](\s+)[+]?\s?\d{3,}", r"[1]\1PID", text)


def _history(account: Account) -> str:
    files = [account.home / name for name in (".bash_history", ".zsh_history")]
    return "".join(file.read_text() for file in files if file.exists())
