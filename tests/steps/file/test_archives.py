"""Malicious archives unpack as by `tarfile`, in their folder, in bounded memory.

`WFTUI_ARCHIVES=3000` makes more archives, `WFTUI_ARCHIVE_FOLDERS=30000` puts more folders into one.
"""

import io
import os
import shutil
import stat
import tarfile
import tempfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.threads import StopFlag
from wftui.steps.files.archives import Limits, pack, unpack

COUNT = int(os.environ.get("WFTUI_ARCHIVES", "100"))
FOLDERS = int(os.environ.get("WFTUI_ARCHIVE_FOLDERS", "300"))
LIMITS = Limits(10**9, 1_000_000)

PARTS = st.sampled_from(["a", "b", "c", "up", ".", "..", "", "a b", "é"])
NAMES = st.lists(PARTS, min_size=1, max_size=4).map("/".join) | st.sampled_from(["/a", "/b/c", "..", "a/../../x", "./"])
TARGETS = st.sampled_from([".", "..", "../..", "a", "../a", "b/c", "/", "up"])
KINDS = st.sampled_from([tarfile.DIRTYPE, tarfile.DIRTYPE, tarfile.REGTYPE, tarfile.REGTYPE, tarfile.SYMTYPE])
Entries = list[tuple[str, bytes, str, int]]
ENTRIES = st.lists(st.tuples(NAMES, KINDS, TARGETS, st.integers(0, 0o7777)), min_size=1, max_size=8)


def tar_of(path: Path, entries: Entries) -> None:
    with tarfile.open(path, "w") as tar:
        for number, (name, kind, link, mode) in enumerate(entries):
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.mtime = kind, mode, 1_000_000_000 + number
            content = str(number).encode() if kind == tarfile.REGTYPE else b""
            info.size = len(content)
            if kind == tarfile.SYMTYPE:
                info.linkname = link
            tar.addfile(info, io.BytesIO(content))


def zip_of(path: Path, entries: Entries) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number, (name, kind, _, _) in enumerate(entries):
            archive.writestr(zipfile.ZipInfo(name + "/" * (kind == tarfile.DIRTYPE)), str(number))


def tree(root: Path) -> dict[str, object]:
    """Return each name below a folder with its kind, content and mode."""
    found: dict[str, object] = {}
    for path in sorted(root.rglob("*")):
        if path.is_symlink():
            found[str(path.relative_to(root))] = ("link", str(path.readlink()))
        elif path.is_dir():
            found[str(path.relative_to(root))] = "folder"
        else:
            found[str(path.relative_to(root))] = (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
    return found


def outcome(unpacked: Path, work: Callable[[Path], object]) -> tuple[bool, dict[str, object]]:
    """Return whether a target was unpacked into, and the files in and around it."""
    inside = unpacked / "around" / "target"
    inside.mkdir(parents=True)
    (inside / "up").symlink_to("..")  # a link that was there before, and leads out
    try:
        work(inside)
    except (WorkflowError, tarfile.TarError, OSError, RecursionError):
        return False, tree(unpacked)
    return True, tree(unpacked)


@settings(max_examples=COUNT, database=None)
@given(ENTRIES)
def test_an_archive_unpacks_as_tarfile_does(entries: Entries) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = folder / "x.tar"
        tar_of(archive, entries)

        def reference(target: Path) -> None:
            with tarfile.open(archive) as tar:
                for info in tar:
                    tar.extract(info, target, filter="data", set_attrs=not info.isdir())

        expected = outcome(folder / "expected", reference)
        found = outcome(folder / "found", lambda target: unpack(archive, target, LIMITS, StopFlag()))
        assert found[0] == expected[0]
        if found[0]:
            assert found[1] == expected[1]
        assert_nothing_around(found[1])


@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(max_examples=COUNT, database=None)
@given(ENTRIES)
def test_zip_extracts_only_inside_its_folder(entries: Entries) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        zip_of(folder / "x.zip", entries)
        _, found = outcome(folder / "found", lambda target: unpack(folder / "x.zip", target, LIMITS, StopFlag()))
        assert_nothing_around(found)


def assert_nothing_around(found: dict[str, object]) -> None:
    assert [name for name in found if not name.startswith("around/target/")] == ["around", "around/target"]
    assert found["around/target/up"] == ("link", "..")


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_many_folders(kind: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    source = tmp_path / "source"
    for number in range(FOLDERS):
        folder = source / f"group-{number % 100}" / str(number)
        folder.mkdir(parents=True)
        (folder / "file").touch()
    packed = pack(source, tmp_path / f"x.{kind}", [], StopFlag())
    started = time.process_time()
    unpacked = unpack(tmp_path / f"x.{kind}", tmp_path / "target", LIMITS, StopFlag())
    record_property("figure", f"{kind}: {FOLDERS:,} folders in {time.process_time() - started:.1f} s of CPU")
    assert packed.files == unpacked.files == FOLDERS
    assert unpacked.entries == 2 * FOLDERS + min(FOLDERS, 100)
    assert sum(1 for _ in (tmp_path / "target").rglob("file")) == FOLDERS
    shutil.rmtree(tmp_path)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("names", ["{}", "{}" + "n" * 200], ids=["short names", "long names"])
def test_zip_directory_is_bounded(names: str, tmp_path: Path) -> None:
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for number in range(20_000):
            made.writestr(names.format(number), b"")
    tracemalloc.start()
    try:
        with pytest.raises(WorkflowError, match="more than 1,000 entries; raise maxEntries"):
            unpack(archive, tmp_path / "target", Limits(10**9, 1000), StopFlag())
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()
    assert unpack(archive, tmp_path / "target", LIMITS, StopFlag()).files == 20_000
