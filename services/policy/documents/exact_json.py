"""What is read at a permanent address, from its row straight to JSON.

It says what `wire` says of the same text, byte for byte, which tests hold it to. To build a text's objects, then their
dictionaries, then JSON of those takes longer than all else that a short answer needs.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from json import loads
from json.encoder import encode_basestring as quoted
from typing import Any

import asyncpg

from services.policy.documents.addresses import ROOT
from services.policy.documents.exact import Place
from services.policy.documents.wire import moment

_Head = list[Any]
"""As exact.sql writes it: id, language, date, revision, published, status, title, whether it is current, taken out."""


def version_json(row: asyncpg.Record, place: Place) -> bytes:
    """A version with its provisions, from a row of `exact_versions`. No part of `place` needs escapes in an address."""
    return f'{{{_version(row, place)},"provisions":[{row["written"]}]}}'.encode()


def provision_json(row: asyncpg.Record, place: Place) -> bytes:
    """A provision with its version, from a row of `exact_provisions`; `place` as above."""
    path = ",".join([quoted(" ".join(filter(None, heading))) for heading in row["path"]])
    return (
        f'{{"version":{{{_version(row, place)}}},'
        f'"provision":{{"eid":{quoted(row["eid"])},"kind":{quoted(row["part_kind"])},"level":{row["level"]},'
        f'"num":{quoted(row["num"])},"heading":{quoted(row["heading"])},"note":{quoted(row["note"])},'
        f'"status":{quoted(row["part_status"])},"lang":{quoted(row["part_lang"])},'
        f'"in_force_from":{_day(row["part_from"])},"in_force_to":{_day(row["part_to"])},'
        f'"hash":"{row["hash"].hex()}","text":{quoted(row["text"])},"href":"{href(place)}"}},'
        f'"path":[{path}],"basis":null}}'
    ).encode()


def href(place: Place) -> str:
    """The address of a place of which no part needs escapes."""
    version = f"{_work(place)}/{place.lang}@{place.date.isoformat()}"
    return f"{version}/~{place.eid}" if place.eid else version


def _work(place: Place) -> str:
    key = place.key
    return f"{ROOT}/{key.jurisdiction}/{key.kind}/{key.number}"


def _version(row: asyncpg.Record, place: Place) -> str:
    """The members of a version without its provisions."""
    key, lang, day, work = place.key, place.lang, place.date.isoformat(), _work(place)
    heads: list[_Head] = sorted(row["heads"], key=_by_lang_and_date)
    at = next(at for at, head in enumerate(heads) if head[1] == lang and head[2] == day)
    before = heads[at - 1] if at > 0 else None
    after = heads[at + 1] if at + 1 < len(heads) else None
    status = heads[at][5]
    if status == "in-force" and row["begins_later"]:
        status = "not-in-force"
    titles = {head[1]: head[6] for head in heads if head[7]}
    return (
        f'"work":{{"jurisdiction":"{key.jurisdiction}","kind":"{key.kind}","number":"{key.number}","href":"{work}",'
        f'"frbr_uri":{quoted(row["frbr_uri"])},"titles":{_texts(titles)},"jurisdiction_names":{_names(row["names"])}}},'
        f'"lang":"{lang}","date":"{day}","revision":{row["revision"]},"title":{quoted(row["title"])},'
        f'"long_title":{quoted(row["long_title"])},"citations":{_list(row["citations"])},'
        f'"subjects":{_list(row["subjects"])},"status":{quoted(status)},"content_hash":"{row["content_hash"].hex()}",'
        f'"dates":{{"published":{_day(row["published"])},'
        f'"in_force":{{"from":{_day(row["in_force_from"])},"to":{_day(row["in_force_to"])}}},'
        f'"last_amended":{_day(row["last_amended"])},"taken_out":{_day(row["taken_out"])},'
        f'"content_changed_at":{_moment(row["content_changed_at"])},'
        f'"source_checked_at":{_moment(row["source_checked_at"])}}},'
        f'"languages":{_languages(heads, day, work)},"current":{"true" if heads[at][7] else "false"},'
        f'"known_at":null,"corrected":null,'
        f'"previous":{_neighbour(before, lang, work)},"next":{_neighbour(after, lang, work)}'
    )


def _languages(heads: Iterable[_Head], day: str, work: str) -> str:
    """For each language, the version that stood with the one of `day`: the last until then, else the first held."""
    best: dict[str, str] = {}
    for head in heads:
        if head[1] not in best or head[2] <= day:
            best[head[1]] = f"{work}/{head[1]}@{head[2]}"
    return _texts(best)


def _neighbour(head: _Head | None, lang: str, work: str) -> str:
    return "null" if head is None or head[1] != lang else f'"{work}/{lang}@{head[2]}"'


def _by_lang_and_date(head: _Head) -> tuple[str, str]:
    return head[1], head[2]


def _day(value: date | None) -> str:
    return "null" if value is None else f'"{value.isoformat()}"'


def _moment(value: datetime) -> str:
    return f'"{moment(value)}"'


def _texts(texts: Mapping[str, str]) -> str:
    return "{" + ",".join([f"{quoted(name)}:{quoted(text)}" for name, text in texts.items()]) + "}"


def _list(texts: Iterable[str]) -> str:
    return "[" + ",".join(map(quoted, texts)) + "]"


@lru_cache(maxsize=64)  # of few jurisdictions
def _names(stored: str) -> str:
    return _texts(loads(stored))
