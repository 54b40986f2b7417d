"""The status page says what each service says, also of one that is away."""

from infra.local.valkey import ValkeyServer
from tests.web.web_stack import NOWHERE, Browser, running_web


async def test_all_services_and_their_dependencies_are_shown(browser: Browser) -> None:
    page = await browser.get("/status")
    assert page.status == 200
    assert page.headers["Cache-Control"] == "no-store"
    for word in ("Pages", "Accounts", "Policies and search", "postgresql", "redis", "Working"):
        assert word in page.text, word
    fragment = await browser.get("/fragments/status?ui=fr")
    assert "<html" not in fragment.text
    assert "Fonctionne" in fragment.text


async def test_a_service_that_is_away_is_named(policy_url: str, valkey_server: ValkeyServer) -> None:
    async with running_web(NOWHERE, policy_url, valkey_server.url(1)) as (base, session):
        page = await Browser(base, session).get("/status")
        assert page.status == 200
        assert "Something is down" in page.text


async def test_policy_away_is_a_page_that_says_so(auth_url: str, valkey_server: ValkeyServer) -> None:
    async with running_web(auth_url, NOWHERE, valkey_server.url(1)) as (base, session):
        browser = Browser(base, session)
        page = await browser.get("/ca/act/A-1/en@2020-01-01")
        assert (page.status, page.headers["Cache-Control"]) == (503, "no-store")
        assert int(page.headers["Retry-After"]) >= 1
        assert "A part of the platform is away" in page.text
        assert (await browser.get("/docs")).status == 200
