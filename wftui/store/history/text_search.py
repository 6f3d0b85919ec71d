"""Search for text in everything that runs recorded.

There is no index: every event would have to write to it. SQLite skips rows without the text, so that a million events
take about a second; compressed rows and big values are decompressed and searched in a thread.
"""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

from wftui.model.base import Json, WireModel
from wftui.model.errors import NotFoundError
from wftui.model.run.events import ExecutionEvent, Log, LogSegment
from wftui.model.run.search import REGEX, TextMatch, finder
from wftui.runtime.patterns.searching import first_match, piece_of
from wftui.store.events import payloads
from wftui.store.events.event_rows import LOG_NUMBERS, SEGMENT_NUMBER, EventRow, decode
from wftui.store.sqlite.reader import Reader

_PAGE = 1000
_EXCERPT = 200
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+(?P<end>")?|-?\d[\d.eE+-]*+|true|false')
"""A text, number or truth value in JSON; null has no text."""
_FIELDS = ("inputs", "input", "output", "outputs", "error", "message", "item_errors", "data", "reason", "waiting")
_VALUES = frozenset({"inputs", "input", "output", "outputs", "error"})
_BEYOND_LOGS = f"event.type NOT IN ({LOG_NUMBERS[0]}, {LOG_NUMBERS[1]})"
_MAY_HAVE = """
(:pattern IS NULL OR event.type = :segment OR typeof(event.data) = 'blob'
OR event.data LIKE :pattern ESCAPE '\\' OR instr(event.data, '"$value":'))
"""
_ROWS = f"""
SELECT event.place & 0xFFFFFFFF, event.type, event.at, event.data
FROM executions run JOIN events event
ON event.place > (run.key << 32) + :after AND event.place < (run.key + 1) << 32
WHERE run.id = :run AND (:logs OR {_BEYOND_LOGS}) AND {_MAY_HAVE}
ORDER BY event.place LIMIT :limit
"""
_CANDIDATES = f"""
SELECT run.id FROM json_each(:runs) wanted CROSS JOIN executions run ON run.id = wanted.value
WHERE EXISTS (
    SELECT 1 FROM events event WHERE event.place > run.key << 32 AND event.place < (run.key + 1) << 32
    AND {_BEYOND_LOGS} AND {_MAY_HAVE}
)
"""


async def search(
    reader: Reader,
    run_id: str,
    text: str,
    read_segment: Callable[[LogSegment], list[Log]] = lambda _: [],
    *,
    logs: bool = True,
) -> AsyncIterator[list[TextMatch]]:
    """Yield the places of a run that have a text, page by page.

    Args:
        read_segment: returns the log events in a segment; it blocks.
        logs: also search the log.
    """
    wanted, after = finder(text), 0
    is_slow = piece_of(wanted) < sys.maxsize
    while True:
        place = {"run": run_id, "after": after, "logs": logs, "limit": _PAGE, **_asked(text)}
        rows = [EventRow(*row) for row in await reader.rows(_ROWS, place)]
        events = await asyncio.to_thread(decode, run_id, rows)
        found: list[TextMatch] = []
        for event in events:
            if isinstance(event, LogSegment):
                if found:
                    yield found
                    found = []
                found += await asyncio.to_thread(_in_segment, event, wanted, read_segment)
            elif isinstance(event, Log):
                found += await asyncio.to_thread(_in_log, event, wanted) if is_slow else _in_log(event, wanted)
            else:
                found += await _in_values(reader, event, wanted, is_slow)
        if found:
            yield found
        if len(rows) < _PAGE:
            return
        after = rows[-1].seq


async def runs_with(reader: Reader, run_ids: Sequence[str], text: str) -> set[str]:
    """Return the runs with a text in inputs, outputs or errors, also of their steps."""
    candidates = await reader.rows(_CANDIDATES, {"runs": json.dumps(list(run_ids)), **_asked(text)})
    found: set[str] = set()
    for (run_id,) in candidates:
        async for matches in search(reader, str(run_id), text, logs=False):
            if any(match.where in _VALUES for match in matches):
                found.add(str(run_id))
                break
    return found


def _asked(text: str) -> dict[str, Json]:
    return {"pattern": _pattern(text), "segment": SEGMENT_NUMBER}


def _pattern(text: str) -> str | None:
    """Return a LIKE pattern that every row with the text matches; None: any may.

    LIKE ignores the case of ASCII letters only.
    """
    if not text.isascii() or text.startswith(REGEX):
        return None
    escaped = json.dumps(text)[1:-1]
    return "%" + re.sub(r"([\\%_])", r"\\\1", escaped) + "%"


def _in_segment(
    segment: LogSegment, wanted: re.Pattern[str], read_segment: Callable[[LogSegment], list[Log]]
) -> list[TextMatch]:
    return [match for event in read_segment(segment) for match in _in_log(event, wanted)]


def _in_log(event: Log, wanted: re.Pattern[str]) -> list[TextMatch]:
    lines = [(line, first_match(wanted, line)) for line in event.message.splitlines()]
    return [_match(event, "log", line, found) for line, found in lines if found is not None]


async def _in_values(reader: Reader, event: ExecutionEvent, wanted: re.Pattern[str], is_slow: bool) -> list[TextMatch]:
    """Return the first match in each field of an event."""
    found: list[TextMatch] = []
    for name in _FIELDS:
        value = getattr(event, name, None)
        if value is None:
            continue
        async for texts in _texts(reader, value.to_wire() if isinstance(value, WireModel) else value):
            place = await asyncio.to_thread(_first, texts, wanted) if is_slow else _first(texts, wanted)
            if place is not None:
                found.append(_match(event, "error" if name == "item_errors" else name, *place))
                break
    return found


def _first(texts: Iterable[str], wanted: re.Pattern[str]) -> tuple[str, re.Match[str]] | None:
    """Return the first of some texts that has a match, and the match."""
    for text in texts:
        if (found := first_match(wanted, text)) is not None:
            return text, found
    return None


async def _texts(reader: Reader, value: Json) -> AsyncIterator[list[str]]:
    """Yield keys, strings and numbers of a value, also behind references."""
    rest: list[Json] = [value]
    part: list[str] = []
    while rest:
        item = rest.pop()
        if isinstance(item, dict) and (reference := payloads.as_reference(item)) is not None:
            async for texts in _big_texts(reader, reference.hash):
                yield texts
        elif isinstance(item, dict):
            part += map(str, item)
            rest += reversed(item.values())
        elif isinstance(item, list):
            rest += reversed(item)
        elif item is not None:
            part.append(item if isinstance(item, str) else json.dumps(item))
    yield part


async def _big_texts(reader: Reader, name: str) -> AsyncIterator[list[str]]:
    """Yield the texts in the JSON text of a big value, part by part."""
    offset: int | None = 0
    unread: list[str] = []
    while offset is not None:
        try:
            text, offset = await payloads.read_text(reader, name, offset)
        except NotFoundError:
            return  # a value that a damaged history has lost
        unread.append(text)
        if '"' in text or offset is None:  # else a long text continues
            texts, rest = await asyncio.to_thread(_tokens, "".join(unread), is_last=offset is None)
            unread = [rest]
            yield texts


def _tokens(text: str, *, is_last: bool) -> tuple[list[str], str]:
    """Return the texts in a part of a JSON text, and an unfinished rest."""
    found: list[str] = []
    end = 0
    for token in _TOKEN.finditer(text):
        is_text = token[0].startswith('"')
        if (is_text and token["end"] is None) or (not is_text and token.end() == len(text) and not is_last):
            return found, text[token.start() :]
        end = token.end()
        found.append(json.loads(token[0]) if is_text else token[0])
    return found, text[end:]


def _match(event: ExecutionEvent, where: str, text: str, found: re.Match[str]) -> TextMatch:
    return TextMatch(
        run_id=event.run_id,
        seq=event.seq,
        timestamp=event.timestamp,
        path=getattr(event, "path", None),
        where=where,
        text=_excerpt(text, found),
    )


def _excerpt(text: str, found: re.Match[str]) -> str:
    """Return the line of a match, cut around it."""
    start = text.rfind("\n", 0, found.start()) + 1
    end = text.find("\n", found.end())
    line = text[start : end if end >= 0 else len(text)]
    if len(line) <= _EXCERPT:
        return line
    first = max(0, found.start() - start - _EXCERPT // 2)
    return f"{'…' if first else ''}{line[first : first + _EXCERPT]}{'…' if first + _EXCERPT < len(line) else ''}"
