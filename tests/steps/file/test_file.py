"""The file step on real files."""

import asyncio
import hashlib
import os
import shutil
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.step_helpers import RecordingContext, Run
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.file.input import FileInput
from wftui.steps.file.step import FileStep
from wftui.steps.files.formats import decode, encode

STEP = FileStep()


@pytest.fixture
def tree(context: RecordingContext) -> Path:
    """A folder with files, a link, an empty folder and a file that is ignored."""
    root = context.working_directory / "tree"
    (root / "sub" / "empty").mkdir(parents=True)
    (root / "a.txt").write_text("alpha")
    (root / "sub" / "b.bin").write_bytes(bytes(range(256)) * 100)
    (root / "sub" / "run.sh").write_text("#!/bin/sh\n")
    (root / "sub" / "run.sh").chmod(0o755)
    (root / "skip.tmp").write_text("x")
    (root / "link").symlink_to("sub/b.bin")
    return root


@pytest.mark.parametrize(
    ("name", "kind", "content", "written"),
    [
        ("a.txt", None, "grüße\n", "grüße\n".encode()),
        ("a.json", None, {"b": [1, None]}, b'{\n  "b": [\n    1,\n    null\n  ]\n}\n'),
        ("a.csv", None, [{"n": "1", "t": 'x,"y"'}], b'n,t\n1,"x,""y"""\n'),
        ("a.log", "lines", ["one", "two"], b"one\ntwo\n"),
        ("a.bin", "bytes", "AAEC", b"\0\1\2"),
        ("a.txt", "json", "text", b'"text"\n'),
    ],
)
async def test_written_values_are_read_back(
    run: Run, context: RecordingContext, name: str, kind: str | None, content: Json, written: bytes
) -> None:
    how = {"path": f"new/{name}", **({"format": kind} if kind else {})}
    path = context.working_directory / "new" / name
    first = await run(STEP, {"action": "write", "content": content, **how})
    assert first == {"path": str(path), "bytes": len(written), "changed": True}
    assert path.read_bytes() == written
    assert (await run(STEP, {"action": "write", "content": content, **how}))["changed"] is False
    assert (await run(STEP, {"action": "read", **how}))["value"] == content


@given(st.integers(1, 3).flatmap(lambda size: st.lists(st.tuples(*[st.text()] * size))), st.sampled_from(",;\t|"))
def test_csv_keeps_any_text(rows: list[tuple[str, ...]], delimiter: str) -> None:
    named = [dict(zip(("a", "b,", 'c"'), row, strict=False)) for row in rows]
    assert decode(encode(named, "csv", delimiter), "csv", delimiter, "x") == named


async def test_csv_of_other_dialects(run: Run, context: RecordingContext) -> None:
    (context.working_directory / "a.csv").write_text('\ufeffa;b\r\n"x;""y""";1\r\n\r\n', newline="")
    output = await run(STEP, {"action": "read", "path": "a.csv", "delimiter": ";"})
    assert output["value"] == [{"a": 'x;"y"', "b": "1"}]
    (context.working_directory / "b.tsv").write_text("a\tb\n" + "x" * 200_000 + "\t1\n")
    output = await run(STEP, {"action": "read", "path": "b.tsv", "format": "csv", "delimiter": "\t"})
    assert len(output["value"][0]["a"]) == 200_000, "cells are bounded by the file only"


async def test_rows_are_appended_below_their_columns(run: Run, context: RecordingContext) -> None:
    path = context.working_directory / "a.csv"
    for row in ({"n": 1, "t": "a"}, {"t": "b,"}):
        await run(STEP, {"action": "append", "path": "a.csv", "content": [row]})
    assert path.read_text() == 'n,t\n1,a\n,"b,"\n'
    with pytest.raises(WorkflowError, match="no column 'x'"):
        await run(STEP, {"action": "append", "path": "a.csv", "content": [{"x": 1}]})
    path.write_text("n\n1")
    await run(STEP, {"action": "append", "path": "a.csv", "content": [{"n": 2}]})
    assert path.read_text() == "n\n1\n2\n"


async def test_appended_json_is_a_line_each(run: Run, context: RecordingContext) -> None:
    for value in ({"a": [1]}, None):
        await run(STEP, {"action": "append", "path": "log", "format": "json", "content": value})
    assert (context.working_directory / "log").read_text() == '{"a": [1]}\nnull\n'


async def test_only_newlines_end_lines(run: Run, context: RecordingContext) -> None:
    (context.working_directory / "a").write_text("a\u2028b\x0cc\r\n\nd", newline="")
    assert (await run(STEP, {"action": "read", "path": "a", "format": "lines"}))["value"] == ["a\u2028b\x0cc", "", "d"]
    with pytest.raises(WorkflowError, match="more than one line"):
        await run(STEP, {"action": "write", "path": "b", "format": "lines", "content": ["a\nb"]})


async def test_writing_through_a_link_keeps_the_link(run: Run, context: RecordingContext) -> None:
    (context.working_directory / "real").write_text("old")
    (context.working_directory / "link").symlink_to("real")
    await run(STEP, {"action": "write", "path": "link", "content": "new"})
    assert (context.working_directory / "link").is_symlink()
    assert (context.working_directory / "real").read_text() == "new"


@pytest.mark.parametrize("to", ["a.txt", "sub/../a.txt", ".", "same"])
async def test_a_file_is_never_copied_onto_itself(run: Run, tree: Path, to: str) -> None:
    (tree / "same").hardlink_to(tree / "a.txt")
    with pytest.raises(WorkflowError, match="the same file"):
        await run(STEP, {"action": "copy", "path": "tree/a.txt", "to": f"tree/{to}"})
    assert (tree / "a.txt").read_text() == "alpha"


async def test_writing_leaves_no_scratch_files_and_keeps_permissions(run: Run, context: RecordingContext) -> None:
    path = context.working_directory / "kept"
    path.write_text("old")
    path.chmod(0o640)
    await run(STEP, {"action": "write", "path": "kept", "content": "new"})
    assert path.stat().st_mode & 0o777 == 0o640
    assert [entry.name for entry in context.working_directory.iterdir()] == ["kept"]


async def test_append(run: Run, context: RecordingContext) -> None:
    for line in ("one", "two"):
        output = await run(STEP, {"action": "append", "path": "log", "format": "lines", "content": [line]})
    assert (context.working_directory / "log").read_text() == "one\ntwo\n"
    assert output["bytes"] == 8


async def test_glob_is_sorted_and_reports_truncation(run: Run, tree: Path) -> None:
    output = await run(STEP, {"action": "glob", "path": "tree", "pattern": "**/*"})
    assert [file["relative"] for file in output["files"]] == ["a.txt", "link", "skip.tmp", "sub/b.bin", "sub/run.sh"]
    assert output["files"][3] == {
        "path": str(tree / "sub" / "b.bin"),
        "name": "b.bin",
        "relative": "sub/b.bin",
        "kind": "file",
        "bytes": 25600,
        "modifiedAt": output["files"][3]["modifiedAt"],
    }
    output = await run(STEP, {"action": "glob", "path": "tree", "pattern": "**/*", "maxFiles": 2})
    assert (output["count"], output["truncated"]) == (2, True)
    with pytest.raises(WorkflowError, match="stay inside"):
        await run(STEP, {"action": "glob", "path": "tree", "pattern": "../*"})


@pytest.mark.parametrize("name", ["out.tar.gz", "out.tgz", "out.tar", "out.zip"])
async def test_archive_is_deterministic_and_round_trips(
    run: Run, context: RecordingContext, tree: Path, name: str
) -> None:
    if name.endswith(".zip"):
        (tree / "link").unlink()
    first = await run(STEP, {"action": "archive", "path": "tree", "to": f"one/{name}", "exclude": ["*.tmp"]})
    again = await run(STEP, {"action": "archive", "path": "tree", "to": f"two/{name}", "exclude": ["*.tmp"]})
    assert first["checksum"] == again["checksum"]
    assert first["checksum"] == hashlib.sha256(Path(first["path"]).read_bytes()).hexdigest()
    assert first["files"] == 3
    await run(STEP, {"action": "extract", "path": f"one/{name}", "to": "restored"})
    before = await run(STEP, {"action": "checksum", "path": "tree", "exclude": ["*.tmp"]})
    after = await run(STEP, {"action": "checksum", "path": "restored"})
    assert (before["checksum"], before["entries"]) == (after["checksum"], after["entries"])
    assert os.access(context.working_directory / "restored" / "sub" / "run.sh", os.X_OK)


async def test_archive_excludes_itself(run: Run, tree: Path) -> None:
    for _ in range(2):
        output = await run(STEP, {"action": "archive", "path": "tree", "to": "tree/self.tar"})
        assert output["files"] == 4


async def test_checksums_are_those_of_other_tools(run: Run, context: RecordingContext, tree: Path) -> None:
    output = await run(STEP, {"action": "checksum", "path": "tree/a.txt", "algorithm": "md5"})
    assert output["checksum"] == hashlib.md5(b"alpha").hexdigest()
    output = await run(STEP, {"action": "checksum", "path": "tree/sub"})
    assert output["entries"]["run.sh"] == hashlib.sha256(b"#!/bin/sh\n").hexdigest()
    assert output["entries"]["empty"] == "folder"
    (tree / "sub" / "run.sh").write_text("changed")
    assert (await run(STEP, {"action": "checksum", "path": "tree/sub"}))["checksum"] != output["checksum"]


async def test_copy_move_delete_stat_mkdir(run: Run, context: RecordingContext, tree: Path) -> None:
    base = context.working_directory
    copied = await run(STEP, {"action": "copy", "path": "tree", "to": "copy", "exclude": ["*.tmp"]})
    assert (copied["files"], (base / "copy" / "link").readlink()) == (3, Path("sub/b.bin"))
    assert (base / "copy" / "a.txt").stat().st_mtime == (tree / "a.txt").stat().st_mtime
    assert (await run(STEP, {"action": "copy", "path": "tree/a.txt", "to": "copy/sub"}))["path"].endswith("sub/a.txt")
    await run(STEP, {"action": "move", "path": "copy", "to": "moved/deep"})
    assert not (base / "copy").exists()
    status = await run(STEP, {"action": "stat", "path": "moved/deep/sub/run.sh"})
    assert (status["exists"], status["kind"], status["mode"], status["bytes"]) == (True, "file", "0755", 10)
    assert (await run(STEP, {"action": "stat", "path": "nowhere"})) == {"path": str(base / "nowhere"), "exists": False}
    await run(STEP, {"action": "mkdir", "path": "made/deep"})
    assert (await run(STEP, {"action": "delete", "path": "made/deep"}))["deleted"] is True
    with pytest.raises(WorkflowError, match="recursive"):
        await run(STEP, {"action": "delete", "path": "moved"})
    await run(STEP, {"action": "delete", "path": "moved", "recursive": True})
    assert (await run(STEP, {"action": "delete", "path": "moved", "missingOk": True}))["deleted"] is False


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"action": "read", "path": "nowhere"}, "file.missing"),
        ({"action": "read", "path": "tree"}, "file.kind"),
        ({"action": "read", "path": "tree/sub/b.bin"}, "file.format"),
        ({"action": "read", "path": "tree/sub/b.bin", "format": "bytes", "maxBytes": 10}, "file.too_big"),
        ({"action": "read", "path": "tree/a.txt", "format": "json"}, "file.format"),
        ({"action": "write", "path": "tree/a.txt", "content": 1}, "file.format"),
        ({"action": "write", "path": "x", "content": "%", "format": "bytes"}, "file.format"),
        ({"action": "write", "path": "x.csv", "content": ["x"]}, "file.format"),
        ({"action": "write", "path": "tree/a.txt", "content": "x", "overwrite": False}, "file.exists"),
        ({"action": "write", "path": "tree/a.txt/x", "content": "x"}, "file.error"),
        ({"action": "copy", "path": "tree", "to": "tree/sub/inner"}, "file.path"),
        ({"action": "copy", "path": "nowhere", "to": "x"}, "file.missing"),
        ({"action": "move", "path": "tree/sub", "to": "tree"}, "file.exists"),
        ({"action": "delete", "path": "nowhere"}, "file.missing"),
        ({"action": "glob", "path": "nowhere"}, "file.missing"),
        ({"action": "archive", "path": "tree", "to": "x.rar"}, "file.archive"),
        ({"action": "archive", "path": "tree", "to": "x.zip"}, "file.archive"),
        ({"action": "extract", "path": "tree/a.txt", "to": "x"}, "file.archive"),
        ({"action": "read", "path": "tree/../../x", "root": "tree"}, "file.root"),
        ({"action": "copy", "path": "tree/a.txt", "to": "out", "root": "tree"}, "file.root"),
        ({"action": "read", "path": "a\0b"}, "file.path"),
        ({"action": "glob", "path": "tree", "pattern": "**a"}, "file.path"),
        ({"action": "read", "path": "tree/circle", "root": "tree"}, "file.error"),
        ({"action": "read", "path": "tree/deep.json"}, "file.format"),
        ({"action": "write", "path": "tree", "content": "x"}, "file.kind"),
        ({"action": "move", "path": "tree", "to": "tree/sub/inner"}, "file.error"),
    ],
)
async def test_failures_have_types(run: Run, tree: Path, values: Mapping[str, Json], kind: str) -> None:
    (tree / "circle").symlink_to("circle")
    (tree / "deep.json").write_text("[" * 200_000)
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, values)
    assert caught.value.type == kind
    assert ".part" not in str(caught.value)


async def test_circular_link_is_packed_as_a_link(run: Run, tree: Path) -> None:
    (tree / "circle").symlink_to("circle")
    assert (await run(STEP, {"action": "archive", "path": "tree", "to": "out.tar"}))["files"] == 4


async def test_a_link_out_of_the_root_is_refused(run: Run, context: RecordingContext, tree: Path) -> None:
    (context.working_directory / "outside").write_text("secret")
    (tree / "way-out").symlink_to("../outside")
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"action": "read", "path": "tree/way-out", "root": "tree"})
    assert caught.value.type == "file.root"


@pytest.fixture
def rooted(context: RecordingContext, tree: Path) -> Path:
    """A tree with links to a file and a folder outside; gives the folder outside."""
    outside = context.working_directory / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (tree / "out").symlink_to("../outside")
    (tree / "outfile").symlink_to("../outside/secret")
    return outside


async def test_a_glob_does_not_leave_the_root(run: Run, tree: Path, rooted: Path) -> None:
    for pattern in ("out/*", "*/secret", "**/*"):
        found = await run(STEP, {"action": "glob", "path": "tree", "pattern": pattern, "root": "tree"})
        assert "secret" not in [file["name"] for file in found["files"]]
    assert (await run(STEP, {"action": "glob", "path": "tree", "pattern": "out/*"}))["count"] == 1


async def test_copies_do_not_leave_the_root_through_links(
    run: Run, context: RecordingContext, tree: Path, rooted: Path
) -> None:
    source = context.working_directory / "source"
    (source / "out").mkdir(parents=True)
    (source / "out" / "new").write_text("new")
    (source / "outfile").write_text("evil")
    await run(STEP, {"action": "copy", "path": "source", "to": "tree"})
    assert [(path.name, path.read_text()) for path in rooted.iterdir()] == [("secret", "secret")]
    assert (tree / "out" / "new").read_text() == "new"
    with pytest.raises(WorkflowError, match="is outside of the root"):
        (tree / "sub" / "a.txt").symlink_to("../../outside/secret")
        await run(STEP, {"action": "copy", "path": "tree/a.txt", "to": "tree/sub", "root": "tree"})
    assert (rooted / "secret").read_text() == "secret"


@pytest.mark.parametrize("action", ["delete", "move"])
async def test_a_link_itself_may_go_wherever_it_leads(run: Run, tree: Path, rooted: Path, action: str) -> None:
    more = {"to": "tree/moved"} if action == "move" else {}
    await run(STEP, {"action": action, "path": "tree/out", "root": "tree", **more})
    assert not (tree / "out").is_symlink()
    assert (rooted / "secret").exists()
    for path in ("tree/..", "tree/sub/../.."):
        with pytest.raises(WorkflowError, match="is outside of the root"):
            await run(STEP, {"action": action, "path": path, "root": "tree", **more})


async def test_archive_of_many_folders_keeps_times(
    run: Run, context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = context.working_directory
    for number in range(300):
        (base / "tree" / str(number)).mkdir(parents=True)
        (base / "tree" / str(number) / "file").touch()
        os.utime(base / "tree" / str(number), (1_000_000_000, 1_000_000_000))
    await run(STEP, {"action": "archive", "path": "tree", "to": "many.tar"})
    made: list[str] = []
    mkdir = os.mkdir

    def counted(path: Any, *args: Any, **options: Any) -> None:
        made.append(str(path))
        mkdir(path, *args, **options)

    monkeypatch.setattr(os, "mkdir", counted)
    await run(STEP, {"action": "extract", "path": "many.tar", "to": "restored"})
    assert len(made) == 301
    assert {(base / "restored" / str(number)).stat().st_mtime for number in range(300)} == {1_000_000_000}


async def test_cancel_stops_between_chunks(run: Run, context: RecordingContext) -> None:
    with (context.working_directory / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    task = asyncio.ensure_future(run(STEP, {"action": "checksum", "path": "sparse"}))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    "values",
    [
        {"action": "write", "path": "x"},
        {"action": "copy", "path": "x"},
        {"action": "read", "path": "x", "to": "y"},
        {"action": "burn", "path": "x"},
        {"action": "read", "path": ""},
    ],
)
def test_bad_input_is_refused(values: Mapping[str, Json]) -> None:
    with pytest.raises(pydantic.ValidationError):
        FileInput.model_validate(values)


def test_check_names_the_fields_of_the_action() -> None:
    assert STEP.check({"action": "copy", "path": "x"}) == [("", 'The action "copy" needs "to".')]
    assert [field for field, _ in STEP.check({"action": "read", "path": "x", "maxFiles": 1})] == ["maxFiles"]
    assert STEP.check({"action": "{{ inputs.action }}", "path": "x"}) == []


SPECIAL: dict[str, dict[str, Any]] = {
    "read": {"path": "SPECIAL"},
    "write": {"path": "SPECIAL", "content": "x"},
    "copy": {"path": "SPECIAL", "to": "b"},
    "copy to it": {"path": "a.txt", "to": "SPECIAL", "overwrite": True},
    "move to it": {"path": "a.txt", "to": "SPECIAL", "overwrite": True},
    "archive": {"path": "SPECIAL", "to": "b.zip"},
    "archive to it": {"path": "a.txt", "to": "SPECIAL.zip", "overwrite": True},
    "extract": {"path": "SPECIAL.zip", "to": "b"},
    "checksum": {"path": "SPECIAL"},
}


@pytest.mark.parametrize("kind", ["pipe", "device", "socket"])
@pytest.mark.parametrize("action", SPECIAL)
async def test_a_pipe_a_device_or_a_socket_is_neither_read_nor_replaced(
    run: Run, context: RecordingContext, action: str, kind: str
) -> None:
    folder = context.working_directory
    (folder / "a.txt").write_text("alpha")
    step: dict[str, Any] = {"action": action.partition(" ")[0], **SPECIAL[action]}
    name = step["path"] if "SPECIAL" in step["path"] else step["to"]
    special = folder / name
    with socket.socket(socket.AF_UNIX) as listener:
        if kind == "pipe":
            os.mkfifo(special)
        elif kind == "device":
            special.symlink_to("/dev/full")
        else:
            place = Path(tempfile.mkdtemp(dir="/tmp")) / "s"  # the path of a socket is short
            listener.bind(str(place))
            special.symlink_to(place)
        before = special.stat()
        with pytest.raises(WorkflowError) as caught:
            await run(FileStep(), step)
        assert (caught.value.type, f"is a {kind}" in caught.value.message.replace("named pipe", "pipe")) == (
            "file.kind",
            True,
        )
        assert (special.stat().st_ino, special.stat().st_mode) == (before.st_ino, before.st_mode)
        assert sorted(path.name for path in folder.iterdir()) == sorted({"a.txt", name})
        if kind == "socket":
            shutil.rmtree(place.parent)
