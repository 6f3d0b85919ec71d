"""A run as one HTML page, which needs no script, no network and no other file."""

import json
from collections.abc import Iterator, Sequence
from html import escape

from wftui.model.base import Json
from wftui.model.exports.html_styles import CSS, styled_lines
from wftui.model.run.events import Log
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import StepResult
from wftui.model.text.glyphs import GLYPHS, UNKNOWN_GLYPH
from wftui.model.text.terminal_text import clean_text, without_colors
from wftui.model.workflow.durations import format_duration

_HEAD = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.5rem; }} h2 {{ font-size: 1.15rem; margin-top: 2rem; }}
table {{ border-collapse: collapse; width: 100%; }}
td, th {{ text-align: left; padding: .2rem .6rem; border-bottom: 1px solid #8886; vertical-align: top; }}
.n {{ text-align: right; font-variant-numeric: tabular-nums; }}
pre {{ overflow: auto; max-height: 30rem; padding: .6rem; background: #8881; white-space: pre-wrap; }}
.failed, .error {{ color: light-dark(#b00020, #ff8a80); }} .completed {{ color: light-dark(#1b6e2e, #81c995); }}
{styles}
.interrupted, .warn {{ color: light-dark(#8a5a00, #ffd180); }} .skipped {{ opacity: .75; }} .debug {{ opacity: .6; }}
</style>
</head>
<body>
"""


def html_report(
    record: ExecutionRecord, logs: Sequence[Log], source: str, left_out: Sequence[str] = ()
) -> Iterator[str]:
    """Yield the page in parts; every text is escaped.

    Args:
        left_out: sentences on what the record and the log do not hold.
    """
    yield _HEAD.format(title=_text(f"{record.workflow_id} {record.status} {record.id}"), styles=CSS)
    yield f'<h1 class="{_word(record.status)}">{_glyph(record.status)} {_text(record.workflow_id)} '
    yield f"{_text(record.status)}</h1>\n<table>\n"
    for name, value in (
        ("Run", record.id),
        ("Version", record.workflow_version),
        ("User", record.user_id),
        ("Started", f"{record.started_at:%Y-%m-%d %H:%M:%S} UTC" if record.started_at else ""),
        ("Duration", _time(record.duration)),
        ("Parent run", record.parent_id or ""),
        ("Imported from", record.imported_from or ""),
    ):
        if value:
            yield f"<tr><th>{name}</th><td>{_text(value)}</td></tr>\n"
    yield "</table>\n"
    for sentence in left_out:
        yield f'<p class="warn">{_text(sentence)}</p>\n'
    if record.error is not None:
        yield f'<pre class="error">{_text(f"{record.error.type}: {record.error.message}")}</pre>\n'
    yield from _value("Inputs", record.inputs)
    yield from _value("Outputs", record.outputs)
    yield "<h2>Steps</h2>\n<table>\n<tr><th>Step</th><th>Status</th><th>Time</th><th>Attempts</th><th></th></tr>\n"
    for step in record.step_results:
        note = step.skip_reason or (f"{step.error.type}: {step.error.message}" if step.error else step.place)
        yield f'<tr><td>{_text(step.path)}</td><td class="{_word(step.status)}">{_glyph(step.status)} '
        yield f'{_text(step.status)}</td><td class="n">{_time(step.duration)}</td>'
        yield f'<td class="n">{len(step.attempts) or ""}</td><td>{_text(note)}</td></tr>\n'
    yield "</table>\n"
    for step in record.step_results:
        yield from _step(step)
    if logs:
        yield "<h2>Log</h2>\n<pre>"
        for event in logs:
            place = _text(f"{event.timestamp:%Y-%m-%d %H:%M:%S} {event.level:<5} {event.path or '-'}  ")
            for line in styled_lines(event.message.removesuffix("\n"), event.styles, _text):
                yield f'<span class="{_word(event.level)}">{place}{line}</span>\n'
        yield "</pre>\n"
    if source:
        yield f"<h2>Workflow</h2>\n<details><summary>workflow.json</summary><pre>{_text(source)}</pre></details>\n"
    yield "</body>\n</html>\n"


def _step(step: StepResult) -> Iterator[str]:
    if step.input is None and step.output is None and step.error is None:
        return
    yield f"<details><summary>{_text(step.path)}</summary>\n"
    for name, value in (("Input", step.input), ("Output", step.output)):
        yield from _value(name, value, heading="h3")
    if step.error is not None:
        yield f'<pre class="error">{_text(f"{step.error.type}: {step.error.message}")}</pre>\n'
    yield "</details>\n"


def _value(name: str, value: Json, *, heading: str = "h2") -> Iterator[str]:
    if value is not None and value != {}:
        text = json.dumps(value, indent=2, ensure_ascii=False)
        yield f"<{heading}>{name}</{heading}>\n<pre>{_text(text)}</pre>\n"


def _text(text: str) -> str:
    """Return text for HTML, without control characters and lone surrogates."""
    plain = without_colors(clean_text(text)).encode("utf-8", "replace").decode()
    return escape(plain)


def _word(status: str) -> str:
    return status if status.isalpha() and status.isascii() else "other"


def _glyph(status: str) -> str:
    return escape(GLYPHS.get(status, UNKNOWN_GLYPH)[0])


def _time(milliseconds: float | None) -> str:
    return format_duration(milliseconds / 1000) if milliseconds is not None else ""
