"""Exports: escaped texts, consistent spans, cells without formulas."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from html import escape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wftui.model.exports.csv_rows import HEADER, cell, csv_lines
from wftui.model.exports.html_report import html_report
from wftui.model.exports.html_styles import styled_lines
from wftui.model.exports.opentelemetry import otlp_trace
from wftui.model.run.events import Log
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import ExecutionError, StepResult
from wftui.model.run.summary import ExecutionSummary
from wftui.model.text.terminal_text import clean_text, without_colors
from wftui.model.text.text_styles import StyleRun, split_styles

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EVIL = "<script>alert('x')</script>\"&\x1b[31m\ud800"


def record(text: str) -> ExecutionRecord:
    end = START + timedelta(seconds=2)
    error = ExecutionError(type="exit_code", message=text)
    times: dict[str, Any] = {"status": "failed", "started_at": START, "completed_at": end, "duration": 2000.0}
    values: dict[str, Any] = {"input": {text: text}, "output": [text], "error": error}
    inner = StepResult(path="a.b", step_id="b", step_name=text, step_type="shell", parent="a", **times, **values)
    outer = StepResult(path="a", step_id="a", step_name="a", step_type="group", **times)
    return ExecutionRecord(
        id="r", workflow_id=text, user_id=text, status="failed", inputs={text: text}, outputs=text, started_at=START,
        completed_at=end, duration=2000.0, error=error, step_results=[outer, inner],
    )  # fmt: skip


def page(text: str) -> str:
    return "".join(html_report(record(text), [Log(run_id="r", timestamp=START, message=text, path="a")], text))


class Tags(HTMLParser):
    """Collects tags with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, tuple(name for name, _ in attrs)))


def tags(text: str) -> list[tuple[str, tuple[str, ...]]]:
    parser = Tags()
    parser.feed(page(text))
    return parser.tags


@given(text=st.text("<>&\"'/=ab !-", min_size=1, max_size=20).map(lambda text: f"x{text}"))
def test_no_text_becomes_markup(text: str) -> None:
    assert tags(text) == tags("x")
    assert tags(f"x<img src=a onerror=b>{text}") == tags("x")


def test_the_page_needs_nothing_else() -> None:
    text = page(EVIL)
    assert "&lt;script&gt;" in text
    assert not re.search(r"(src|href)=|url\(|@import|<script|<link|\x1b", text)
    assert "default-src 'none'" in text
    assert "color-scheme: light dark" in text
    text.encode()


def test_spans_form_a_tree() -> None:
    found = otlp_trace(record("x"), "1.0")
    spans = found["resourceSpans"][0]["scopeSpans"][0]["spans"]
    ids = {span["spanId"] for span in spans}
    assert len(ids) == 3
    assert [span.get("parentSpanId") in ids for span in spans] == [False, True, True]
    assert all(re.fullmatch(r"[0-9a-f]{16}", span["spanId"]) for span in spans)
    assert all(re.fullmatch(r"[0-9a-f]{32}", span["traceId"]) for span in spans)
    assert int(spans[0]["endTimeUnixNano"]) - int(spans[0]["startTimeUnixNano"]) == 2_000_000_000
    assert spans[2]["status"] == {"code": 2, "message": "x"}
    json.dumps(found)


MESSAGES: dict[str, dict[str, object]] = {
    "TracesData": {"resourceSpans": ["ResourceSpans"]},
    "ResourceSpans": {"resource": "Resource", "scopeSpans": ["ScopeSpans"], "schemaUrl": str},
    "Resource": {"attributes": ["KeyValue"], "droppedAttributesCount": int},
    "ScopeSpans": {"scope": "InstrumentationScope", "spans": ["Span"], "schemaUrl": str},
    "InstrumentationScope": {"name": str, "version": str, "attributes": ["KeyValue"]},
    "KeyValue": {"key": str, "value": "AnyValue"},
    "AnyValue": {"stringValue": str, "boolValue": bool, "intValue": "int64", "doubleValue": float},
    "Span": {
        "traceId": "bytes16", "spanId": "bytes8", "parentSpanId": "bytes8", "traceState": str, "flags": int,
        "name": str,
        "kind": int, "startTimeUnixNano": "int64", "endTimeUnixNano": "int64", "attributes": ["KeyValue"],
        "status": "Status",
    },
    "Status": {"message": str, "code": int},
}  # fmt: skip
"""The messages of opentelemetry/proto/trace/v1/trace.proto that are used, in the JSON form of OTLP 1.0: ids in hex,
integers of 64 bits as texts, enumerations as numbers."""
FORMS = {"bytes16": "[0-9a-f]{32}", "bytes8": "[0-9a-f]{16}", "int64": "-?[0-9]{1,20}"}


def check_message(value: object, kind: object) -> None:
    if isinstance(kind, list):
        assert isinstance(value, list)
        for each in value:
            check_message(each, kind[0])
    elif isinstance(kind, type):
        assert type(value) is kind
    elif kind in FORMS:
        assert isinstance(value, str)
        assert re.fullmatch(FORMS[str(kind)], value)
    else:
        assert isinstance(value, dict)
        fields = MESSAGES[str(kind)]
        assert set(value) <= set(fields)
        for name, each in value.items():
            check_message(each, fields[name])


@given(text=st.text(st.characters(), max_size=20))
def test_spans_have_the_form_of_otlp(text: str) -> None:
    json.dumps(otlp_trace(record(text), "1.0"), ensure_ascii=False).encode()
    check_message(json.loads(json.dumps(otlp_trace(record(text), "1.0"))), "TracesData")
    never = ExecutionRecord(id="r", workflow_id="w", user_id="", status="interrupted")
    check_message(otlp_trace(never, "1.0"), "TracesData")


def log_lines(colored: str) -> list[str]:
    plain, styles = split_styles(colored)
    event = Log(run_id="r", timestamp=START, message=plain, styles=styles or None)
    found = "".join(html_report(record("x"), [event], ""))
    return re.findall(r'<span class="info">[^<]*-  (.*)</span>\n', found.partition("<h2>Log</h2>")[2])


def test_colors_of_the_log_are_shown() -> None:
    assert log_lines("a \x1b[1;31mred\x1b[0m <b>\n\x1b[32mgreen\n\x1b[38;5;196mone\x1b[48;2;1;2;3mtwo") == [
        'a <span class="b c1">red</span> &lt;b&gt;',
        '<span class="c2">green</span>',
        '<span style="color:rgb(255,0,0)">one</span><span style="color:rgb(255,0,0);background:rgb(1,2,3)">two</span>',
    ]


@given(text=st.text("\x1b[0123456789;m<&\n a", max_size=40))
def test_styled_lines_have_the_text_of_the_log(text: str) -> None:
    plain, styles = split_styles(text)
    lines = list(styled_lines(plain, styles, escape))
    assert [re.sub("<[^>]*>", "", line) for line in lines] == [escape(line) for line in plain.split("\n")]


@pytest.mark.parametrize(
    ("codes", "attributes"),
    [
        ("1;3;4;9;7;2", ' class="b i u s r d"'),
        ("31;94;42;101", ' class="c4 g1"'),
        ("1;22;31", ' class="c1"'),
        ("38;5;208;48;2;1;2;3", ' style="color:rgb(255,135,0);background:rgb(1,2,3)"'),
        ("38;5;240", ' style="color:rgb(88,88,88)"'),
        ("38;5;1;1", ' class="b" style="color:rgb(176,0,32)"'),
        ("38;2;1;2;300", None),
        ("8", None),
    ],
)
def test_styles_of_terminals_in_html(codes: str, attributes: str | None) -> None:
    [line] = styled_lines("a<b", [StyleRun(0, 3, codes)], escape)
    assert line == ("a&lt;b" if attributes is None else f"<span{attributes}>a&lt;b</span>")


@given(text=st.text(max_size=20))
def test_no_cell_is_a_formula(text: str) -> None:
    for before in ("", "\n", " ", "\x1b[1m", "\x1b]0;x\x07", "\u200b", "\ufeff", "\x07"):
        for begun in (text, f"\uff1d{text}", f"={text}"):
            shown = clean_text(cell(f"{before}{begun}"))
            assert not shown.startswith(("\t", "\r", "\n"))
            assert not shown.lstrip().startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
    plain = without_colors(clean_text(text))
    assert cell(text).removeprefix("'") == plain.removeprefix("'") or plain.startswith("'")


def test_runs_are_rows() -> None:
    error = ExecutionError(type="exit_code", message='=cmd|"/c calc"\nsecond line')
    run = ExecutionSummary(id="r", workflow_id="w", status="failed", started_at=START, duration=12.5, error=error)
    [header, row] = csv.reader(io.StringIO(csv_lines([run], header=True)))
    assert tuple(header) == HEADER
    assert row[5] == "2026-11-22T12:00:00.000Z"
    assert row[7:10] == ["12.5", "exit_code", '\'=cmd|"/c calc"\nsecond line']
    assert csv_lines([], header=False) == ""
