"""Literal shell text is found in other programs' text."""

import pytest

from bastion.command.embedded import FINDERS


@pytest.mark.parametrize(
    ("language", "code", "commands"),
    [
        ("python", 'import os; os.system("rm -rf /a")', ["rm -rf /a"]),
        ("python", 'import subprocess as s; s.run(["rm", "a b"])', ["rm 'a b'"]),
        ("python", 'from os import popen\nif 1:\n  popen("id")', ["id"]),
        ("python", 'import subprocess; subprocess.check_output(("id", "-u"))', ["id -u"]),
        ("python", 'from os import system as s; s("id")', ["id"]),
        ("python", 'import os; getattr(os, "system")("id")', ["id"]),
        ("python", 'import os; os.execvp("rm", ["rm", "-r"])', ["rm -r"]),
        ("python", "import os; os.system(name)", []),
        ("python", 'print("os.system(1)")', []),
        ("python", 'run(["rm", name])', []),
        ("python", "if (", []),
        ("python", "os.system(b'rm')", ["rm"]),
        ("python", "os.system('r' + 'm -rf /a')", ["rm -rf /a"]),
        ("python", "c = 'id'; import os; os.system(f'{c} -u')", ["id -u"]),
        ("python", "getattr(__import__('os'), 'sys' + 'tem')('id')", ["id"]),
        ("python", "exec('import os; os.system(\"id\")')", ["id"]),
        ("python", "exec(__import__('base64').b64decode('b3Muc3lzdGVtKCJpZCIp'))", ["id"]),
        ("python", "import shutil as s; s.rmtree('/a b')", ["rm -r -- '/a b'"]),
        ("python", "import os\nfor f in glob('/a/*.pt'): os.remove(f)", ["rm -- /a/*.pt"]),
        ("python", "[os.unlink(f) for f in os.listdir('/a')]", ["rm -- /a/*"]),
        ("python", "from pathlib import Path; Path('/a').unlink()", ["rm -- /a"]),
        ("python", "p = Path('/a') / 'b'; p.write_text('x')", [": > /a/b"]),
        ("python", "open('/a', 'w')", [": > /a"]),
        ("python", "open(os.path.join('/a', 'b'), mode='rb')", ["cat /a/b"]),
        ("python", "os.chmod('/a', 0o4755); os.kill(1, 9)", ["chmod 4755 /a", "kill -9 1"]),
        ("python", "'a-b'.replace('a', 'b'); [].remove(x)", ["mv -- a b"]),
        ("python", "shutil.move('/a', name)", []),
        ("script", 'system("id")', ["id"]),
        ("script", "os.execute('id')", ["id"]),
        ("script", 'require("child_process").execSync("id -u")', ["id -u"]),
        ("script", 'exec "rm", "-r", "a b"', ["rm -r 'a b'"]),
        ("script", "print(1)", []),
        ("script", 'require("fs").rmSync("/a", {recursive: true})', ["rm -r -- /a"]),
        ("script", 'fs.writeFileSync("/a", "x"); fs.readFileSync("/b")', [": > /a", "cat /b"]),
        ("script", 'spawn("rm", ["-rf", "/a"])', ["rm -rf /a"]),
        (
            "ruby",
            'unlink "/a"; rmtree("/b"); FileUtils.rm_r "/c"',
            ["rm -- /a", "rm -r -- /b", "rm -r -- /c"],
        ),
        (
            "ruby",
            'open(F, ">/a"); open(my $f, ">>", "/b"); open(F, "</c")',
            [": > /a", ": > /b", "cat /c"],
        ),
        ("ruby", 'File.open("/a", "w"); File.read("/b")', ["cat /b", ": > /a"]),
        ("ruby", 'kill 9, 1; chmod 04755, "/a"', ["kill -9 1", "chmod 04755 /a"]),
        ("ruby", "qx(id -u); exec qw(rm -rf /a)", ["id -u", "rm -rf /a"]),
        ("sed", "1e id", ["id"]),
        ("sed", "/x/,$e id -u", ["id -u"]),
        ("sed", "s|x|id -u|ge", ["id -u"]),
        ("sed", "s/e /x/g; p", []),
        ("sed", "s/.*/rm & \\1/e", ["xargs -I{} sh -c 'rm {} {}'"]),
        ("editor", "call delete('/a', 'rf')", ["rm -r -- /a"]),
        ("bang", "!id -u\nput -r /a b\nls", ["id -u", "scp /a it@there:"]),
        ("notebook", "import os\n!id -u", ["id -u"]),
        ("notebook", "import os; os.system('id')", ["id"]),
        ("ruby", "open(F, '|id -u')", ["id -u"]),
        ("ruby", 'open my $f, "id -u |"', ["id -u"]),
        ("expect", "spawn -noecho id -u; interact", ["id -u"]),
        ("ruby", "exec '/bin/sh'", ["/bin/sh"]),
        ("ruby", "print `id`; %x[whoami]", ["id", "whoami"]),
        ("awk", 'BEGIN {system("id")}', ["id"]),
        ("awk", 'BEGIN {"id" | getline x; print x | "sort"}', ["id", "sort"]),
        ("awk", "{print $2}", []),
        ("awk", 'BEGIN {print "x" > "/a"; getline l < "/b"}', [": > /a", "cat /b"]),
        ("awk", 'BEGIN {c = "id -u"; system(c)}', ["id -u"]),
        ("sed", "s/a/b/w /a", [": > /a"]),
        ("sed", "$ r /a", ["cat /a"]),
        ("debugger", "shell id -u", ["id -u"]),
        ("debugger", "!id", ["id"]),
        ("debugger", 'python import os; os.system("id")', ["id"]),
        ("debugger", 'call (int)system("id -u")', ["id -u"]),
        ("debugger", "break main", []),
        ("lisp", '(shell-command "id -u")', ["id -u"]),
        ("lisp", '(call-process "rm" nil nil nil "-rf" "/a")', ["rm -rf /a"]),
        ("lisp", '(delete-directory "/a" t)', ["rm -r -- /a"]),
        ("expect", r'spawn bash; send "id -u\r"', ["bash", "id -u"]),
        ("editor", ":!reboot", ["reboot"]),
        ("editor", "! reboot", ["reboot"]),
        ("editor", ":wq", []),
        ("editor", ":silent !id", ["id"]),
        ("editor", "%!id -u", ["id -u"]),
        ("editor", "w! /a", [": > /a"]),
        ("editor", 'call system("id")', ["id"]),
    ],
)
def test_what_is_literal_is_found(language, code, commands):
    """And what is made up at run time is not guessed at."""
    assert list(FINDERS[language](code)) == commands


@pytest.mark.parametrize("language", FINDERS)
@pytest.mark.parametrize(
    "code", ["(" * 5000, "\0", "'" * 999, "system(" * 999, "\\" * 99, "é\ud800"]
)
def test_nonsense_is_nothing(language, code):
    """It raises nothing and hangs nowhere."""
    list(FINDERS[language](code))
