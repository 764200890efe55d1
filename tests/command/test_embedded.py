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
        ("python", "os.system(b'rm')", []),
        ("script", 'system("id")', ["id"]),
        ("script", "os.execute('id')", ["id"]),
        ("script", 'require("child_process").execSync("id -u")', ["id -u"]),
        ("script", 'exec "rm", "-r", "a b"', ["rm -r 'a b'"]),
        ("script", "print(1)", []),
        ("sed", "1e id", ["id"]),
        ("sed", "/x/,$e id -u", ["id -u"]),
        ("sed", "s|x|id -u|ge", ["id -u"]),
        ("sed", "s/e /x/g; p", []),
        ("expect", "spawn -noecho id -u; interact", ["id -u"]),
        ("ruby", "exec '/bin/sh'", ["/bin/sh"]),
        ("ruby", "print `id`; %x[whoami]", ["id", "whoami"]),
        ("awk", 'BEGIN {system("id")}', ["id"]),
        ("awk", 'BEGIN {"id" | getline x; print x | "sort"}', ["id", "sort"]),
        ("awk", "{print $2}", []),
        ("editor", ":!reboot", ["reboot"]),
        ("editor", "! reboot", ["reboot"]),
        ("editor", ":wq", []),
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
