"""Lines of run files: limits, long texts, and headers."""

import gzip
import io
import json
from pathlib import Path

import pytest

from wftui.model.base import Json
from wftui.store.transfer import run_file_lines
from wftui.store.transfer.run_file_lines import RunFileError, header, lines, parsed_line, reading
from wftui.store.transfer.unpacking import PackedFileError, unpacked

PATH = Path("run.wfrun")
PACKED = gzip.compress(b"text", mtime=0)


@pytest.fixture
def _short_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_file_lines, "MOST_EVENT_BYTES", 80)


@pytest.mark.usefixtures("_short_lines")
@pytest.mark.parametrize("spaces", [True, False])
@pytest.mark.parametrize(
    "document", [{"value": "sha256:1", "text": 'a "b" \\ ü' * 20}, {"log": "n" * 100, "data": "A" * 80}]
)
def test_a_long_line_holds_one_text(document: dict[str, Json], spaces: bool) -> None:
    text = json.dumps(document, separators=None if spaces else (",", ":"), ensure_ascii=False)
    assert parsed_line(text.encode() + b"\n") == document


@pytest.mark.usefixtures("_short_lines")
@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"event": {"text": "x" * 80}}, "an event has more than 0 MB"),
        ({"value": "n" * 101, "text": "x"}, "an event has more than 0 MB"),
        ({"value": "", "text": "x" * 80}, "an event has more than 0 MB"),
        ({"value": 'a"b', "text": "x" * 80}, "an event has more than 0 MB"),
        ({"value": "a", "text": "x" * 80, "more": 1}, "a line is neither a value nor an event"),
    ],
)
def test_another_long_line_is_refused(document: dict[str, Json], why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        parsed_line(json.dumps(document).encode())


@pytest.mark.usefixtures("_short_lines")
def test_a_line_of_the_limit_can_hold_anything() -> None:
    document = {"event": "x" * 67}
    line = json.dumps(document).encode()
    assert len(line) == 80
    assert parsed_line(line) == document
    with pytest.raises(ValueError, match="an event has more than"):
        parsed_line(line + b" ")


@pytest.mark.parametrize("text", ["[]", "1", '"text"', "null"])
def test_a_line_is_an_object(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a line is not a JSON object$"):
        parsed_line(text.encode())


@pytest.mark.parametrize("version", [1, 2])
def test_a_header_has_the_format_and_a_known_version(version: int) -> None:
    document = {"format": "wftui-run", "version": version}
    assert header(json.dumps(document).encode(), PATH) == document


@pytest.mark.parametrize(
    ("document", "code", "sentence"),
    [
        ("{", "run_file.broken", "run.wfrun cannot be used: it is not a run file"),
        ({"version": 2}, "run_file.broken", "run.wfrun cannot be used: it is not a run file"),
        ({"format": "other", "version": 2}, "run_file.broken", "run.wfrun cannot be used: it is not a run file"),
        *(
            (
                {"format": "wftui-run", "version": version},
                "run_file.newer",
                "run.wfrun was made by a later version of wftui; update this one",
            )
            for version in (0, 3, 1.0, True, "2", None)
        ),
    ],
)
def test_other_headers_are_refused(document: Json, code: str, sentence: str) -> None:
    data = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(RunFileError) as refused:
        header(data.encode(), PATH)
    assert (refused.value.code, str(refused.value)) == (code, sentence)


def test_lines_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*texts: bytes) -> list[bytes]:
        return list(lines(io.BytesIO(gzip.compress(b"".join(texts))), PATH))

    monkeypatch.setattr(run_file_lines, "MOST_LINE_BYTES", 100)
    monkeypatch.setattr(run_file_lines, "MOST_BYTES", 250)
    line, short = b"x" * 99 + b"\n", b"y" * 49 + b"\n"
    assert read(line, line, short) == [line, line, short]
    for texts in ((b"x" + line,), (line, line, short, b"\n")):
        with pytest.raises(RunFileError) as refused:
            read(*texts)
        assert (refused.value.code, str(refused.value)) == ("run_file.too_big", "run.wfrun holds more than 0 MB")


def test_packed_bytes_have_a_limit() -> None:
    assert unpacked(io.BytesIO(PACKED), len(PACKED)).read() == b"text"
    with pytest.raises(PackedFileError, match=r"^its packed contents are too big$"):
        unpacked(io.BytesIO(PACKED), len(PACKED) - 1).read()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"text", "it is not a run file"),
        (PACKED[:-1], "it is truncated"),
        (b"", "it is truncated"),
        (PACKED + b"\0", "something follows its end"),
        (gzip.compress(b"", mtime=0) + PACKED, "something follows its end"),
        (gzip.compress(bytes(range(256)) * 4096, mtime=0)[:-8] + bytes(8), "it is damaged"),
    ],
    ids=["plain", "cut", "empty", "padded", "two members", "damaged"],
)
def test_what_gzip_does_not_write_at_once_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(PackedFileError, match=f"^{why}$"):
        unpacked(io.BytesIO(data), 1_000_000).read()


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (OSError("gone"), "run_file.unreadable", "cannot read run.wfrun: gone"),
        (PermissionError(13, "Permission denied"), "run_file.unreadable", "cannot read run.wfrun: Permission denied"),
        (ValueError("first\nsecond"), "run_file.broken", "run.wfrun cannot be used: first"),
        (ValueError("x" * 300), "run_file.broken", "run.wfrun cannot be used: " + "x" * 200),
        (RecursionError("too deep"), "run_file.broken", "run.wfrun cannot be used: too deep"),
    ],
)
def test_errors_of_reading_name_the_file(error: Exception, code: str, sentence: str) -> None:
    with pytest.raises(RunFileError) as refused, reading(PATH):
        raise error
    assert (refused.value.code, str(refused.value)) == (code, sentence)
