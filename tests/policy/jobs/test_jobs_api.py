"""The API of imports: who may, what is refused, what is told, and what is kept of a file."""

import json
from typing import Any

import pytest

from infra.db.addresses import DatabaseUrls
from services.policy.imports.formats import FORMATS
from services.policy.imports.outcome import ImportReport
from services.policy.imports.registry import IMPORTERS
from services.policy.imports.run import run_next
from services.policy.imports.stop import Stop
from services.policy.search.indexer import index_pending
from tests.policy.imported import rows
from tests.policy.jobs.uploads import BY_LAW, Api, api, as_account, form, zipped

IMPORTS = "/api/v1/imports"


async def work(database: DatabaseUrls) -> ImportReport | None:
    return await run_next(database.policy_url, importers=IMPORTERS, processes=1, stop=Stop(), index=index_pending)


def left(database: DatabaseUrls) -> list[tuple[Any, ...]]:
    return rows(database.policy_url, "SELECT (SELECT count(*) FROM import_upload), count(*) FROM import_upload_piece")


def test_every_importer_can_be_named_in_an_upload() -> None:
    assert FORMATS.keys() == IMPORTERS.keys()


async def test_what_is_uploaded_is_imported_and_told(clean_database: DatabaseUrls) -> None:
    files = {f"law/{n}.md": BY_LAW.format(number=f"2024-0{n}") for n in (1, 2)} | {
        "law/b.md": "---\nkind: by-law\n", "law/c.md": "no front matter", "nested.zip": "PK", "law/n.txt": "x",
    }  # fmt: skip
    async with api(clean_database.policy_url) as policy:
        made = await policy.upload(zipped(files), "law_2024-07-01.zip", importer="markdown")
        assert (made["state"], made["account"], made["origin"]) == ("queued", "ed", "upload")
        assert made["href"] == f"{IMPORTS}/{made['id']}"
        assert await work(clean_database) is not None
        _, told, headers = await policy.call("editor:ed", "GET", made["href"])
        assert headers["Cache-Control"] == "private, no-store"
        assert (told["state"], told["release"], told["resume"]) == ("done", "2024-07-01", None)
        assert told["counts"] == {"added": 2, "changed": 0, "unchanged": 0, "failed": 2}
        assert told["progress"]["files"] == {"done": 4, "total": 4}
        assert told["failures"]["count"] == 2
        _, page, _ = await policy.call("editor:ed", "GET", told["failures"]["href"] + "?limit=1")
        _, rest, _ = await policy.call("editor:ed", "GET", page["page"]["next"])
        assert [item["path"] for item in (*page["items"], *rest["items"])] == ["law/b.md", "law/c.md"]
        assert rest["page"]["next"] is None
        _, report, headers = await policy.call("editor:ed", "GET", told["report"])
        assert report["failures"] == page["items"] + rest["items"]
        assert report["failures_left_out"] == 0
        assert all(item["line"] and item["message"] for item in report["failures"])
        assert "attachment" in headers["Content-Disposition"]
        status, text, _ = await policy.call("anonymous", "GET", "/api/v1/search?q=whistles&lang=en")
        assert (status, len(text["items"])) == (200, 2), "searchable as soon as it is done"
    assert left(clean_database) == [(0, 0)], "the bytes of an import that is done are not kept"


@pytest.mark.parametrize(
    ("importer", "filename", "data"),
    [
        ("markdown", "one.md", BY_LAW.format(number="7")),
        ("csv", "one.csv", "jurisdiction,kind,number,lang,date,title,status,num,heading,text\n"
                           "ca-example-town,by-law,8,en,2024-06-01,Eight,in-force,1,Rule,=2*25 dollars\n"),
        ("akoma-ntoso", "one.xml", "<akomaNtoso"),
    ],
)  # fmt: skip
async def test_one_file_is_a_source(database: DatabaseUrls, importer: str, filename: str, data: str) -> None:
    async with api(database.policy_url) as policy:
        made = await policy.upload(data.encode(), filename, importer=importer)
        await work(database)
        _, told, _ = await policy.call("editor:ed", "GET", made["href"])
        assert told["state"] == "done"
        if filename == "one.xml":
            _, page, _ = await policy.call("editor:ed", "GET", told["failures"]["href"])
            assert [(item["path"], item["line"]) for item in page["items"]] == [("one.xml", 1)]
            assert "not well-formed" in page["items"][0]["message"]
        else:
            assert told["counts"]["added"] == 1


async def test_everyone_sees_and_moves_only_what_is_theirs(database: DatabaseUrls) -> None:
    async with api(database.policy_url) as policy:
        for who, status in (("anonymous", 401), ("reader", 403), ("reviewer", 403), ("admin", 403)):
            answer = await policy.call(who, "POST", IMPORTS, data=form(b"x", "x.md", importer="markdown"))
            assert answer[0] == status, who
        mine = await policy.upload(b"x", "x.md", importer="markdown", who="editor:me")
        seen = {}
        for who in ("anonymous", "reader", "editor:you", "editor:me", "reviewer", "admin"):
            status, _, _ = await policy.call(who, "GET", mine["href"])
            cancelled, _, _ = await policy.call("editor:you" if who == "editor:me" else who, "POST",
                                                mine["href"] + "/cancel")  # fmt: skip
            _, found, _ = await policy.call(who, "GET", IMPORTS + "?limit=200")
            listed = mine["id"] in [item["id"] for item in found.get("items", [])]
            seen[who] = (status, cancelled, listed)
        assert seen == {
            "anonymous": (401, 401, False), "reader": (403, 403, False), "editor:you": (404, 404, False),
            "editor:me": (200, 404, True), "reviewer": (200, 403, True), "admin": (200, 200, True),
        }  # fmt: skip
        for path in ("/failures", "/report", "/events"):
            assert (await policy.call("editor:you", "GET", mine["href"] + path))[0] == 404
        for number in ("0", "999999999", "x", "1" * 30, "%00"):
            assert (await policy.call("editor:me", "GET", f"{IMPORTS}/{number}"))[0] == 404


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"importer=markdown", 415, "multipart/form-data"),
        (form(b"x", "x.md", importer="morse"), 422, "must be one of"),
        (form(b"x", "x.md"), 422, "#/importer"),
        (form(b"x", "x.csv", importer="markdown"), 422, "must be named *.zip or *.md"),
        (form(b"x", "x.md", importer="markdown", release="today"), 422, "YYYY-MM-DD"),
        (form(b"x", "x.md", importer="markdown", colour="red"), 422, "is not known here"),
        (form(b"", "x.md", importer="markdown"), 422, "is empty"),
        (form(b"x", "../x.md", importer="markdown"), 422, "plain filename"),
        (form(b"x", "..", importer="markdown"), 422, "plain filename"),
        (form(b"x" * 5000, "x.md", importer="markdown"), 413, "at most 4096 bytes"),
        (form(b"x", "x.md", importer="m" * 500), 422, "at most 200 bytes"),
    ],
)
async def test_a_wrong_form_is_explained_and_nothing_is_kept(
    clean_database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch, data: Any, status: int, words: str
) -> None:
    monkeypatch.setenv("IMPORT_MAX_BYTES", "4096")
    async with api(clean_database.policy_url) as policy:
        answer, body, _ = await policy.call("editor", "POST", IMPORTS, data=data)
    assert (answer, words in json.dumps(body)) == (status, True), body
    assert left(clean_database) == [(0, 0)]
    assert rows(clean_database.policy_url, "SELECT count(*) FROM import_run") == [(0,)]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "--b\r\n",
        "--b\r\nContent-Disposition: form-data; name=file; filename=a.md\r\n\r\nx",
        "--b\r\nNone--b--\r\n",
        "--b\r\n" + "A: b\r\n" * 200 + "\r\nx\r\n--b--\r\n",
        f"--b\r\nA: {'b' * 9000}\r\n\r\nx\r\n--b--\r\n",
    ],
)
async def test_a_form_that_breaks_off_is_refused(database: DatabaseUrls, body: str) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    async with api(database.policy_url) as policy:
        status, said, _ = await policy.call("editor", "POST", IMPORTS, data=body.encode(), headers=headers)
    assert status in (400, 422), said


async def test_a_request_sent_twice_makes_one_import(clean_database: DatabaseUrls) -> None:
    async with api(clean_database.policy_url) as policy:

        async def send(data: bytes, key: str) -> tuple[int, Any, Any]:
            made = form(data, "x.md", importer="markdown")
            return await policy.call("editor", "POST", IMPORTS, data=made, headers={"Idempotency-Key": key})

        _, first, _ = await send(b"one", "k1")
        status, again, headers = await send(b"one", "k1")
        assert (status, again["id"], headers["Idempotency-Replayed"]) == (202, first["id"], "true")
        status, other, _ = await send(b"two", "k1")
        assert (status, other["errors"][0]["pointer"]) == (422, "Idempotency-Key")
        assert (await send(b"two", "k2"))[1]["id"] != first["id"]
        assert (await send(b"two", "with space"))[0] == 400
    assert left(clean_database) == [(2, 2)]


async def test_a_waiting_import_is_cancelled_and_resumed(clean_database: DatabaseUrls) -> None:
    async with api(clean_database.policy_url) as policy:
        made = await policy.upload(BY_LAW.format(number="9").encode(), "9.md", importer="markdown")
        assert (await policy.call("editor:ed", "POST", made["href"] + "/resume"))[0] == 409
        for _ in range(2):
            status, told, _ = await policy.call("editor:ed", "POST", made["href"] + "/cancel")
            assert (status, told["state"], told["cancel"]) == (200, "cancelled", None)
        assert await work(clean_database) is None, "nothing waits"
        status, told, _ = await policy.call("editor:ed", "POST", told["resume"])
        assert (status, told["state"]) == (202, "queued")
        await work(clean_database)
        status, told, _ = await policy.call("editor:ed", "POST", made["href"] + "/cancel")
        assert (status, "done" in told["detail"]) == (409, True)
        status, told, _ = await policy.call("editor:ed", "POST", made["href"] + "/resume")
        assert (status, "upload again" in told["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK no archive", "law.zip: not a zip archive"),
        (zipped({"../a.md": "x"}), "unsafe name"),
        (zipped({"a.txt": "x"}), "no .md file"),
        (zipped({f"{n}.md": "0" * 1_000_000 for n in range(70)}), "as a bomb does"),
    ],
)
async def test_an_archive_that_cannot_be_used_fails_in_words(database: DatabaseUrls, data: bytes, words: str) -> None:
    async with api(database.policy_url) as policy:
        made = await policy.upload(data, "law.zip", importer="markdown")
        await work(database)
        _, told, _ = await policy.call("editor:ed", "GET", made["href"])
    assert told["state"] == "failed"
    assert words in told["trouble"]
    assert "openpolicy-" not in told["trouble"], "the folder it was unpacked from is nobody's business"


async def test_the_list_is_paged_and_filtered(clean_database: DatabaseUrls) -> None:
    async with api(clean_database.policy_url) as policy:
        made = [(await policy.upload(b"x", f"{n}.md", importer="markdown"))["id"] for n in range(5)]
        await policy.call("editor:ed", "POST", f"{IMPORTS}/{made[2]}/cancel")
        found, address = [], f"{IMPORTS}?limit=2"
        while address:
            _, page, _ = await policy.call("editor:ed", "GET", address)
            found += [item["id"] for item in page["items"]]
            address = page["page"]["next"]
        assert found == made[::-1]
        _, page, _ = await policy.call("editor:ed", "GET", IMPORTS + "?state=cancelled")
        assert [item["id"] for item in page["items"]] == [made[2]]
        assert (await policy.call("editor:ed", "GET", IMPORTS + "?state=lost"))[0] == 400


async def test_progress_is_streamed_to_its_end(clean_database: DatabaseUrls) -> None:
    async with api(clean_database.policy_url) as policy:
        made = await policy.upload(BY_LAW.format(number="9").encode(), "9.md", importer="markdown")
        async with policy.session.get(made["events"], headers=as_account("editor:ed")) as response:
            assert response.content_type == "text/event-stream"
            assert b"retry" in await response.content.readline()
            await work(clean_database)
            lines = (await response.text()).splitlines()
        states = [json.loads(line[6:])["state"] for line in lines if line.startswith("data: ")]
        assert (states[0], states[-1]) == ("queued", "done")
        again = {**as_account("editor:ed"), "Last-Event-ID": "1"}
        async with policy.session.get(made["events"], headers=again) as response:
            assert response.status == 204, "there is nothing more to come"


async def test_health_warns_while_imports_wait_for_a_worker(clean_database: DatabaseUrls) -> None:
    async def standing(policy: Api) -> str:
        async with policy.session.get("/health") as response:
            [entry] = (await response.json())["checks"]["import-worker:responseTime"]
            return str(entry["status"])

    async with api(clean_database.policy_url) as policy:
        assert await standing(policy) == "pass"
        await policy.upload(b"x", "x.md", importer="markdown")
    async with api(clean_database.policy_url) as policy:
        assert await standing(policy) == "warn"
    rows(clean_database.policy_url, "INSERT INTO import_worker (name) VALUES ('one') RETURNING name")
    async with api(clean_database.policy_url) as policy:
        assert await standing(policy) == "pass"
