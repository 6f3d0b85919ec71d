"""Redaction: throughput of logs with few and many secrets, and cost of one more."""

import random
import re
import string
import zlib
from collections.abc import Callable, Iterator

from measure import Row, measure_pair, timed

from wftui.connections.redaction import Redactor
from wftui.connections.secret_forms import secret_forms

LOG_CHARACTERS = 8_000_000
EVENT = 64_000
LINE = "2026-11-22T19:17:52.004Z INFO  worker-{:04d} fetched https://example.org/items?page={} in {} ms, 200 OK\n"
ONCE = 1_000


def log_text(choose: random.Random) -> str:
    """A log as services write it."""
    lines: list[str] = []
    size = 0
    while size < LOG_CHARACTERS:
        lines.append(LINE.format(choose.randrange(64), choose.randrange(10_000), choose.randrange(900)))
        size += len(lines[-1])
    return "".join(lines)


def tokens(choose: random.Random, count: int) -> list[str]:
    """Random secrets, as tokens look."""
    return ["".join(choose.choices(string.ascii_letters + string.digits + "-_", k=40)) for _ in range(count)]


def _redacting(redactor: Redactor, text: str) -> Callable[[], float]:
    """Redact a text in pieces of the size of a log event."""
    events = [text[start : start + EVENT] for start in range(0, len(text), EVENT)]
    return lambda: timed(lambda: [redactor.redact_text(event) for event in events])


def rows() -> Iterator[Row]:
    """One row per number of secrets, one for adding them, one against a regex."""
    choose = random.Random(20261122)
    text = log_text(choose)
    data = text.encode()
    for count in (1, 50, ONCE):
        redactor = Redactor(tokens(choose, count))
        pair = measure_pair(_redacting(redactor, text), lambda: timed(lambda: zlib.compress(data, 1)), rounds=5)
        yield Row(
            f"redaction of logs, {count} secret{'' if count == 1 else 's'}",
            f"{len(text) / 1e6 / pair.median_a:,.0f} MB/s",
            "packing them, as the store does",
            pair.ratio,
            2.0,
        )
    many = tokens(choose, ONCE)

    def one_by_one() -> None:
        redactor = Redactor()
        for secret in many:
            redactor.add(secret)
            redactor.redact_text("a line")

    pair = measure_pair(
        lambda: timed(one_by_one), lambda: timed(lambda: Redactor(many).redact_text("a line")), rounds=3
    )
    yield Row(f"{ONCE} secrets that come one by one", f"{pair.median_a * 1e3:,.0f} ms", "all at once", pair.ratio, 20.0)
    few = tokens(choose, 10)
    union = re.compile("|".join(re.escape(form) for secret in few for form in secret_forms(secret)))
    redactor = Redactor(few)
    part = text[: LOG_CHARACTERS // 20]
    pair = measure_pair(_redacting(redactor, part), lambda: timed(lambda: union.sub("***", part)), rounds=3)
    yield Row(
        "redaction, 10 secrets",
        f"{len(part) / 1e6 / pair.median_a:,.0f} MB/s",
        "one regular expression",
        pair.ratio,
        0.5,
    )
