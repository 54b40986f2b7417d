"""What a document cites and what cites it."""

from services.web.link_answers import NamedWork
from services.web.neighbourhood import MOST, draw
from tests.web.web_stack import NOISE, Browser


def _work(number: int) -> NamedWork:
    href = f"/api/v1/policies/x/act/{number}"
    return NamedWork(jurisdiction="x", kind="act", number=str(number), href=href, title=f"Act {number} " + "y" * 40)


async def test_both_directions_have_counts_and_an_address(browser: Browser) -> None:
    page = await browser.get(f"{NOISE}/citations?lang=en")
    assert page.status == 200
    assert f"{NOISE}/citations?direction=in&lang=en" in page.hrefs()
    other = await browser.get(f"{NOISE}/citations?direction=in&lang=en")
    assert other.status == 200
    assert "<h2>Cited by</h2>" in other.text


async def test_a_citation_is_found_from_both_ends(browser: Browser) -> None:
    out = await browser.get(f"{NOISE}/citations?lang=en")
    listed = out.text.partition('class="citation-groups"')[2]
    cited = {href for href in out.hrefs() if href.startswith("/ca-port-lumen/") and f'"{href}"' in listed}
    others = {"/".join(href.split("/")[:4]) for href in cited if not href.startswith(NOISE)}
    assert others
    back = await browser.get(f"{sorted(others)[0]}/citations?direction=in&lang=en")
    assert NOISE in back.text


def test_the_map_shows_each_neighbour_once_and_not_the_work_itself() -> None:
    drawing = draw([_work(1), _work(1), _work(0)], [_work(n) for n in range(1, 30)], of=_work(0).href)
    assert drawing is not None
    assert [one.work.number for one in drawing.cited] == ["1"]
    assert len(drawing.citing) == MOST
    assert all(0 < one.y < drawing.height for one in drawing.citing)
    assert draw([_work(0)], [], of=_work(0).href) is None
