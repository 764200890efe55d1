"""Whether this process can do its work."""


async def test_healthy_means_that_the_store_answers(browser):
    """Anybody may ask, and learns nothing else."""
    answer = await browser.open("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "set-cookie" not in answer.headers


async def test_without_a_store_it_fails(browser, site):
    """So that whoever routes traffic takes us out."""
    await site.break_store()
    answer = await browser.open("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "failing"})
