"""From a draft to a version that is read, found, followed and verified; and taken back."""

from datetime import timedelta

from tests.policy.editorial.conftest import TODAY, Office
from tests.policy.editorial.editors import DRAFTS


async def test_a_published_draft_is_read_and_found_at_commit(office: Office) -> None:
    draft = await office.approved("Nobody rings a *bell* at all, nor a gong. See [the Bells Act](/xx/act/B-2#sec_1).")
    before = await office.changes()
    hidden, _ = await office.nobody.expect(200, "GET", "/api/v1/search?q=gong")
    assert hidden["items"] == []
    done = await office.rita.do(draft, "publish", {})
    assert done["version"] == {"href": f"{office.act}/en@{TODAY}", "revision": 1}
    assert (done["state"], done["published"]["date"]) == ("published", TODAY.isoformat())

    found, _ = await office.nobody.expect(200, "GET", "/api/v1/search?q=gong")
    assert [item["href"] for item in found["items"]] == [f"{office.act}/en@{TODAY}/~sec_2"]
    version, _ = await office.nobody.expect(200, "GET", f"{office.act}/en@{TODAY}")
    assert version["previous"] == f"{office.act}/en@2021-01-01"
    assert version["current"]
    assert [part["eid"] for part in version["provisions"]] == ["part_1", "sec_1", "sec_2", "sec_3"]
    assert version["provisions"][2]["text"] == "Nobody rings a bell at all, nor a gong. See the Bells Act."
    assert version["dates"]["last_amended"] == TODAY.isoformat()
    changes, _ = await office.nobody.expect(200, "GET", f"/api/v1/changes?after={before}")
    assert [(c["event"], c["date"]) for c in changes["items"]] == [("version-published", TODAY.isoformat())]
    cited, _ = await office.nobody.expect(200, "GET", f"{office.act}/citations?direction=out")
    assert [(c["from"]["eid"], c["relation"], c["to"]["state"]) for c in cited["items"]] == [
        ("", "enabled-by", "resolved"), ("sec_2", "cites", "resolved"),
    ]  # fmt: skip
    verdict, _ = await office.nobody.expect(
        200, "GET", f"/api/v1/verify?address={office.act}/en@{TODAY}&sha256={version['content_hash']}"
    )
    assert verdict["state"] == "matched"


async def test_untouched_provisions_are_not_stored_again_and_digests_can_be_made_anew(office: Office) -> None:
    draft = await office.approved()
    await office.rita.do(draft, "publish", {})
    before, _ = await office.nobody.expect(200, "GET", f"{office.act}/en@2021-01-01")
    after, _ = await office.nobody.expect(200, "GET", f"{office.act}/en@{TODAY}")
    hashes = [[part["hash"] for part in version["provisions"]] for version in (before, after)]
    assert [one == two for one, two in zip(*hashes, strict=True)] == [True, True, False, True]
    verdict, _ = await office.nobody.expect(
        200, "GET", f"/api/v1/verify?address={office.act}/en@{TODAY}/~sec_2&sha256={hashes[1][2]}"
    )
    assert verdict["state"] == "matched"


async def test_a_text_published_for_a_later_day_is_not_law_yet(office: Office) -> None:
    draft = await office.approved()
    later = TODAY + timedelta(days=40)
    await office.rita.do(draft, "publish", {"date": later.isoformat()})
    current, _ = await office.nobody.expect(200, "GET", f"{office.act}/en@2021-01-01")
    assert current["current"]
    assert current["next"] == f"{office.act}/en@{later}"
    coming, _ = await office.nobody.expect(200, "GET", f"{office.act}/en@{later}")
    assert not coming["current"]
    number = office.act.rpartition("/")[2]
    found, _ = await office.nobody.expect(200, "GET", f"/api/v1/search?q=Note+{number}")
    assert found["items"][0]["date"] == "2021-01-01"


async def test_a_second_text_for_the_same_date_corrects_the_first(office: Office) -> None:
    before = await office.changes()
    draft = await office.approved("Nobody rings a bell at nite.")
    done = await office.rita.do(draft, "publish", {"date": "2021-01-01"})
    assert done["version"] == {"href": f"{office.act}/en@2021-01-01", "revision": 2}
    version, _ = await office.nobody.expect(200, "GET", f"{office.act}/en@2021-01-01")
    assert (version["revision"], version["dates"]["last_amended"]) == (2, None)
    changes, _ = await office.nobody.expect(200, "GET", f"/api/v1/changes?after={before}")
    assert [c["event"] for c in changes["items"]] == ["version-corrected"]


async def test_a_work_from_scratch(office: Office) -> None:
    body = {
        "jurisdiction": "xx", "kind": "by-law", "number": "2030-1", "lang": "en", "title": "Kites By-law",
        "date": "2024-05-01", "subjects": ["kites"],
        "text": "# Kites By-law\n\n## 1. Definitions\n\nIn this by-law:\n\n(a) a kite flies;\n(b) a string holds.\n\n"
                "## 2. Rule\n\nNo kites.",
    }  # fmt: skip
    answer, etag = await office.eve.expect(201, "POST", DRAFTS, body)
    draft = answer["id"]
    assert [(part["eid"], part["num"], part["heading"]) for part in answer["provisions"]] == [
        ("sec_1", "1", "Definitions"), ("sec_2", "2", "Rule"),
    ]  # fmt: skip
    await office.eve.expect(200, "POST", f"{DRAFTS}/{draft}/submit", etag=etag)
    await office.rita.do(draft, "approve")
    done = await office.rita.do(draft, "publish")
    href = "/api/v1/policies/xx/by-law/2030-1/en@2024-05-01"
    assert done["version"] == {"href": href, "revision": 1}
    part, _ = await office.nobody.expect(200, "GET", f"{href}/~sec_1__para_b")
    assert part["provision"]["text"] == "a string holds."
    found, _ = await office.nobody.expect(200, "GET", "/api/v1/search?q=kites+by-law")
    assert found["items"][0]["work"]["number"] == "2030-1"


async def test_a_withdrawn_version_is_gone_and_out_of_search(office: Office) -> None:
    draft = await office.approved("A tocsin may ring.")
    await office.rita.do(draft, "publish", {})
    before = await office.changes()
    address = f"{office.act}/en@{TODAY}"
    await office.eve.withdraw(address, "Published by mistake.", status=403)
    version, _ = await office.nobody.expect(200, "GET", address)
    gone = await office.rita.withdraw(address, "Published by mistake.")
    assert gone["href"] == f"{office.act}/en@{TODAY}"
    status, problem, _ = await office.nobody.call("GET", f"{office.act}/en@{TODAY}")
    assert (status, problem["type"]) == (410, "/docs/errors#gone"), problem
    assert "Published by mistake." in str(problem)
    found, _ = await office.nobody.expect(200, "GET", "/api/v1/search?q=tocsin")
    assert found["items"] == []
    number = office.act.rpartition("/")[2]
    found, _ = await office.nobody.expect(200, "GET", f"/api/v1/search?q=Note+{number}")
    assert found["items"][0]["date"] == "2021-01-01"
    changes, _ = await office.nobody.expect(200, "GET", f"/api/v1/changes?after={before}")
    assert [c["event"] for c in changes["items"]] == ["version-withdrawn"]
    after, _ = await office.rita.expect(200, "GET", f"{DRAFTS}/{draft}")
    assert after["state"] == "withdrawn"
    body = {"address": address, "content_hash": version["content_hash"], "reason": "Again."}
    again, _ = await office.rita.expect(422, "POST", "/api/v1/withdrawals", body)
    assert again["errors"][0]["pointer"] == "#/address"


async def test_a_withdrawal_sent_twice_does_not_take_back_the_text_before_it(office: Office) -> None:
    draft = await office.approved("Nobody rings a bell at nite.")
    await office.rita.do(draft, "publish", {"date": "2021-01-01"})
    address = f"{office.act}/en@2021-01-01"
    gone = await office.rita.withdraw(address, "Misspelt.")
    assert gone["revision"] == 2
    body = {"address": address, "content_hash": gone["content_hash"], "reason": "Misspelt."}
    await office.rita.expect(409, "POST", "/api/v1/withdrawals", body)
    version, _ = await office.nobody.expect(200, "GET", address)
    assert (version["revision"], version["current"]) == (1, True)


async def test_an_imported_version_can_be_withdrawn_too(office: Office) -> None:
    await office.adam.withdraw(f"{office.act}/en@2020-01-01", "Never enacted.")
    assert "2020-01-01" not in str((await office.nobody.expect(200, "GET", office.act))[0]["versions"])
