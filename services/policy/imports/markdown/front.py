"""The front matter: a closed list of keys between two lines of `---`, each with the line it stands in."""

from dataclasses import dataclass

import yaml

from services.policy.imports.model import ImportProblem
from services.policy.imports.stated import REQUIRED, Stated

_TEXTS = frozenset({*REQUIRED, "long_title", "status", "in_force_from"})
_LISTS = frozenset({"citations", "subjects"})
_MAX_CHARACTERS = 50_000


@dataclass(frozen=True, slots=True)
class Front:
    """What the front matter states. `body_line` is how many lines stand before the body."""

    texts: dict[str, Stated]
    lists: dict[str, tuple[str, ...]]
    body: str
    body_line: int


def read_front(text: str) -> Front:
    """Split `text` into front matter and body; raises ImportProblem with the key and line of what is wrong."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        raise ImportProblem("does not begin with front matter, a line of ---", line=1)
    end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), 0)
    if not end:
        raise ImportProblem("the front matter has no end, a second line of ---", line=1)
    texts, lists = _values("\n".join(lines[1:end]))
    return Front(texts, lists, "\n".join(lines[end + 1 :]), end + 1)


def _values(source: str) -> tuple[dict[str, Stated], dict[str, tuple[str, ...]]]:
    if len(source) > _MAX_CHARACTERS:
        raise ImportProblem(f"the front matter has over {_MAX_CHARACTERS:,} characters", line=1)
    texts: dict[str, Stated] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for key, value in _pairs(source):
        name, line = str(key.value), _line(key)
        if name in texts or name in lists:
            raise ImportProblem(f"{name} stands twice in the front matter", line=line)
        if name in _TEXTS:
            texts[name] = Stated(_text(name, value), line)
        elif name in _LISTS:
            lists[name] = _list(name, value)
        else:
            known = ", ".join(sorted(_TEXTS | _LISTS))
            raise ImportProblem(f"the front matter has the unknown key {name[:60]!r}; known are {known}", line=line)
    return texts, lists


def _pairs(source: str) -> list[tuple[yaml.Node, yaml.Node]]:
    try:
        # Only composed, never constructed: values stay as written, so that 2019-10 is no date and 010 no octal.
        node = yaml.compose(source, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 2 if problem.problem_mark else 1
        raise ImportProblem(f"the front matter is not YAML: {problem.problem}", line=line) from None
    except (yaml.YAMLError, RecursionError):
        raise ImportProblem("the front matter is not YAML", line=1) from None
    if not isinstance(node, yaml.MappingNode):
        raise ImportProblem("the front matter is not a list of keys and values", line=1)
    pairs: list[tuple[yaml.Node, yaml.Node]] = node.value
    for key, _ in pairs:
        if not isinstance(key, yaml.ScalarNode):
            raise ImportProblem("a key of the front matter is not a word", line=_line(key))
    return pairs


def _text(name: str, node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise ImportProblem(f"{name} is not a text; put it in quotes", line=_line(node))
    return " ".join(str(node.value).split())


def _list(name: str, node: yaml.Node) -> tuple[str, ...]:
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return tuple(text for text in (_text(name, item) for item in nodes) if text)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 2  # marks count from 0, and the line of --- stands above
