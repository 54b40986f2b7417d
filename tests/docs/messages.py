"""Says what is missing from the interface's catalogues, and what no page asks for: `python -m tests.docs.messages`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Message

from services.web.catalogues import LOCALES, TEMPLATE, offered, parse, template

WEB = LOCALES.parent
_ASKED = re.compile(r"""["']([a-z0-9-]+(?:\.[a-z0-9-]+)*\.?)["']""")
_BUILT = re.compile(r"\bf?[\"']([a-z0-9.-]+\.)(?:\{|[\"']\s*~)")
_ENDED = re.compile(r"\}(\.[a-z0-9.-]+)[\"']|~\s*[\"'](\.[a-z0-9.-]+)[\"']")
_ELSEWHERE = ("said.",)  # looked up by what other services say


def faults(lang: str, folder: Path = LOCALES) -> Iterator[str]:
    """What one catalogue leaves to be said, a line each."""
    english: dict[str, object] = {
        str(message.context): message.id for message in parse(LOCALES / TEMPLATE) if message.id
    }
    said: dict[str, Message] = {str(message.context): message for message in parse(folder / f"{lang}.po") if message.id}
    yield from (f"{lang}: {key} is missing" for key in sorted(english.keys() - said.keys()))
    yield from (f"{lang}: {key} is not in {TEMPLATE}" for key in sorted(said.keys() - english.keys()))
    for key in sorted(english.keys() & said.keys()):
        message = said[key]
        forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
        if message.id != english[key]:
            yield f"{lang}: {key} translates English that has changed"
        elif message.fuzzy:
            yield f"{lang}: {key} is fuzzy"
        elif not all(forms):
            yield f"{lang}: {key} is empty"


def unused() -> list[str]:
    """Keys that nothing in the service could ask for, by the strings that its code and templates hold."""
    files = [*WEB.rglob("*.py"), *(WEB / "templates").rglob("*.html")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    asked, begun = set(_ASKED.findall(code)), {*_BUILT.findall(code), *_ELSEWHERE}
    begun |= {key for key in asked if key.endswith(".")}
    ended = tuple(end for found in _ENDED.findall(code) for end in found if end)
    kept = (key for key in sorted(template()) if key not in asked and not key.endswith(ended))
    return [key for key in kept if not any(map(key.startswith, begun))]


def main() -> int:
    """Print everything; 1 when a catalogue leaves anything to be said."""
    found = [fault for lang in offered(LOCALES) for fault in faults(lang)]
    for line in (*found, *(f"nothing asks for {key}" for key in unused())):
        print(line)  # noqa: T201 - this is what the command is for
    print(f"{len(template())} texts, {len(offered(LOCALES))} translations, {len(found)} faults")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
