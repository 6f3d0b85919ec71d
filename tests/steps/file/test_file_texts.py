"""The file step on foreign texts: encodings, JSON lines, untidy CSV, odd names."""

import csv
import os
from pathlib import Path

import pytest

from steps.step_helpers import RecordingContext, Run
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.file.step import FileStep

STEP = FileStep()
TEXT = "Müller\n5 €\n"
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "iso8859_15"]
ROWS: list[Json] = [{"a": "ü", "b": "1"}, {"a": "€", "b": "2"}]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("format", "content"),
    [("text", TEXT), ("lines", ["Müller", "5 €"]), ("json", {"a": "ü€"}), ("jsonl", [{"a": "ü"}, "€"]), ("csv", ROWS)],
)
async def test_written_and_appended_text_is_read_back(
    run: Run, context: RecordingContext, encoding: str, format: str, content: Json
) -> None:
    common: dict[str, Json] = {"path": "a.txt", "format": format, "encoding": encoding}
    await run(STEP, {"action": "write", **common, "content": content})
    path = context.working_directory / "a.txt"
    assert (await run(STEP, {"action": "read", **common}))["value"] == content
    assert path.read_text(encoding)
    if encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):  # what they are shows in the bytes
        assert (await run(STEP, {"action": "read", "path": "a.txt", "format": format}))["value"] == content
    await run(STEP, {"action": "append", **common, "content": content})
    if format == "json":
        assert path.read_bytes().decode(encoding).count("ü€") == 2
    else:
        twice = content * 2 if isinstance(content, str | list) else None
        assert (await run(STEP, {"action": "read", **common}))["value"] == twice


async def test_text_in_another_encoding_names_the_field(run: Run, context: RecordingContext) -> None:
    (context.working_directory / "a.txt").write_bytes(b"M\xfcller")
    with pytest.raises(WorkflowError, match=r'is not UTF-8 text \(byte 1\); set "encoding"') as caught:
        await run(STEP, {"action": "read", "path": "a.txt"})
    assert caught.value.type == "file.format"
    with pytest.raises(WorkflowError, match=r'is not ascii text .*; change "encoding"'):
        await run(STEP, {"action": "read", "path": "a.txt", "encoding": "ascii"})
    with pytest.raises(WorkflowError, match="has '€', which the encoding latin-1 does not have"):
        await run(STEP, {"action": "write", "path": "b.txt", "content": "5 €", "encoding": "latin-1"})
    with pytest.raises(ValueError, match="is not a known text encoding"):
        await run(STEP, {"action": "read", "path": "a.txt", "encoding": "klingon"})
    assert FileStep.check({"action": "read", "path": "a", "encoding": "klingon"})[0][0] == "encoding"


async def test_json_lines_end_at_line_ends_only(run: Run, context: RecordingContext) -> None:
    (context.working_directory / "a.jsonl").write_text(
        '{"a": "x\u2028y\x85z"}\r\n\n[1]\r3', encoding="utf-8", newline=""
    )
    read: dict[str, Json] = {"action": "read", "path": "a.jsonl", "format": "jsonl"}
    assert (await run(STEP, read))["value"] == [{"a": "x\u2028y\x85z"}, [1], 3]
    (context.working_directory / "a.jsonl").write_text("1\n{oops\n")
    with pytest.raises(WorkflowError, match=r"line 2, '\{oops'"):
        await run(STEP, read)
    with pytest.raises(WorkflowError, match=r'"jsonl" must be a list'):
        await run(STEP, {"action": "write", "path": "b.jsonl", "format": "jsonl", "content": {}})


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b\n1\n1,2,3\n", [{"a": "1", "b": None}, {"a": "1", "b": "2", "column_3": "3"}]),
        ("a,a,a_2\n1,2,3\n", [{"a": "1", "a_3": "2", "a_2": "3"}]),
        (",\n1,2\n", [{"column_1": "1", "column_2": "2"}]),
        ('a,b\n1,x"y"z\n', [{"a": "1", "b": 'x"y"z'}]),
        ('a,b\n"1"x,2\n', [{"a": "1x", "b": "2"}]),
        ("", []),
    ],
)
async def test_an_untidy_csv_is_read_where_it_may(run: Run, context: RecordingContext, text: str, rows: Json) -> None:
    (context.working_directory / "a.csv").write_text(text)
    assert (await run(STEP, {"action": "read", "path": "a.csv", "lenient": True}))["value"] == rows


@pytest.mark.parametrize("text", ["a,b\n1\n", "a,a\n1,2\n", ",\n1,2\n"])
async def test_irregular_csv_error_names_the_option(run: Run, context: RecordingContext, text: str) -> None:
    (context.working_directory / "a.csv").write_text(text)
    with pytest.raises(WorkflowError, match='"lenient"') as caught:
        await run(STEP, {"action": "read", "path": "a.csv"})
    assert caught.value.type == "file.format"


async def test_column_names_stay_distinct(run: Run, context: RecordingContext) -> None:
    header = ["a", "a", "a_2", "a_2", "", "column_5", "column_7"]
    with (context.working_directory / "a.csv").open("w", newline="") as file:
        csv.writer(file).writerows([header, list("1234567")])
    [row] = (await run(STEP, {"action": "read", "path": "a.csv", "lenient": True}))["value"]
    assert list(row.values()) == list("1234567")


async def test_non_utf8_name_is_listed_and_usable(run: Run, context: RecordingContext) -> None:
    folder = Path(os.fsdecode(os.fsencode(context.working_directory / "f") + b"\xff"))
    folder.mkdir()
    odd = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9 %41.txt"))
    odd.write_text("inside")
    (context.working_directory / "plain.txt").write_text("plain")
    found = (await run(STEP, {"action": "glob", "path": ".", "pattern": "**/*.txt"}))["files"]
    assert sorted(each["name"] for each in found) == ["caf\\xe9 %41.txt", "plain.txt"]
    [listed] = [each for each in found if each["name"] != "plain.txt"]
    assert listed["relative"] == "f\\xff/caf\\xe9 %41.txt"
    assert listed["path"].startswith("file:///")
    for action, value in [("read", "inside"), ("stat", None), ("checksum", None)]:
        output = await run(STEP, {"action": action, "path": listed["path"]})
        assert output.get("value") == value
        assert output["path"] == listed["path"]
    entries = (await run(STEP, {"action": "checksum", "path": "."}))["entries"]
    assert "f\\xff/caf\\xe9 %41.txt" in entries
    with pytest.raises(WorkflowError, match="outside of the root"):
        await run(STEP, {"action": "read", "path": "file:///etc/passwd", "root": "."})
    moved = await run(STEP, {"action": "move", "path": listed["path"], "to": "cafe.txt"})
    assert Path(moved["path"]).read_text() == "inside"
    with pytest.raises(WorkflowError, match="not a valid path"):
        await run(STEP, {"action": "read", "path": "file:///a%00b"})


async def test_an_error_of_the_system_is_a_sentence_with_its_file(run: Run, context: RecordingContext) -> None:
    file = context.working_directory / "note.txt"
    file.write_text("x")
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"action": "write", "path": "note.txt/inner", "content": "x"})
    assert caught.value.type == "file.error"
    assert caught.value.message == f"'{file}': File exists."
