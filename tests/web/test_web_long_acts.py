"""A long act is one page, and the browser may skip what is out of sight."""

import re
from pathlib import Path

from infra.db.addresses import DatabaseUrls
from infra.local.valkey import ValkeyServer
from tests.web.web_stack import NOISE, NOWHERE, SAMPLE, Browser, import_akoma_ntoso, running_policy, running_web

SECTIONS = 1500
_SENTENCE = "No person shall make a sound that is likely to disturb the rest of an ordinary person. "
_PATH = "/ca-port-lumen/by-law/2024-11/en@2024-07-01"


def _write_long_act(folder: Path) -> None:
    """A sample by-law with SECTIONS sections in place of its own: more than a megabyte of text."""
    text = (SAMPLE / "by-law" / "2024-11" / "en@2024-07-01.xml").read_text(encoding="utf-8")
    sections = "".join(
        f'<section eId="sec_{n}"><num>{n}</num><heading>Of sounds</heading>'
        f"<content><p>{_SENTENCE * 8}</p></content></section>"
        for n in range(1, SECTIONS + 1)
    )
    body = f'<body eId="body">{sections}</body>'
    place = folder / "by-law" / "2024-11"
    place.mkdir(parents=True)
    long_text = re.sub(r"<body.*</body>", lambda _: body, text, flags=re.DOTALL)
    (place / "en@2024-07-01.xml").write_text(long_text, encoding="utf-8")


async def test_a_megabyte_of_law_is_one_page_laid_out_on_demand(
    clean_database: DatabaseUrls, valkey_server: ValkeyServer, tmp_path: Path
) -> None:
    _write_long_act(tmp_path)
    import_akoma_ntoso(clean_database, tmp_path)
    redis_url = valkey_server.url(1)
    async with (
        running_policy(clean_database, redis_url) as policy,
        running_web(NOWHERE, policy, redis_url) as (base, session),
    ):
        page = await Browser(base, session).get(_PATH, Accept_Encoding="identity")
    assert page.status == 200
    assert len(page.text) > 1_000_000
    assert page.text.count('class="akn-section"') == SECTIONS
    assert 'class="document long"' in page.text


async def test_a_short_act_is_laid_out_at_once(browser: Browser) -> None:
    page = await browser.get(f"{NOISE}/en@2024-07-01")
    assert 'class="document"' in page.text
