"""Archives that would write elsewhere, or never end, are refused."""

import base64
import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from steps.step_helpers import RecordingContext, Run
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.file.step import FileStep

STEP = FileStep()


def evil_tar(path: Path) -> None:
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo("../evil")
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))


def evil_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../evil", "x")


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big", bytes(2_000_000))


def crowded_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(1001):
            archive.writestr(f"{number}/", b"")


def crowded_tar(path: Path) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for number in range(1001):
            info = tarfile.TarInfo(f"{number}")
            info.type = (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.REGTYPE)[number % 3]
            info.linkname = "0"
            tar.addfile(info)


def damaged(path: Path) -> None:
    path.write_bytes(base64.b64decode("H4sIAAAAAAAAA0vLzAMAmjF+Ug==") + b"rubbish")


def linked_tar(path: Path) -> None:
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo("way-out")
        info.type, info.linkname = tarfile.SYMTYPE, "../.."
        tar.addfile(info)


def half_a_link(path: Path) -> None:
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo("second")
        info.type, info.linkname = tarfile.LNKTYPE, "first"
        tar.addfile(info)


def flagged(bit: int, method: int) -> Callable[[Path], None]:
    """A zip whose only entry claims to be encrypted, or packed by an unknown method."""

    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a", "a" * 100)
        data = bytearray(path.read_bytes())
        entry = data.rfind(b"PK\x01\x02")
        for flags, packed in ((6, 8), (entry + 8, entry + 10)):
            data[flags] |= bit
            data[packed] = method
        path.write_bytes(data)

    return make


@pytest.mark.parametrize(
    ("make", "name", "sentence"),
    [
        (linked_tar, "e.tar.gz", "unsafe"),
        (half_a_link, "e.tar.gz", "'first' not found"),
        (flagged(1, 8), "e.zip", "encrypted"),
        (flagged(0, 99), "e.zip", "compression method"),
        (evil_tar, "e.tar.gz", "unsafe"),
        (evil_zip, "e.zip", "unsafe"),
        (bomb, "e.zip", "more than 1,000,000 bytes; raise maxBytes"),
        (crowded_zip, "e.zip", "more than 1,000 entries; raise maxEntries"),
        (crowded_tar, "e.tar.gz", "more than 1,000 entries; raise maxEntries"),
        (damaged, "e.tar.gz", "damaged"),
        (damaged, "e.zip", "damaged"),
    ],
)
async def test_bad_archives_are_refused(
    run: Run, context: RecordingContext, make: Any, name: str, sentence: str
) -> None:
    base = context.working_directory / "here"
    base.mkdir()
    make(base / name)
    with pytest.raises(WorkflowError, match=sentence) as caught:
        limits = {"maxBytes": 1_000_000, "maxEntries": 1000}
        await run(STEP, {"action": "extract", "path": f"here/{name}", "to": "here/out", **limits})
    assert caught.value.type == "file.archive"
    assert not (base / "evil").exists()
