"""A redline as plain text, after the manner of a unified diff: lines that differ begin with -, + or ~."""

from collections.abc import Iterator, Sequence

from services.policy.diffs.domain import OPS, Change
from services.policy.diffs.service import Diff
from services.policy.diffs.words import Kind, Run, word_counts

_ENGLISH = {
    "lang": "en", "changed": "changed", "added": "added", "removed": "removed", "repealed": "repealed",
    "moved": "moved", "renumbered": "renumbered", "status": "status changed", "insert": "inserted",
    "delete": "deleted", "none": "No provision changed.", "words": "words",
}  # fmt: skip
_FRENCH = {
    "lang": "fr", "changed": "modifié", "added": "ajouté", "removed": "retiré", "repealed": "abrogé",
    "moved": "déplacé", "renumbered": "renuméroté", "status": "statut modifié", "insert": "inséré",
    "delete": "supprimé", "none": "Aucune disposition modifiée.", "words": "mots",
}  # fmt: skip


def names_of(lang: str) -> dict[str, str]:
    """The words of a redline in the reader's language, which `lang` in it names; English where there are none."""
    return _FRENCH if lang.partition("-")[0] == "fr" else _ENGLISH


def diff_text(found: Diff) -> str:
    """The whole redline. Inside a line that begins with ~, deleted words stand in [-…-], inserted ones in {+…+}."""
    labels = names_of(found.new.lang)
    lines = [f"--- {found.old.title} ({found.old.lang}@{found.old.date})",
             f"+++ {found.new.title} ({found.new.lang}@{found.new.date})", tally(found, labels)]  # fmt: skip
    for change in found.changes:
        lines += ["", f"@@ {headline(change, labels)} @@", *_lines(change.words)]
    return "\n".join(lines) + "\n"


def headline(change: Change, labels: dict[str, str]) -> str:
    """One line on a change: "renumbered, changed: 12 → 13 Annual report"."""
    what = ", ".join(labels[op] for op in change.ops)
    part = change.shown
    num = part.num
    if change.old and change.new and change.old.num != change.new.num:
        num = f"{change.old.num} → {change.new.num}"
    name = " ".join(filter(None, (num, part.heading or part.note)))
    return f"{what}: {name or part.eid}"


def tally(found: Diff, labels: dict[str, str]) -> str:
    """How much happened, in one line."""
    if not found.changes:
        return labels["none"]
    counts = [f"{found.summary.ops[op]} {labels[op]}" for op in OPS if found.summary.ops[op]]
    words = [word_counts(change.words) for change in found.changes]
    come, gone = sum(pair[0] for pair in words), sum(pair[1] for pair in words)
    return f"{', '.join(counts)}; {labels['words']}: +{come} −{gone}"


def _lines(runs: Sequence[Run]) -> Iterator[str]:
    line: list[Run] = []
    for run in runs:
        first, *rest = run.text.split("\n")
        line.append(Run(run.op, first))
        for text in rest:
            yield from _line(line, ended_by=run.op)
            line = [Run(run.op, text)]
    if any(run.text for run in line):
        yield from _line(line, ended_by="equal")


def _line(runs: Sequence[Run], *, ended_by: Kind) -> Iterator[str]:
    told = [run for run in runs if run.text]
    kinds: set[Kind] = {run.op for run in told} or {ended_by}
    text = "".join(run.text for run in told)
    if len(kinds) == 1:
        kind = kinds.pop()
        yield {"equal": "  ", "insert": "+ ", "delete": "- "}[kind] + text
    else:
        marked = {"equal": "{}", "insert": "{{+{}+}}", "delete": "[-{}-]"}
        yield "~ " + "".join(marked[run.op].format(run.text) for run in told)
