"""Settings come from the environment or from files, and wrong ones are named without their values."""

from pathlib import Path

import pytest

from shared.settings import BadSettings, ServiceSettings

STRONG = "5f0a7c1e9b3d4826a1f0e2d3c4b5a697"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("INTERNAL_KEY", "REDIS_URL", "PORT", "HOST", "INTERNAL_KEY_FILE", "LOG_LEVEL", "LOG_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:6379/0")
    return monkeypatch


def test_a_secret_may_come_from_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(STRONG + "\n")
    environment.setenv("INTERNAL_KEY_FILE", str(tmp_path / "key"))
    assert ServiceSettings.load().internal_key.get_secret_value() == STRONG


def test_an_unreadable_secret_file_is_named(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("INTERNAL_KEY_FILE", str(tmp_path / "absent"))
    with pytest.raises(BadSettings, match="INTERNAL_KEY_FILE: cannot read"):
        ServiceSettings.load()


@pytest.mark.parametrize("value", ["short", "a" * 40, "change-me-change-me-change-me-change-me"])
def test_a_weak_secret_is_refused_without_being_shown(environment: pytest.MonkeyPatch, value: str) -> None:
    environment.setenv("INTERNAL_KEY", value)
    with pytest.raises(BadSettings, match="INTERNAL_KEY: ") as raised:
        ServiceSettings.load()
    assert value not in str(raised.value)


def test_every_wrong_field_is_named_at_once(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PORT", "70000")
    with pytest.raises(BadSettings) as raised:
        ServiceSettings.load()
    assert "PORT: " in str(raised.value)
    assert "INTERNAL_KEY: " in str(raised.value)


def test_secrets_do_not_show_in_representations(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("INTERNAL_KEY", STRONG)
    assert STRONG not in repr(ServiceSettings.load())
