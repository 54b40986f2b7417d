"""Builds docs/settings.md and .env.example from the settings classes.

`python -m tests.docs.settings_page` writes them.
"""

from pathlib import Path

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from infra.local.settings import LocalSettings
from services.auth.settings import AuthSettings
from services.gateway.settings import GatewaySettings
from services.policy.settings import PolicySettings, WorkerSettings
from services.web.settings import WebSettings
from shared.settings import ServiceSettings

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "settings.md"
EXAMPLE = ROOT / ".env.example"

_INTRO = """# Settings

Everything is set through the environment. The value of `NAME` may also come from a file that `NAME_FILE` names, as
container secrets do. A wrong value stops the process with a message that names the setting, never its value. Secrets
have no default: the embedded stack makes them in `var/secrets`, and `make secrets` makes those that docker compose
mounts. This page is held against the code by a test; `python -m tests.docs.settings_page` writes it anew.
"""

_SECTIONS: tuple[tuple[str, str, type[BaseModel], type[BaseModel] | None], ...] = (
    ("Embedded stack", "Read by `openpolicy`, and so by `make run`.", LocalSettings, None),
    ("Every service", "Read by each of gateway, auth, policy and web.", ServiceSettings, None),
    ("Gateway", "Besides those of every service.", GatewaySettings, ServiceSettings),
    ("Auth", "Besides those of every service.", AuthSettings, ServiceSettings),
    ("Policy", "Besides those of every service.", PolicySettings, ServiceSettings),
    ("Import worker", "Read by `python -m services.policy work`.", WorkerSettings, ServiceSettings),
    ("Web", "Besides those of every service.", WebSettings, ServiceSettings),
)  # fmt: skip

_DATABASE = """
## Preparing the database

`python -m infra.db` (in containers: `migrate`) reads `OWNER_DATABASE_URL`, `AUTH_DB_PASSWORD` and
`POLICY_DB_PASSWORD`; the embedded stack calls it itself.
"""


def page() -> str:
    """The whole of docs/settings.md."""
    parts = [_INTRO]
    for title, about, settings, base in _SECTIONS:
        parts.append(f"\n## {title}\n\n{about}\n\n| setting | default | meaning |\n| --- | --- | --- |\n")
        for name, (default, meaning) in _fields(settings, base).items():
            parts.append(f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |\n")
    return "".join(parts) + _DATABASE


def example() -> str:
    """The whole of .env.example."""
    lines = ["# Settings and their defaults; docs/settings.md explains them. Secrets have no default: see there."]
    for title, _, settings, base in _SECTIONS:
        lines += ["", f"# {title}"]
        lines += [f"# {name}={default}" for name, (default, _) in _fields(settings, base).items()]
    return "\n".join(lines) + "\n"


def _fields(settings: type[BaseModel], base: type[BaseModel] | None) -> dict[str, tuple[str, str]]:
    inherited = _all_fields(base) if base else {}
    return {name: what for name, what in _all_fields(settings).items() if inherited.get(name) != what}


def _all_fields(settings: type[BaseModel]) -> dict[str, tuple[str, str]]:
    found = {}
    for name, field in settings.model_fields.items():
        default = field.default
        if default is PydanticUndefined or default is None or default == ():
            text = ""
        else:
            text = str(int(default)) if isinstance(default, bool) else str(default)
        found[name.upper()] = (text, field.description or "")
    return found


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    EXAMPLE.write_text(example(), encoding="utf-8")
