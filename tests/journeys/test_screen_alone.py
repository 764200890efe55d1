"""A shell that does not ask: how it is entered, by profile."""

import pytest

from tests.journeys.conftest import whole_site
from tests.servers.approver import decide
from tests.servers.terminal import PROMPT, Terminal, plain
from tests.servers.waiting import until

_DOOR = "(a shell that does not ask: that is switched off for this host)"
_REQUIRE = '[[require]]\nid = "strict"\ntargets = ["gpu-*"]\nprofile = "{}"\n'
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
async def site(tmp_path_factory):
    """A site whose shells do not ask."""
    folder = tmp_path_factory.mktemp("screen")
    async with whole_site(folder, gate={"integration": False}) as whole:
        yield whole


async def required(site, profile: str) -> None:
    """The host is in *profile* from now on."""
    access = site.deployment.folder / "rules" / "access.toml"
    loaded = len(site.deployment.audited("rules-loaded"))
    grants = access.read_text().partition("[[require]]")[0]
    access.write_text(grants + _REQUIRE.format(profile))
    await until(lambda: len(site.deployment.audited("rules-loaded")) > loaded)


def terminal(site) -> Terminal:
    return Terminal("ssh", [*site.deployment.options(), "gpu-01"])


async def test_it_is_entered_once_somebody_approved_that(site):
    """In `protected`: held before the host starts it; what is typed there is judged as ever."""
    await required(site, "protected")
    person = terminal(site)
    await person.sees("held by opaque-no-integration: waiting for approvers")
    await decide(await site.link(), site.provider.password, "approve")
    assert "approved by approver" in plain(await person.sees("[$#] "))
    person.types("PS1='story''$ '\r")
    await person.sees(PROMPT)
    person.types("cat /etc/shadow\r")
    assert "blocked by read-password-hashes" in plain(await person.sees(PROMPT))
    person.types("exit\r")
    await person.ends()
    door, *lines = sorted(site.deployment.commands(), key=lambda command: command.at)
    assert (door.source, door.text) == ("door", _DOOR)
    assert (door.verdict, door.outcome, door.outcome_by) == ("hold", "released", "approver")
    assert [line.outcome for line in lines][:2] == ["released", "blocked"]


async def test_nobody_enters_who_gives_it_up(site):
    """Ctrl-C ends the session: there is no prompt to go on at."""
    await required(site, "protected")
    person = terminal(site)
    await person.sees("left for approvers; Ctrl-C cancels")
    person.types("\x03")
    assert await person.ends() == 126
    assert "cancelled" in person.shown


async def test_nobody_enters_where_it_is_locked(site):
    """In `locked` it is refused, and the record says by what."""
    await required(site, "locked")
    person = terminal(site)
    assert await person.ends() == 126
    assert "blocked by opaque-no-integration" in plain(person.shown)
    assert (site.deployment.commands()[0].text, site.deployment.commands()[0].outcome) == (
        _DOOR,
        "blocked",
    )
