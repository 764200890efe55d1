"""Who hangs up while a command is held: what is kept of it, and what approvers are told."""

import pytest

from bastion.events import ABANDONED, Outcome
from bastion.recording.library import Library
from bastion.recording.reader import events
from tests.servers.approver import decide, open_page
from tests.servers.plain_http import plain_http
from tests.servers.terminal import Terminal
from tests.servers.waiting import until

HELD = "nvidia-smi --gpu-reset -i 0"


@pytest.mark.parametrize("is_typed", [False, True], ids=["command", "line"])
async def test_a_killed_ssh_leaves_word_of_what_became_of_its_command(whole, is_typed):
    """Store, recording and page say that nobody waits any more; so is told who approves then."""
    deployment = whole.deployment
    arguments = [*deployment.options(), "gpu-01"]
    terminal = Terminal("ssh", ["-tt", *arguments] if is_typed else [*arguments, HELD])
    if is_typed:
        await terminal.sees("[$#] ")
        terminal.types(f"{HELD}\r")
    await terminal.sees("held by gpu-reset")
    link = await whole.link()
    terminal.close()  # kills it
    session = await deployment.newest()
    assert session.ending == "lost"
    assert [(c.verdict, c.outcome) for c in deployment.commands(1)] == [("hold", ABANDONED)]
    path = Library(deployment.state.recordings).path(session.recording)
    told = [timed.event for timed in events(path) if isinstance(timed.event, Outcome)]
    assert [(each.outcome, each.by) for each in told] == [(ABANDONED, "")]
    store = deployment.store()
    await until(lambda: not store.requests.pending())
    store.close()
    answer = await decide(link, whole.provider.password, "approve")
    assert answer.status_code == 409
    assert "Nobody waits for this any more" in answer.text
    async with plain_http() as http:
        page = await open_page(http, link, "approver", whole.provider.password)
    assert "Nobody waits for it any more: the session ended while it waited." in page
