"""The setting PLANS: what cannot be used is refused by the name of the field."""

import json
from pathlib import Path

import pytest

from services.gateway.settings import GatewaySettings
from shared.plans import MOST_REQUESTS, Plan
from shared.settings import BadSettings

GOOD = {"partner": {"per_minute": 30_000, "burst": 2000}, "bulk-2": {"per_minute": 1, "burst": MOST_REQUESTS}}


@pytest.fixture(autouse=True)
def _others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERNAL_KEY", "0123456789abcdefghijklmnopqrstuvwxyz")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")


def test_plans_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANS", json.dumps(GOOD))
    assert GatewaySettings.load().plans == {name: Plan(**values) for name, values in GOOD.items()}


def test_they_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "plans.json"
    file.write_text(json.dumps(GOOD))
    monkeypatch.setenv("PLANS_FILE", str(file))
    assert GatewaySettings.load().plans.keys() == GOOD.keys()


@pytest.mark.parametrize("text", ["", " ", "{}"])
def test_there_may_be_none(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PLANS", text)
    assert GatewaySettings.load().plans == {}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "PLANS: is not JSON"),
        ("[]", "PLANS: "),
        ('{"account": {"per_minute": 1, "burst": 1}}', "PLANS: account is no free name"),
        ('{"Partner": {"per_minute": 1, "burst": 1}}', "PLANS.PARTNER"),
        ('{"a b": {"per_minute": 1, "burst": 1}}', "PLANS.A B"),
        ('{"partner": {"per_minute": 1}}', "PLANS.PARTNER.BURST: Field required"),
        ('{"partner": {"per_minute": 0, "burst": 1}}', "PLANS.PARTNER.PER_MINUTE"),
        ('{"partner": {"per_minute": "9", "burst": 1}}', "PLANS.PARTNER.PER_MINUTE"),
        ('{"partner": {"per_minute": 1, "burst": 1e9}}', "PLANS.PARTNER.BURST"),
        ('{"partner": {"per_minute": 1, "burst": 1, "per_hour": 1}}', "PLANS.PARTNER.PER_HOUR"),
        ('{"partner": 5}', "PLANS.PARTNER"),
    ],
)
def test_what_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, text: str, named: str) -> None:
    monkeypatch.setenv("PLANS", text)
    with pytest.raises(BadSettings) as refused:
        GatewaySettings.load()
    assert str(refused.value).startswith(named)
