"""Log lines: sanitizing, storage, filters and search."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from wftui.model.run.events import Log, LogSegment
from wftui.model.run.log_source import line_instead
from wftui.model.run.steps import LogLevel
from wftui.model.text.text_styles import split_styles, with_styles
from wftui.tui.widgets.log.lines import BLOCK, LEVELS, LineStore, LogFilter, inside
from wftui.tui.widgets.log.log_buffer import LogBuffer
from wftui.tui.widgets.log.sanitize import LONGEST, clean, colored, plain

MOMENT = datetime(2026, 11, 2, 10, 30, tzinfo=UTC)


def log(message: str, level: LogLevel = "info", path: str | None = "fetch", at: float = 0) -> Log:
    return Log(run_id="r", timestamp=MOMENT + timedelta(seconds=at), level=level, path=path, message=message)


# --- text


def test_colors_are_kept_and_other_sequences_removed() -> None:
    assert clean("\x1b[31mred\x1b[0m") == "\x1b[31mred\x1b[0m"
    assert clean("a\x1b[2Jb\x1b[10;5Hc\x1b[?25ld") == "abcd"
    assert clean("\x1b]0;title\x07x\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\") == "xlink"
    assert clean("\x1b]52;c;ZXZpbA==\x07ok") == "ok"
    assert clean("\x1bPdevice\x1b\\ok\x1b(B\x1bM\x1b=") == "ok"
    assert clean("bell\x07 null\x00 \x9b31m del\x7f") == "bell null 31m del"
    assert clean("left\u202eright") == "leftright"
    assert clean("cut \x1b[12") == "cut "


def test_a_progress_bar_shows_its_last_state() -> None:
    assert clean("10%\r50%\r100%\r") == "100%"


def test_tabs_are_expanded_and_long_lines_cut() -> None:
    assert clean("a\tb") == "a       b"
    assert clean("x" * 1_000_000).startswith("x" * LONGEST + "… (1,000,000 characters)")


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("\x1b[]m;0139\r\n\t\x07\\PX"), max_size=60))
def test_lines_have_no_control_sequences(text: str) -> None:
    kept = clean(text)
    assert clean(kept) == kept
    assert "\x1b" not in plain(kept)
    assert not any(ord(character) < 32 and character != "\n" for character in plain(kept))
    assert "\x1b" not in colored(kept).plain


def test_colors_are_shown_as_styles() -> None:
    content = colored(clean("\x1b[32mgreen\x1b[0m and \x1b[1mbold"))
    assert content.plain == "green and bold"
    assert len(content.spans) == 2


# --- lines


def test_event_lines_are_separate() -> None:
    lines = LogBuffer()
    assert lines.append(log("one\ntwo\n\nfour\n", "warn", at=1.5)) == 4
    assert [lines.line(number).text for number in range(4)] == ["one", "two", "", "four"]
    line = lines.line(1)
    assert (line.level, line.path, line.timestamp) == ("warn", "fetch", MOMENT + timedelta(seconds=1.5))


def test_the_engines_own_lines_have_no_step() -> None:
    lines = LogBuffer()
    lines.append(log("hello", path=None))
    assert lines.line(0).path == ""
    assert list(lines.matching(LogFilter(path="fetch"))) == []


def test_address_filter_covers_only_inner_steps() -> None:
    assert inside("a[3].b", "a[3].b")
    assert inside("a[3].b", "a[3]")
    assert inside("a[3].b", "a")
    assert not inside("ab", "a")
    assert not inside("a[31].b", "a[3]")


def test_search_is_case_sensitive_only_with_capitals() -> None:
    lines = LogBuffer()
    for text in ("Error here", "error there", "\x1b[31merr\x1b[0mor in colors", "fine"):
        lines.append(log(text))
    assert list(lines.matching(LogFilter(texts=("error",)))) == [0, 1, 2]
    assert list(lines.matching(LogFilter(texts=("Error",)))) == [0]
    assert list(lines.matching(LogFilter(texts=("error", "here")))) == [0, 1]


events = st.lists(
    st.tuples(
        st.text("ab \n", max_size=8), st.sampled_from(LEVELS), st.sampled_from([None, "a", "a[1].b", "a[2].b", "ab"])
    ),
    max_size=40,
)
filters = st.builds(
    LogFilter,
    level=st.sampled_from(LEVELS),
    path=st.sampled_from([None, "a", "a[1]", "ab"]),
    texts=st.lists(st.text("ab", min_size=1, max_size=2), max_size=2).map(tuple),
)


@given(events, filters, st.integers(0, 30))
@settings(max_examples=200)
def test_filtering_equals_a_linear_scan(
    logged: list[tuple[str, LogLevel, str | None]], wanted: LogFilter, start: int
) -> None:
    lines = LogBuffer()
    for text, level, path in logged:
        lines.append(log(text, level, path))
    start = min(start, len(lines))

    def passes(number: int) -> bool:
        line = lines.line(number)
        return (
            LEVELS.index(line.level) >= LEVELS.index(wanted.level)
            and (wanted.path is None or (bool(line.path) and inside(line.path, wanted.path)))
            and all(text in line.text for text in wanted.texts)
        )

    assert list(lines.matching(wanted, start)) == [n for n in range(start, len(lines)) if passes(n)]


def test_packed_lines_are_equal() -> None:
    lines = LogBuffer()
    for number in range(3 * BLOCK + 10):
        lines.append(log(f"line {number} — ünïcödé 漢"))
    assert all(lines.line(n).text == f"line {n} — ünïcödé 漢" for n in (0, BLOCK - 1, BLOCK, 2 * BLOCK, 3 * BLOCK + 9))
    assert list(lines.matching(LogFilter(texts=(f"line {2 * BLOCK} ",)))) == [2 * BLOCK]


LINES = st.sampled_from(
    ["plain", "é漢 wide", "\x1b[31mred\x1b[0m and not", "\x1b[1mbold", "a\tb", "1%\r2%", "x" * 300, ""]
)


@given(st.lists(LINES, min_size=1, max_size=6), st.sampled_from([1, BLOCK // 4, BLOCK]), st.integers(0, BLOCK))
@settings(deadline=None, max_examples=12)
def test_lines_of_one_event_are_drawn_like_single_ones(some: list[str], times: int, before: int) -> None:
    """Lines of several blocks, with and without control characters."""
    text, styles = split_styles("\n".join(some * times))
    lines = LogBuffer()
    for number in range(before):
        lines.append(log(str(number)))
    lines.append(log(text + "\n").model_copy(update={"styles": styles or None}))
    expected = [clean(line) for line in with_styles(text, styles).split("\n")]
    assert [lines.line(before + number).text for number in range(len(expected))] == expected
    assert len(lines) == before + len(expected)
    assert lines.widest == max(cell_len(plain(each)) for each in [*map(str, range(before)[-1:]), *expected])
    heights = list(lines.heights(range(before, len(lines)), 7))
    assert all(height >= len(colored(line).fold(7)) for height, line in zip(heights, expected[:12], strict=False))


@given(st.text(st.sampled_from("aé漢 "), max_size=60), st.integers(10, 30))
def test_the_height_of_a_folded_line_is_enough(text: str, width: int) -> None:
    lines = LogBuffer()
    lines.append(log(text))
    kept = lines.line(0).text
    assert next(lines.heights([0], width)) >= len(colored(kept).fold(width))
    assert cell_len(kept) <= lines.widest


class Files:
    """Segments by hash."""

    def __init__(self) -> None:
        self.held: dict[str, list[Log]] = {}
        self.reads = 0

    def add(self, *logs: Log) -> LogSegment:
        lines = [line for each in logs for line in each.message.split("\n")]
        name = f"sha256:{len(self.held):064}"
        self.held[name] = list(logs)
        return LogSegment(
            run_id="r", timestamp=MOMENT, step_id="a", path="a", segment=name, bytes=1, lines=len(lines), longest=9
        )

    def has(self, segment: LogSegment) -> bool:
        return segment.segment in self.held

    @staticmethod
    def missing(segment: LogSegment) -> Log:
        return line_instead(segment, "are no longer stored (see history.run_log_mb)")

    def __call__(self, segment: LogSegment) -> list[Log]:
        self.reads += 1
        return self.held.get(segment.segment, [log("… gone", "warn")])


@given(
    st.lists(
        st.tuples(st.booleans(), st.lists(st.sampled_from(["x", "xy", "", "z"]), min_size=1, max_size=5)), max_size=9
    ),
    st.integers(0, 12),
    st.integers(0, 12),
)
def test_lines_in_segments_are_like_others(events: list[tuple[bool, list[str]]], start: int, cut: int) -> None:
    files, buffer, plain_lines = Files(), LogBuffer(), LogBuffer()
    buffer.source = files
    for in_segment, texts in events:
        event = log("\n".join([*texts, ""]), "warn", "a")
        plain_lines.append(event)
        buffer.append(files.add(log("\n".join(texts), "warn", "a")) if in_segment else event)
    ends = [0]
    for _, texts in events:
        ends.append(ends[-1] + len(texts))
    for count in (len(plain_lines), max(end for end in ends if end <= max(cut, 0))):
        buffer.truncate(count)
        plain_lines.truncate(count)
        assert len(buffer) == len(plain_lines) == count
        assert [buffer.line(n) for n in range(count)] == [plain_lines.line(n) for n in range(count)]
        for wanted in (
            LogFilter(),
            LogFilter(texts=("x",)),
            LogFilter(texts=("re:^xy?$",)),
            LogFilter(path="a"),
            LogFilter(level="error"),
            LogFilter(stream="stdout"),
            LogFilter(stream="log", level="warn"),
        ):
            assert list(buffer.matching(wanted, start)) == list(plain_lines.matching(wanted, start))
        assert list(buffer.heights(range(count), 10)) == list(plain_lines.heights(range(count), 10))
    buffer.append(log("end"))
    assert buffer.line(len(buffer) - 1).text == "end"


def test_segments_are_read_when_they_are_looked_at() -> None:
    files, buffer = Files(), LogBuffer()
    buffer.source = files
    for number in range(20):
        buffer.append(files.add(log("\n".join(f"{number}.{line}" for line in range(100)))))
    assert (len(buffer), files.reads) == (2_000, 0)
    assert [buffer.line(n).text for n in (1_950, 1_951, 0, 1_999)] == ["19.50", "19.51", "0.0", "19.99"]
    assert files.reads == 2
    assert [*buffer.matching(LogFilter(texts=("7.7",)))] == [707, 770, 771, 772, 773, 774, 775, 776, 777, 778, 779,
                                                             1_707, *range(1_770, 1_780)]  # fmt: skip


def test_equal_lines_of_two_steps_are_those_of_each() -> None:
    class Reader(Files):
        def __call__(self, segment: LogSegment) -> list[Log]:
            return [each.model_copy(update={"path": segment.path}) for each in super().__call__(segment)]

    buffer = LogBuffer(files := Reader())
    first = files.add(log("same\nlines"))
    for path in "abc":
        buffer.append(first.model_copy(update={"path": path}))
    assert [buffer.line(number).path for number in (0, 2, 4, 1, 3, 5)] == ["a", "b", "c", "a", "b", "c"]
    assert [*buffer.matching(LogFilter(path="b"))] == [2, 3]


def test_a_segment_that_is_gone_is_one_line() -> None:
    files, buffer = Files(), LogBuffer()
    buffer.source = files
    first, second = files.add(log("a\nb")), files.add(log("c\nd\ne"))
    del files.held[first.segment]
    buffer.append(first)
    buffer.append(second)
    del files.held[second.segment]  # removed while it is shown
    assert buffer.line(0).text == "… 2 log lines are no longer stored (see history.run_log_mb)"
    assert [buffer.line(n).text for n in range(1, 4)] == ["… gone", "", ""]


def test_a_million_lines_take_little_room() -> None:
    lines = LineStore()
    batch = log("\n".join(f"2026-11-02 10:30:00 GET /item/{number} 200 in {number % 90} ms" for number in range(1000)))
    for _ in range(100):
        lines.append(batch)
    assert len(lines) == 100_000
    assert sum(len(block) for block in lines._blocks if isinstance(block, bytes)) < 100_000 * 25
