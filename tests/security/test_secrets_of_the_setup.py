"""Secrets come from files or the environment, are refused when missing, short or examples, and stand nowhere."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from infra.local.secrets import SERVER_SECRETS, SERVICE_SECRETS, SecretStore
from tests.security.security_stack import Platform
from tests.web.web_stack import KEY, ROOT

GOOD = "3f9a" * 4 + "7b2c1d0e" * 4
BAD = {
    "missing": None, "short": GOOD[:31], "an example": "change-me-" + GOOD, "another example": "secret" + GOOD,
    "one letter": "a" * 64, "empty": "", "a word": "password" * 8,
}  # fmt: skip
REQUIRED = {
    "gateway": ("INTERNAL_KEY",),
    "web": ("INTERNAL_KEY",),
    "policy": ("INTERNAL_KEY", "CURSOR_KEY"),
    "auth": ("INTERNAL_KEY", "CURSOR_KEY", "PASSWORD_PEPPER", "KEY_ENCRYPTION_KEY"),
}
_LOAD = """
import sys
from services.auth.settings import AuthSettings
from services.gateway.settings import GatewaySettings
from services.policy.settings import PolicySettings
from services.web.settings import WebSettings
from shared.settings import BadSettings
import json, os
classes = {"auth": AuthSettings, "gateway": GatewaySettings, "policy": PolicySettings, "web": WebSettings}
for service, environment in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(environment)
    try:
        print(json.dumps(["", repr(classes[service].load())]))
    except BadSettings as error:
        print(json.dumps([str(error), ""]))
"""


def loaded(cases: list[tuple[str, dict[str, str]]]) -> list[tuple[str, str]]:
    """What loading the settings of a service in such an environment says: the refusal, or the settings shown."""
    done = subprocess.run(
        [sys.executable, "-c", _LOAD], cwd=ROOT, input=json.dumps(cases), capture_output=True, text=True, check=True
    )
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def environment(service: str, **changes: str | None) -> dict[str, str]:
    """All that a service needs, with changes; None takes something out."""
    values: dict[str, str | None] = {
        "REDIS_URL": "redis://:a-redis-password@127.0.0.1/0",
        "DATABASE_URL": "postgresql://role:a-database-password@127.0.0.1/x",
        **dict.fromkeys(REQUIRED[service], GOOD),
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def test_a_secret_that_is_none_is_refused_with_its_name_and_without_its_value() -> None:
    cases = [(service, name, why) for service, names in REQUIRED.items() for name in names for why in BAD]
    answers = loaded([(service, environment(service, **{name: BAD[why]})) for service, name, why in cases])
    for (service, name, why), (refusal, _) in zip(cases, answers, strict=True):
        assert name in refusal, (service, name, why)
        assert not BAD[why] or str(BAD[why]) not in refusal


def test_good_secrets_are_taken_and_never_shown() -> None:
    answers = loaded([(service, environment(service)) for service in REQUIRED])
    for refusal, shown in answers:
        assert refusal == ""
        assert GOOD not in shown
        assert "a-redis-password" not in shown
        assert "a-database-password" not in shown


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "internal_key"
    file.write_text(GOOD + "\n")
    empty = tmp_path / "previous"
    empty.write_text("\n")
    more = {"INTERNAL_KEY": None, "INTERNAL_KEY_FILE": str(file), "INTERNAL_KEY_PREVIOUS_FILE": str(empty)}
    missing = {"INTERNAL_KEY": None, "INTERNAL_KEY_FILE": str(tmp_path / "none")}
    [(refusal, _), (other, _)] = loaded([("web", environment("web", **more)), ("web", environment("web", **missing))])
    assert refusal == ""
    assert "INTERNAL_KEY_FILE: cannot read" in other


def _compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return found


def test_the_compose_file_holds_no_secret() -> None:
    """Only paths below /run/secrets; what looks like a secret has no value, and none is passed by the environment."""
    described = _compose()
    for name, service in described["services"].items():
        for setting, value in (service.get("environment") or {}).items():
            if re.search(r"(?:KEY|SECRET|PASSWORD|PEPPER|TOKEN|DATABASE_URL|REDIS_URL)(?:_FILE)?$", setting):
                assert setting.endswith("_FILE"), (name, setting)
                assert str(value).startswith("/run/secrets/"), (name, setting)
                assert str(value).removeprefix("/run/secrets/") in service["secrets"], (name, setting)
        assert not re.search(r"://[^/\s$]*:[^@\s$]+@", json.dumps(service)), name
    assert all(list(secret) == ["file"] for secret in described["secrets"].values())


def test_each_service_is_given_what_it_needs_and_no_more() -> None:
    services = _compose()["services"]
    assert set(services["gateway"]["secrets"]) == set(services["web"]["secrets"]) == {"internal_key", "redis_url"}
    assert "auth_database_url" not in services["policy"]["secrets"]
    assert "policy_database_url" not in services["auth"]["secrets"]
    assert not {"owner_database_url", "postgres_password"} & {
        secret for name in ("gateway", "auth", "policy", "web", "worker") for secret in services[name]["secrets"]
    }


def test_what_is_kept_under_version_control_holds_no_secret() -> None:
    """Made secrets are 64 hexadecimal digits; no settings file has one, and the folders for them are ignored."""
    files = ["docker-compose.yml", ".env.example", "Makefile", "README.md", "docs/settings.md", "docs/operations.md"]
    for file in files:
        assert not re.search(r"\b[0-9a-f]{64}\b", (ROOT / file).read_text(encoding="utf-8")), file
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert {"secrets/", "var/"} <= {line.lstrip("/") for line in ignored}


def test_the_embedded_stack_keeps_its_secrets_to_itself(tmp_path: Path) -> None:
    store = SecretStore(tmp_path / "secrets")
    store.ensure(data_exists=False)
    assert store.too_open() == []
    assert stat.S_IMODE(os.stat(store.folder).st_mode) == 0o700
    assert len({store.read(name) for name in SERVICE_SECRETS + SERVER_SECRETS}) == len(SERVICE_SECRETS + SERVER_SECRETS)
    for name in SERVICE_SECRETS:
        assert store.read(f"{name}_previous") == ""


async def test_no_secret_is_kept_as_it_is(platform: Platform) -> None:
    """A thief of the database finds hashes and sealed keys only; Redis holds no id that a cookie would take."""
    person = await platform.person("reader", fresh=True)
    with psycopg.connect(platform.database.owner_url) as connection:
        names = connection.execute(
            "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables"
            " WHERE table_schema = 'auth'"
        ).fetchall()
        rows = [connection.execute(f"SELECT t::text FROM {name} t".encode()).fetchall() for (name,) in names]
    dump = str(rows)
    assert person.email in dump
    for secret in (person.access_token, person.refresh_token, "plum-Orbit-94-tangerine", KEY, KEY[::-1]):
        assert secret not in dump


@pytest.fixture(autouse=True)
def _nothing_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.endswith(("_KEY", "_KEY_FILE", "_URL", "_URL_FILE", "PEPPER")):
            monkeypatch.delenv(name)
