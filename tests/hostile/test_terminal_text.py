"""No text of a file, a run or a command line controls a terminal."""

import io
import json
import os
import pty
import sys
import threading
import tty
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from hostile.hostile_texts import ALL, INVISIBLE, JOINER, KEPT, KINDS, acts, fill_workspace, steps
from wftui.cli.main import main
from wftui.cli.terminal import Terminal
from wftui.model.text.terminal_text import clean_cell, clean_json, clean_text, ending_colors, without_colors
from wftui.tui.terminal.drawn_text import drawable

# --- the cleaner


def test_unicode_controls_and_formats_are_removed() -> None:
    assert {char for char in INVISIBLE if clean_text(char)} == KEPT | {"\r"}
    assert clean_text("a\r\nb\rc") == "a\nb\nc"
    others = [char for char in map(chr, range(sys.maxunicode + 1)) if char not in INVISIBLE]
    assert [char for char in others if clean_text(char) != char and unicodedata.category(char) != "Cn"] == []


hostile = st.lists(
    st.sampled_from([*KINDS.values(), *"\x1b[]m;0139\r\n\t\x07\\PXabc", "\x1b[31m", "漢", "👩\u200d💻"])
    | st.text(st.characters(codec="utf-8"), max_size=3),
    max_size=12,
).map("".join)


@given(hostile)
def test_clean_text_is_harmless(text: str) -> None:
    cleaned = clean_text(text)
    assert acts(cleaned) == []
    assert clean_text(cleaned) == cleaned
    assert "\x1b" not in without_colors(cleaned)
    assert not set(clean_cell(text)) & KEPT
    assert without_colors(ending_colors(cleaned)) == without_colors(cleaned)


@given(hostile)
def test_drawn_text_is_harmless_and_keeps_its_width(text: str) -> None:
    drawn = drawable(text)
    assert not set(JOINER.sub("", drawn)) & (INVISIBLE | {"\x1b"})
    assert cell_len(drawn) == cell_len(text)


WRITTEN = {
    "Persian": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "Hindi": "\u0915\u094d\u200d\u0937",
    "emoji": "\U0001f469\U0001f3fd\u200d\U0001f680",
    "emoji with a selector": "\u2764\ufe0f\u200d\U0001f525",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_necessary_joiners_are_kept(text: str) -> None:
    assert clean_text(text) == text
    assert clean_cell(f"\u200d{text}\u200c") == text


@pytest.mark.parametrize(
    "text", ["ad\u200dmin", "ad\u200cmin", "\u0645\u200c\u200c\u0645", "\u0645\u200c ", "a\u200d\u0645"]
)
def test_hidden_joiners_are_removed(text: str) -> None:
    assert not set(clean_text(text)) & {"\u200c", "\u200d"}


def test_a_screen_draws_joined_letters() -> None:
    assert drawable(WRITTEN["Persian"]) == WRITTEN["Persian"]
    assert drawable(WRITTEN["emoji"]) == "\U0001f469"  # as wide as the layout takes it for, on every terminal


@given(st.recursive(hostile, lambda inner: st.lists(inner) | st.dictionaries(hostile, inner), max_leaves=5))
def test_clean_json_is_the_same_value(value: Any) -> None:
    text = clean_json(json.dumps(value, ensure_ascii=False, indent=2))
    assert acts(text) == []
    assert json.loads(text) == value


def test_open_color_is_reset_at_line_end() -> None:
    assert ending_colors("\x1b[31mred\nplain\x1b[32mgreen\x1b[0m") == "\x1b[31mred\x1b[0m\nplain\x1b[32mgreen\x1b[0m"


# --- the command line


class Streams:
    """Standard output and errors on a pseudo-terminal or pipes, and what arrives."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool) -> None:
        self._data: dict[str, bytes] = {}
        self._readers = []
        self._files = []
        for name in ("stdout", "stderr"):
            reading, writing = pty.openpty() if is_terminal else os.pipe()
            if is_terminal:
                tty.setraw(writing)
            reader = threading.Thread(target=self._read, args=(name, reading))
            reader.start()
            self._readers.append(reader)
            file = os.fdopen(writing, "w", encoding="utf-8")
            self._files.append(file)
            monkeypatch.setattr(sys, name, file)

    def _read(self, name: str, reading: int) -> None:
        self._data[name] = b""
        try:
            while data := os.read(reading, 65536):
                self._data[name] += data
        except OSError:  # the terminal is closed
            pass
        os.close(reading)

    def close(self) -> dict[str, str]:
        """Return what arrived, by the name of the stream."""
        for file in self._files:
            file.close()
        for reader in self._readers:
            reader.join()
        return {name: data.decode() for name, data in self._data.items()}


Run = Callable[..., dict[str, str]]


@pytest.fixture(params=[False, True], ids=["pipe", "terminal"])
def run(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run a command in this process, on pipes or on a terminal."""
    monkeypatch.setenv("TERM", "xterm-256color")

    def command(*words: str) -> dict[str, str]:
        with monkeypatch.context() as patched, capsys.disabled():
            streams = Streams(patched, is_terminal=request.param)
            try:
                main([*words, "--tables", str(workspace / "tables"), "--db", str(workspace / "runs.db")])
            except SystemExit:
                pass
            finally:
                message = streams.close()
        message["stdout"] = message["stdout"].replace("\r\x1b[K", "") if request.param else message["stdout"]
        assert "Traceback" not in message["stderr"]
        return message

    return command


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace whose files hold every kind of text in every place."""
    fill_workspace(tmp_path / "tables", ALL)
    return tmp_path


COMMANDS = [
    ["list"],
    ["steps"],
    ["compile", "evil"],
    ["compile", "broken"],
    ["compile", "--all"],
    ["compile", "--all", "--format", "github"],
    ["compile", "--all", "--stale"],
    ["compile", ALL.replace("\x00", "")],
    ["history"],
    ["show", "last"],
    ["show", "last", "--logs"],
    ["show", "last", "--events"],
    *(["show", "last", "--step", str(step["id"])] for step in steps(ALL)),
    ["show", ALL.replace("\x00", "")],
    ["watch", "last"],
    ["watch", "last", "--events"],
    ["rerun", "last", "--plan", "--from-failed"],
    ["approve", "last", ALL.replace("\x00", "")],
    ["cancel", "last"],
    ["resume", "last"],
    ["new", ALL.replace("\x00", "")],
    ["settings", ALL.replace("\x00", "")],
    ["connections", ALL.replace("\x00", "")],
    [ALL.replace("\x00", "")],
    ["run", "evil", f"--{ALL.replace(chr(0), '')}"],
    ["run", "evil", "-i", ALL.replace("\x00", "")],
    ["run", "evil", "-i", f"text=@{ALL.replace(chr(0), '')}"],
    ["list", "--json"],
    ["compile", "--all", "--json"],
    ["compile", "--all", "--format", "sarif"],
    ["steps", "--json"],
    ["show", "last", "--json"],
    ["show", "last", "--events", "--json"],
    ["history", "--json"],
    ["connections"],
    ["run", "fails"],
    ["run", "needy"],
]


@pytest.mark.first_cases(1)
def test_no_command_passes_control_sequences(run: Run) -> None:
    message = {("run", "evil"): run("run", "evil"), ("run", "evil", "--events"): run("run", "evil", "--events")}
    message |= {tuple(words): run(*words) for words in COMMANDS}
    for words, streams in message.items():
        for name, text in streams.items():
            assert acts(text) == [], (words, name, text)
        if "--json" in words or "sarif" in words:
            json.loads(streams["stdout"])
        elif "--events" in words:
            assert [json.loads(line) for line in streams["stdout"].split("\n") if line]
    assert any(row["name"] == ALL for row in json.loads(message["list", "--json"]["stdout"]))
    record = json.loads(message["show", "last", "--json"]["stdout"])
    assert record["outputs"]["text"] == ALL.replace("\x00", "")
    # Something of every place is shown.
    for words in (("list",), ("run", "evil"), ("show", "last")):
        assert "never ends" in message[words]["stdout"], words
    assert "hidden||gnp.exe|" in message["show", "last", "--logs"]["stdout"]


def test_traceback_is_harmless() -> None:
    errors = io.StringIO()
    try:
        raise ValueError(ALL)
    except ValueError:
        Terminal(io.StringIO(), errors).crash()
    assert acts(errors.getvalue()) == []
    assert "ValueError: [red]not red[/]" in errors.getvalue()


def test_colors_of_an_output_stay_on_a_terminal(run: Run, workspace: Path, request: pytest.FixtureRequest) -> None:
    folder = workspace / "tables" / "workflows" / "colors"
    folder.mkdir()
    step = {"id": "say", "type": "set", "input": {"text": "\x1b[32mgreen"}}
    workflow = {"format": 1, "id": "colors", "steps": [step], "outputs": {"text": "{{ steps.say.output.text }}"}}
    (folder / "workflow.json").write_text(json.dumps(workflow))
    message = run("run", "colors")["stdout"]
    is_terminal = "terminal" in request.node.callspec.id
    assert ("\x1b[32mgreen\x1b[0m\n" in message) == is_terminal
    assert "green" in message
