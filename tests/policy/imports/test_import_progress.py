"""Progress: a bar on a terminal, plain lines elsewhere."""

import io

from services.policy.imports.progress import Lines, progress_on


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_come_every_few_seconds_only() -> None:
    out = io.StringIO()
    with Lines(out, every=0) as often:
        often.phase("Importing", 200)
        often.advance(50, "5 of 20 files")
        often.phase("Indexing", 0)
        often.advance(3, "3 of 9 texts")
    assert out.getvalue().splitlines() == [
        "Importing …", "Importing: 25 % (5 of 20 files)", "Indexing …", "Indexing: (3 of 9 texts)",
    ]  # fmt: skip
    out = io.StringIO()
    with Lines(out, every=60) as seldom:
        seldom.phase("Importing", 200)
        seldom.advance(50, "5 of 20 files")
    assert out.getvalue() == "Importing …\n"


def test_a_terminal_gets_a_bar() -> None:
    out = Terminal()
    with progress_on(out) as progress:
        progress.phase("Reading", 0)
        progress.phase("Importing", 10)
        progress.advance(10, "2 of 2 files")
    shown = out.getvalue()
    assert "Importing" in shown
    assert "2 of 2 files" in shown
    assert "100%" in shown


def test_a_pipe_gets_lines() -> None:
    with progress_on(io.StringIO()) as progress:
        assert isinstance(progress, Lines)
