"""Where links lead: never off the site by way of `next`, and from the API's addresses to pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from services.web.paths import local_path, page_of, work_page
from tests.web.web_stack import Browser


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
        "evil.example", "javascript:alert(1)", "/%0d%0aSet-Cookie: a=b\r\nX: y", "///evil.example", "", "/a\nb",
        "/ /evil.example",
    ],
)  # fmt: skip
def test_a_target_off_the_site_is_not_followed(target: str) -> None:
    assert local_path(target, "/account") == "/account"


@pytest.mark.parametrize("target", ["/", "/account", "/ca/act/A-1/en@2026-06-14#sec_2", "/search?q=a%20b&lang=fr"])
def test_a_path_on_the_site_is_followed(target: str) -> None:
    assert local_path(target) == target


@given(st.text(alphabet=st.sampled_from("/\\:.@?#%ahtps evil\t\n\r"), max_size=20))
def test_whatever_is_followed_stays_on_the_site(target: str) -> None:
    joined = URL("https://site.example/login").join(URL(local_path(target), encoded=True))
    assert joined.host == "site.example"


@pytest.mark.parametrize(
    ("href", "page"),
    [
        ("/api/v1/policies/ca/act/A-1", "/ca/act/A-1"),
        ("/api/v1/policies/ca/act/A-1/en@2026-06-14", "/ca/act/A-1/en@2026-06-14"),
        ("/api/v1/policies/ca/act/A-1/en@2026-06-14/~sec_12.1", "/ca/act/A-1/en@2026-06-14#sec_12.1"),
        ("https://evil.example/api/v1/policies/x", "/"),
    ],
)
def test_an_api_address_has_a_page(href: str, page: str) -> None:
    assert page_of(href) == page


def test_a_number_is_escaped_in_addresses() -> None:
    assert work_page("ca", "act", "A 1/2?") == "/ca/act/A%201%2F2%3F"


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/search/?q=a%20b&lang=fr", "/search?q=a%20b&lang=fr"),
        ("/ca-port-lumen/by-law/2016-04/", "/ca-port-lumen/by-law/2016-04"),
        ("/docs/errors/", "/docs/errors"),
    ],
)
async def test_a_slash_at_the_end_leads_to_the_page(browser: Browser, path: str, to: str) -> None:
    page = await browser.get(path)
    assert (page.status, page.headers["Location"]) == (308, to)
    assert page.headers["X-Request-ID"]


@pytest.mark.parametrize("path", ["/nope/", "//evil.example/", "/static/"])
async def test_a_slash_at_the_end_of_nothing_leads_nowhere(browser: Browser, path: str) -> None:
    assert (await browser.get(path)).status == 404
