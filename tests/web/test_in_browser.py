"""The pages in a real browser: Chromium, signed in at the demo provider, no word on the console."""

import pathlib

import pytest
from playwright.async_api import expect

from tests.servers.browser import chromium
from tests.web.conftest import Span

XSS = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg/onload=alert(3)>"


class Watched:
    """A page, and everything that it complained about."""

    def __init__(self, page) -> None:
        self.page, self.complaints = page, []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._dialog)

    async def _dialog(self, dialog) -> None:
        self.complaints.append(f"a dialog: {dialog.message}")
        await dialog.dismiss()


@pytest.fixture
async def browser():
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def new_page(browser, site, idp):
    """Opens *path* in a fresh profile and signs in as *account* at the provider."""
    watched = []

    async def opened(path, account):
        context = await browser.new_context(viewport={"width": 390, "height": 844})
        one = Watched(await context.new_page())
        watched.append(one)
        await one.page.goto(site.url + path)
        await one.page.check(f"input[name=account][value={account}]")
        await one.page.fill("input[name=password]", idp.password)
        await one.page.click("button[value=allow]")
        await one.page.wait_for_url(f"{site.url}{path}")
        return one.page

    yield opened
    expected = "Failed to load resource: the server responded with a status of 4"
    for one in watched:
        assert [text for text in one.complaints if not text.startswith(expected)] == []


async def test_approve(new_page, site):
    """From the link in the chat to the decision, on a phone."""
    row = site.ask()
    page = await new_page(site.path(row), "approver")
    await expect(page.locator("pre.command mark")).to_have_text("rm -rf")
    await page.click("button.approve")
    await expect(page.locator(".outcome")).to_contain_text("Approved by approver")
    assert site.request(row).state == "approved"
    await page.reload()
    assert site.request(row).state == "approved"


async def test_denying_needs_a_reason(new_page, site):
    """The page says so, keeps the focus order, and takes the second try."""
    row = site.ask()
    page = await new_page(site.path(row), "approver")
    await page.click("button.deny")
    await expect(page.get_by_role("alert")).to_contain_text("needs a reason")
    assert site.request(row).state == "pending"
    await page.get_by_label("Reason").fill("not tonight")
    await page.click("button.deny")
    await expect(page.locator(".outcome")).to_contain_text("Denied by approver")
    await expect(page.locator(".outcome q")).to_have_text("not tonight")
    assert site.request(row).decision_reason == "not tonight"


async def test_hostile_text_is_text(new_page, site):
    """In the command, the names, the reasons, on the page and in the inbox: nothing runs."""
    row = site.ask(
        text=f"echo {XSS}\n\x1b[2K\u202etxt",
        account=XSS,
        target=XSS,
        login=XSS,
        reason=XSS,
        rule=XSS,
        dangerous=(Span(3, 30),),
    )
    page = await new_page(site.path(row), "approver")
    shown = await page.locator("pre.command").text_content()
    assert shown == f"echo {XSS}\n\\x1b[2K\\u202etxt"
    await page.get_by_label("Reason").fill(XSS)
    await page.click("button.deny")
    await expect(page.locator(".outcome q")).to_have_text(XSS)
    await page.goto(f"{site.url}/approvals")
    await expect(page.locator("ul.past code")).to_contain_text("<script>alert(1)</script>")
    assert await page.locator("main img, main svg, main script").count() == 0


async def test_the_requester_finds_no_button(new_page, site):
    """They see that they wait, and a way to sign in as somebody else."""
    page = await new_page(site.path(site.ask()), "engineer")
    await expect(page.locator(".notice")).to_contain_text("cannot approve your own request")
    assert await page.locator("button.approve").count() == 0
    await page.click("text=Sign in as somebody else")
    await expect(page.locator("input[value=approver]")).to_be_visible()


async def test_sign_out(new_page, site):
    """And the pages ask who is there again."""
    page = await new_page("/approvals", "approver")
    await page.click("text=Sign out")
    await expect(page.locator("h1")).to_have_text("You are signed out")
    await page.goto(f"{site.url}/approvals")
    await expect(page.locator("input[name=password]")).to_be_visible()


async def test_a_page_of_another_site_cannot_decide(new_page, site, tmp_path):
    """A form there, sent by the approver's own browser with their cookies in reach (CSRF)."""
    row = site.ask()
    page = await new_page(site.path(row), "approver")
    token = await page.locator(".decision input[name=form]").get_attribute("value")
    attack = pathlib.Path(tmp_path) / "attack.html"
    attack.write_text(
        f'<form method="post" action="{site.url}{site.path(row)}">'
        f'<input name="form" value="{token}"><button name="decision" value="approve">go</button>'
    )
    await page.goto(attack.as_uri())
    await page.click("button")
    await expect(page.locator("h1")).to_contain_text("out of date")
    assert site.request(row).state == "pending"


async def test_nothing_is_wider_than_a_phone(new_page, site):
    """A long command wraps; nobody has to scroll sideways to find the buttons."""
    row = site.ask(text="x" * 3000, target="gpu-" + "y" * 100)
    page = await new_page(site.path(row), "approver")
    for path in (site.path(row), "/approvals"):
        await page.goto(site.url + path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
