"""The words of the letters: a file per kind and language beside this module."""

from datetime import datetime
from functools import cache
from pathlib import Path

from services.auth.mail.domain import Kind, fill, moment

_FOLDER = Path(__file__).with_name("texts")


@cache
def template(kind: Kind, lang: str) -> str:
    """The text of a letter with its placeholders."""
    return (_FOLDER / lang / f"{kind.value}.txt").read_text(encoding="utf-8")


def write_letter(kind: Kind, lang: str, *, site: str, link: str, until: datetime) -> tuple[str, str]:
    """Subject and body. Nothing in it comes from strangers: else they could have us mail what they like to anybody."""
    return fill(template(kind, lang), {"site": site, "link": link, "until": moment(until, lang)})
