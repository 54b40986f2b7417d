"""A process goes without libraries of which it uses nothing, and lets go of code that it ran once."""

import os
import subprocess
import sys
import textwrap

import pytest

from shared.footprint import without


def test_a_library_is_not_there_within_and_is_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "this", raising=False)
    with without("this"), pytest.raises(ImportError):
        import this  # noqa: F401, PLC0415 - any module that nobody else imports
    assert "this" not in sys.modules


def test_what_was_imported_before_stays() -> None:
    with without("json"):
        import json  # noqa: PLC0415 - within it on purpose
    assert json.loads("1") == 1
    assert sys.modules["json"] is json


def test_certificates_are_left_out_within_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "mine.pem")
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    with without():
        assert os.environ["SSL_CERT_FILE"] == os.environ["SSL_CERT_DIR"] == os.devnull
    assert os.environ["SSL_CERT_FILE"] == "mine.pem"
    assert "SSL_CERT_DIR" not in os.environ


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process what it maps")
def test_code_is_given_back_and_comes_again_when_it_is_run() -> None:
    program = """
        import re, ssl
        from pathlib import Path
        from shared.footprint import give_back_code
        files = lambda: int(re.search(r"RssFile:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1])
        ssl.create_default_context()
        before = files()
        given = give_back_code()
        after = files()
        ssl.create_default_context()
        print(before, after, given)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True, timeout=60
    )
    before, after, given = map(int, done.stdout.split())
    assert after < before / 2
    assert given > 0
