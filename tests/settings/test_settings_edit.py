"""Editing the settings file: only the intended part changes."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wftui.settings.edit import copy_rules, set_value, unset_value
from wftui.settings.keys import SettingsError
from wftui.settings.settings_file import read_settings

MINE = """# What I like.
durability = "full"   # the laptop loses power

[history]  # a year
keep_days = 365
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.toml"


def test_first_setting_creates_the_file(file: Path) -> None:
    assert set_value(file, "history.keep_days", "90") == 90
    assert file.read_text().splitlines()[1:] == ["", "[history]", "keep_days = 90"]
    set_value(file, "history.workflows.nightly.keep_runs", "all")
    set_value(file, "tables", "~/flows")
    settings = read_settings(file)
    assert settings.tables == Path("~/flows").expanduser()
    assert (settings.keep.days, settings.workflows["nightly"].keeps_all) == (90, True)


def test_comments_and_order_stay(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(MINE)
    set_value(file, "history.keep_days", "30")
    assert file.read_text() == MINE.replace("365", "30")
    set_value(file, "durability", "normal")
    assert file.read_text() == MINE.replace("365", "30").replace('"full"', '"normal"')


@pytest.mark.parametrize(
    "text",
    [
        "[history.workflows.nightly] # mine\nkeep_runs = 3\n[notify.workflows.nightly]\ncommand = ['say', '\"x']",
        "history.workflows.nightly.keep_runs = 3 # mine\nnotify.workflows.nightly.on = ['end']\n",
        "history = {workflows = {nightly = {keep_runs = 3}}} # mine\n[notify.workflows]\nnightly = {on = ['end']}\n",
        "[history]\nworkflows.nightly.keep_runs = 3 # mine\n[notify]\nworkflows.nightly.on = ['end']\n",
        "[history.workflows.nightly] # empty: all of its runs are kept\n[notify.workflows.nightly]\nafter_minutes = 5",
    ],
    ids=["sections", "dotted keys", "inline", "dotted keys in sections", "empty"],
)
def test_rules_of_a_workflow_are_copied_to_another(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text)
    before = read_settings(file)
    assert copy_rules(file, "nightly", "night-2") == ["history.workflows.nightly", "notify.workflows.nightly"]
    after = read_settings(file)
    assert after.workflows == {"night-2": before.workflows["nightly"], **before.workflows}
    assert after.notify_workflows == {"night-2": before.notify_workflows["nightly"], **before.notify_workflows}
    comments = [line.partition("#")[2] for line in text.splitlines() if "#" in line]
    assert all(comment in file.read_text() for comment in comments)


def test_a_workflow_keeps_the_rules_that_it_has(file: Path) -> None:
    assert copy_rules(file, "nightly", "night") == []
    assert not file.exists()
    file.parent.mkdir()
    file.write_text("[history.workflows]\nnightly.keep_runs = 3\nnight.keep_runs = 4\n")
    before = file.read_bytes()
    assert copy_rules(file, "nightly", "night") == copy_rules(file, "other", "another") == []
    assert file.read_bytes() == before


def test_unset_removes_the_key_and_an_empty_section(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(MINE)
    set_value(file, "history.workflows.nightly.keep_runs", "3")
    assert unset_value(file, "history.workflows.nightly.keep_runs")
    # An empty section of a workflow would say that all of its runs are kept.
    assert read_settings(file).workflows == {}
    assert unset_value(file, "history.keep_days")
    assert "history" not in file.read_text()
    assert "# the laptop loses power" in file.read_text()
    assert not unset_value(file, "history.keep_days")
    assert not unset_value(file.with_name("other.toml"), "tables")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("history.keep_day", "3", "unknown setting history.keep_day; did you mean history.keep_days?"),
        ("history", "3", "unknown setting history"),
        ("history.workflows.Bad Name.keep_days", "3", "unknown setting"),
        ("history.keep_days", "0", "history.keep_days must be a whole number of 1 or more, or \"all\", not '0'"),
        ("history.keep_days", "-3", "not '-3'"),
        ("durability", "safe", 'durability must be one of "normal" and "full", not \'safe\''),
        ("tables", " ", "tables must be a path"),
    ],
)
def test_refused_changes_keep_the_file(file: Path, key: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        set_value(file, key, value)
    assert message in str(refused.value)
    assert not file.exists()


def test_a_broken_file_is_not_written_over(file: Path) -> None:
    file.parent.mkdir()
    for text, key in [("tables = ", "durability"), ("history = 3", "history.keep_days")]:
        file.write_text(text)
        with pytest.raises(SettingsError, match=r"settings\.toml:1|history is a value in the file"):
            set_value(file, key, "full" if key == "durability" else "3")
        assert file.read_text() == text


def test_a_bad_value_is_mended_by_setting_it(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('durability = "fast"\nunknown = 1\n')
    set_value(file, "durability", "full")
    assert file.read_text() == 'durability = "full"\nunknown = 1\n'


def test_link_is_kept(file: Path, tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles" / "wftui.toml"
    kept.parent.mkdir()
    kept.write_text(MINE)
    file.parent.mkdir()
    file.symlink_to(kept)
    set_value(file, "history.keep_days", "30")
    assert file.is_symlink()
    assert "keep_days = 30" in kept.read_text()


def test_concurrent_changes_are_all_kept(file: Path) -> None:
    code = "import sys; from pathlib import Path; from wftui.settings.edit import set_value;"
    code += "[set_value(Path(sys.argv[1]), f'history.workflows.w{sys.argv[2]}{n}.keep_runs', '3') for n in range(10)]"
    writers = [subprocess.Popen([sys.executable, "-c", code, str(file), name]) for name in "abc"]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(read_settings(file).workflows) == 30


names = st.sampled_from(["tables", "durability", "history.keep_days", "history.keep_runs"]) | st.builds(
    "history.workflows.{}.{}".format, st.sampled_from("ab"), st.sampled_from(["keep_days", "keep_runs"])
)
values = {"tables": st.sampled_from(["a b", "é\"'\\", "~"]), "durability": st.sampled_from(["normal", "full"])}
changes = st.lists(
    names.flatmap(
        lambda name: st.tuples(st.just(name), st.none() | values.get(name, st.sampled_from(["1", "200", "all"])))
    ),
    max_size=8,
)
beginnings = st.sampled_from(
    [
        "",
        MINE,
        "history.keep_days = 1\n",
        "history = { keep_days = 1, workflows = { a = { keep_runs = 2 } } }\n",
        "history = { keep_days = 1 }\n",
        "[history.workflows.a]\nkeep_runs = 2\n[history]\nkeep_days = 5\n",
        "[history.workflows]\na.keep_days = 1\n",
        "history.workflows.a.keep_days = 1",
    ]
)


@settings(max_examples=100, deadline=None)
@given(beginnings, changes)
def test_file_reflects_the_last_changes(
    tmp_path_factory: pytest.TempPathFactory, beginning: str, changes: list[tuple[str, str | None]]
) -> None:
    file = tmp_path_factory.mktemp("any") / "settings.toml"
    file.write_text(beginning)
    last: dict[str, str | None] = {}
    for name, value in changes:
        if value is None:
            unset_value(file, name)
        else:
            set_value(file, name, value)
        last[name] = value
    message = _flat(_data(file))
    for name, value in last.items():
        assert message.get(name) == value
    read_settings(file)


def _data(file: Path) -> dict[str, object]:
    import tomllib

    return tomllib.loads(file.read_text())


def _flat(data: object, prefix: str = "") -> dict[str, str]:
    if not isinstance(data, dict):
        return {prefix.removesuffix("."): str(data)}
    return {key: value for name, inner in data.items() for key, value in _flat(inner, f"{prefix}{name}.").items()}


@pytest.mark.parametrize("address", ["postgresql://ann:hunter2@db/x", "postgresql://db/x?password=hunter2"])
def test_a_password_is_not_an_argument(file: Path, address: str) -> None:
    with pytest.raises(SettingsError, match="PGPASSFILE") as refused:
        set_value(file, "workers", address)
    assert "hunter2" not in str(refused.value)
    assert not file.exists()
    assert set_value(file, "workers", "postgresql://ann@db/x") == "postgresql://ann@db/x"
