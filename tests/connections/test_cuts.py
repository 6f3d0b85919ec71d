"""Unredacted texts are cut by one helper, which marks the cut; no slices exist."""

import ast
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

import wftui
from connections.secret_helpers import PLAIN, random_secrets
from wftui.connections.redaction import Redactor
from wftui.model.text.cuts import beginning, ending

ROOT = Path(wftui.__file__).parent
ROOMS = ("runtime", "engine", "steps")
"""What handles values before they are redacted."""


def _cuts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and source of each slice of a fixed size, and of each within a message."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            bounds = [bound for bound in (node.slice.lower, node.slice.upper) if bound is not None]
            if any(map(_is_size, bounds)) or _is_in_message(node, parents):
                yield node.lineno, ast.unparse(node)


def _is_size(bound: ast.expr) -> bool:
    return any(
        (isinstance(part, ast.Constant) and isinstance(part.value, int) and part.value > 2)
        or (isinstance(part, ast.Name) and part.id.isupper())
        or (isinstance(part, ast.Name | ast.Attribute) and ast.unparse(part).rpartition(".")[2].endswith("limit"))
        for part in ast.walk(bound)
    )


def _is_in_message(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    while not isinstance(node, ast.stmt):
        node = parents[node]
        if isinstance(node, ast.JoinedStr | ast.Raise):
            return True
    return isinstance(node, ast.Raise)


ITEMS = "items of a list, none of them cut"
MARKED = "marked by an ellipsis right after it"
BYTES = "pieces of bytes that follow one another"
FINE: dict[str, str] = {
    "[*found, *found.values()][:_MOST_TEXTS]": ITEMS,
    "found[:_MOST_TEXTS]": ITEMS,
    "shown[:SHOWN_KEYS]": ITEMS,
    "text[:_SHOWN_LENGTH - 1]": MARKED,
    "values[:_SHOWN_CHOICES]": ITEMS,
    "keys[:index]": ITEMS,
    "text[:_LABEL - 1]": "redacted before",
    "item[:_PARTS]": ITEMS,
    "found[:MAX_PROBLEMS]": ITEMS,
    "problems[:3]": ITEMS,
    "paths[:_NAMED]": ITEMS,
    "problem[:1]": "the first letter and the rest of one sentence, put together again",
    "problem[1:]": "the first letter and the rest of one sentence, put together again",
    "processes[:_SHOWN]": ITEMS,
    "_MONTHS[time.month - 1][:3]": "the short name of a month",
    "_DAYS[iso_day - 1][:3]": "the short name of a day",
    "text[:200000]": "searched, not shown",
    "data[at + 28:at + 34]": "numbers in the directory of an archive",
    "listed[:_NAMED]": ITEMS,
    "ordered[:_LISTED]": ITEMS,
    "events[start:start + _EMITTED_AT_ONCE]": ITEMS,
    "copies[start:start + _COPIED_AT_ONCE]": ITEMS,
    "tools[:_SHOWN_TOOLS]": ITEMS,
    "datetime.fromtimestamp(status.st_mtime, UTC).timetuple()[:6]": "parts of a time",
    "fields[:5]": ITEMS,
    "piece[-_CHUNK:]": "searched, not shown",
    "content[:4 * limit + 4]": "cut shorter by `beginning` right after it",
    "problems[:10]": ITEMS,
    "b''.join([chunk async for chunk in chunks(response, request)])[:_ERROR_BYTES]": (
        "cut shorter by `beginning` in `status_failure`"
    ),
    "hashlib.sha256(call.encode('utf-8', 'replace')).hexdigest()[:16]": "a hash",
    "problems[:_PROBLEMS]": ITEMS,
    "re.sub('[^a-zA-Z0-9_-]', '_', text)[:64]": "the name of a tool",
    "text[:RESULT_CHARACTERS]": MARKED,
    "found[:3]": ITEMS,
    "mark[-4:]": "digits of our own mark",
    "place[:34]": f"{MARKED}; the module imports nothing of wftui",
    "hashlib.sha256(str(path).encode() + data).hexdigest()[:12]": "a hash",
    "value[start:start + _PIECE]": BYTES,
    "self._tail[-(self._limit - len(self._head)):]": MARKED,
    "self._tail[:-self._limit]": "dropped; the cut is marked in `text`",
    "view[start:start + _PIECE]": BYTES,
    "(self._head + self._tail)[-8192:]": "cut shorter by `ending` right after it",
}


def test_text_is_redacted_before_it_is_sliced() -> None:
    found = {
        source: f"{path.relative_to(ROOT)}:{line}"
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        for line, source in _cuts(ast.parse(path.read_text("utf-8")))
    }
    new = {source: place for source, place in found.items() if source not in FINE}
    assert new == {}, "cut texts by wftui.model.text.cuts, or say here why it is fine"
    assert sorted(FINE.keys() - found.keys()) == [], "these are no more"


@pytest.mark.parametrize(
    ("source", "cut"),
    [
        ("raise ValueError(f'{value[:40]!r}')", True),
        ("log(text[:LIMIT])", True),
        ("text = value[: 4 * _SIZE + 4]", True),
        ("raise ValueError(text[-40:])", True),
        ("raise ValueError(f'{text[start:end]}')", True),
        ("first, rest = text[:1], text[1:]", False),
        ("part = items[start:end]", False),
    ],
)
def test_the_search_finds_cuts(source: str, cut: bool) -> None:
    assert bool(list(_cuts(ast.parse(source)))) is cut


@pytest.mark.parametrize("limit", [7, 12, 20, 33])
def test_truncated_secret_is_masked(limit: int) -> None:
    for secret in random_secrets(random.Random(limit), 100, PLAIN):
        for text in (secret, f"the value {secret} is long", f"'{secret}{secret}'"):
            for cut in (beginning, ending):
                for shown in (cut(text, limit), repr(cut(text, limit))):
                    redacted = Redactor([secret]).redact_text(shown)
                    for start in range(len(secret) - 6):
                        assert secret[start : start + 6] not in redacted, (secret, shown, redacted)
