"""A real browser without a window: Chromium, driven by Playwright."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

_CHROMIUM = Path("/usr/bin/chromium")
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


@contextlib.asynccontextmanager
async def browser_page() -> AsyncIterator[Page]:
    """A page of a new browser with an empty profile; a console error fails the test."""
    _check_installed()
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(_CHROMIUM), args=_ARGUMENTS)
        async with browser:
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


def _check_installed() -> None:
    if not _CHROMIUM.exists():
        pytest.fail("chromium is missing: apt-get install chromium")
