"""A `#` begins a comment for us where it does for a real bash.

The lines that it is shown run nothing but `:`, `echo` and functions of the test.
"""

import subprocess
from itertools import product

from bastion.command.extract import extract
from bastion.command.scan import heredocs
from tests.servers.installed import require

HEADS = [
    *("echo a\\ ", "echo 'a'", 'echo "a"', "echo $'a'", 'echo $"a"', "echo \\#", "echo a\\;"),
    *("echo a\\\\;", "echo a\\&", "echo a&", "echo a|", "echo a\t", "echo a\\\t", "echo a\r"),
    *("echo ${x}", "echo ${#x}", "echo $x", "echo $", "echo $!", "echo $((1))", "echo $[1]"),
    *("echo $(:)", 'echo "$(:)"', "echo `:`", "echo `: #`", "echo `: # x` ", "echo <(:)"),
    *("echo $(: # x\n) ", "echo $(#)\n:)", '"`: # `" ', "(:)", "(:) ", "(#)\n:)", "((1))"),
    *("x=(1)", "x=(1) ", "x=", 'x="a "', "[[ a ]] ", "f(){ :; }", "f(){ :; } ", "time ", "! "),
    *("echo a\\\n", "echo a \\\n", "echo a;\\\n", "echo a\\\\\n", "echo {a,b}", "echo a\\\n "),
    *("echo a>/dev/null", "echo a>/dev/null ", "echo a>", "cat <<<a", "cat <<<a ", "{ "),
    *("cat <<D\n#\nD\n", "cat <<D\nD\n", "echo \u00a0", "shopt -s extglob;echo @(a)", "if :;then "),
]
TAILS = ["#; MARK", " #; MARK", "#\\\n; MARK", '#"; MARK', "#a $(MARK)"]
DOCUMENTS = [begin + " <<MARK\nx\nMARK\nDONE" for begin in ("#", " #", "#x")]


def called_in_bash(lines: list[str]) -> list[str]:
    """Which of MARK and DONE each of *lines* runs, all in one process."""
    script = """
        exec 3>&1 >/dev/null 2>&1 </dev/null
        MARK() { echo -n MARK >&3; }
        DONE() { echo -n DONE >&3; }
        for line; do (eval "$line"); echo . >&3; done
    """
    done = subprocess.run(
        [require("bash", "bash"), "--norc", "--noprofile", "-c", script, "bash", *lines],
        capture_output=True,
        check=True,
        timeout=60,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )
    return done.stdout.decode().split(".\n")[:-1]


def is_seen(line: str) -> bool:
    """Whether we see MARK run, or say that we do not know."""
    reading = extract(line)
    return bool(reading.opaque) or any(command.program == "MARK" for command in reading.commands)


def test_nothing_that_runs_is_taken_for_a_comment():
    """Behind whatever the `#` stands: what bash runs is seen, or the line is called opaque."""
    lines = [head + tail for head, tail in product(HEADS, TAILS)]
    told = called_in_bash(lines)
    ran = [line for line, called in zip(lines, told, strict=True) if called]
    assert len(ran) > len(lines) / 4
    assert [line for line in ran if not is_seen(line)] == []


def test_no_comment_begins_a_here_document():
    """What follows is its body where bash takes it so, and commands where bash runs them."""
    lines = [head + tail for head, tail in product(HEADS, DOCUMENTS)]
    told = zip(lines, called_in_bash(lines), strict=True)
    sound = [(line, called == "MARKDONE") for line, called in told if called.endswith("DONE")]
    assert len(sound) > len(lines) * 3 / 4
    bodies = {line: [document.body.text for document in heredocs(line)] for line in lines}
    wrong = [line for line, is_run in sound if is_run is ("x\n" in bodies[line])]
    assert wrong == []
