"""How a shell waits for what it is answered."""

import pytest

from bastion.command.shell.questions import answer


@pytest.mark.parametrize("shell", ["/bin/bash", "/bin/zsh"])
def test_an_answer_that_comes_in_parts_is_heard(shells, shell):
    """A busy host may be at other things for longer than a shell looks for an answer at once."""
    one = shells(shell)
    kept = []
    one.judge = kept.append
    one.type("echo o''ne\r")
    one.until(lambda: kept)
    process, _, said = answer(one.secret, kept[0], "A").decode().partition(" ")
    pipe = one.folder / f"a.{process}"
    for part in (said[:5], said[5:-3], said[-3:]):
        with pipe.open("r+b", buffering=0) as opened:
            opened.write(part.encode())
        one.serve(1.1)
    one.until(lambda: "one\r\n" in one.screen)
    assert {question.kind for question in one.heard} == {"P", "L"}
