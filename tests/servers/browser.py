"""A real browser without a window: Chromium, driven by Playwright."""

import contextlib
from collections.abc import AsyncIterator

from playwright.async_api import Browser, Page, async_playwright

from tests.servers.installed import require

_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser with an empty profile."""
    path = require("chromium", "chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        async with browser:
            yield browser


@contextlib.asynccontextmanager
async def browser_page() -> AsyncIterator[Page]:
    """A page of a new browser; a word on its console fails the test."""
    complaints: list[str] = []
    async with chromium() as browser:
        page = await browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
    assert complaints == []


async def sign_in(page: Page, account: str, password: str) -> None:
    """Fill in the demo provider's page."""
    await page.check(f'input[name=account][value="{account}"]', force=True)
    await page.fill("input[name=password]", password)
    await page.press("input[name=password]", "Enter")
