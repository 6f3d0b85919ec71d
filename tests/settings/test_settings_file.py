"""Reading the settings file, and what is said of a bad one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wftui.model.errors import ExitCode, UserError
from wftui.model.user.user_settings import KeepRule, NotifyRule, UserSettings
from wftui.settings.keys import SettingsError
from wftui.settings.settings_file import read_settings, settings_path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def errors_of_file(file: Path, text: str) -> list[str]:
    """The errors of an invalid file, line by line, without its folder."""
    file.write_text(text)
    with pytest.raises(SettingsError) as refused:
        read_settings(file)
    assert refused.value.exit_code == ExitCode.USAGE
    return [line.removeprefix(f"{file.parent}/") for line in str(refused.value).splitlines()]


def test_missing_and_empty_file_are_valid(file: Path) -> None:
    assert read_settings(file) == UserSettings()
    file.touch()
    assert read_settings(file) == UserSettings()


def test_all_settings(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    file.write_text(
        """
        tables = "~/flows"
        database = "runs.db"
        durability = "full"
        [history]
        keep_days = 90
        keep_runs = 1000
        [history.workflows.nightly]
        keep_runs = 3
        [history.workflows]
        audit = { keep_days = "all", keep_runs = 1 }
        chat-2.keep_days = 1
        """
    )
    assert read_settings(file) == UserSettings(
        tables=Path("/home/ada/flows"),
        database=file.parent / "runs.db",
        durability="full",
        keep=KeepRule(90, 1000),
        workflows={"nightly": KeepRule(None, 3), "audit": KeepRule(), "chat-2": KeepRule(1, None)},
    )


def test_all_in_either_place_keeps_everything(file: Path) -> None:
    file.write_text('[history]\nkeep_days = 30\nkeep_runs = "all"\n')
    assert read_settings(file).keep.keeps_all


def test_notifications(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    file.write_text(
        """
        [notify]
        command = ["~/bin/tell", "~/x", "a b"]
        after_minutes = 10
        [notify.workflows.nightly]
        on = ["failure", "end"]
        [notify.workflows]
        probe.on = []
        other = { command = ["beep"], after_minutes = 1 }
        [history.workflows.nightly]
        keep_runs = 3
        """
    )
    command = ("/home/ada/bin/tell", "~/x", "a b")
    found = read_settings(file)
    assert found.notify == NotifyRule(command, frozenset({"failure", "approval"}), 10)
    assert found.notify_workflows == {
        "nightly": NotifyRule(command, frozenset({"failure", "end"}), 10),
        "probe": NotifyRule(command, frozenset(), 10),
        "other": NotifyRule(("beep",), frozenset({"failure", "approval"}), 1),
    }
    assert found.workflows == {"nightly": KeepRule(None, 3)}


@pytest.mark.parametrize("value", ['"beep"', "[]", '[""]', '["beep", 1]', "7", '["a\\u0000b"]'])
def test_a_program_is_a_list_of_texts(file: Path, value: str) -> None:
    (message,) = errors_of_file(file, f"[notify]\ncommand = {value}\n")
    assert message == "settings.toml:2: notify.command must be a program and its arguments, as a list or as words"


@pytest.mark.parametrize(
    "line", ['on = ["failed"]', 'on = "end"', "after_minutes = 0", 'seconds = "all"', "seconds = true"]
)
def test_invalid_rules_of_notifications(file: Path, line: str) -> None:
    (message,) = errors_of_file(file, f"[notify]\n{line}\n")
    assert message.startswith(f"settings.toml:2: notify.{line.split()[0]} must be a ")


@pytest.mark.parametrize("name", ["tables", "database"])
@pytest.mark.parametrize("path", ["/a\\u0000b", "~a\\u0000b", " "])
def test_invalid_paths(file: Path, name: str, path: str) -> None:
    assert errors_of_file(file, f'{name} = "{path}"\n') == [f"settings.toml:1: {name} must be a path"]


def test_an_unknown_key_is_named_with_the_nearest(file: Path) -> None:
    text = '# my settings\n\ndurabilty = "full"\n[histroy]\nkeep_days = 3\n'
    assert errors_of_file(file, text) == [
        "settings.toml:3: unknown setting durabilty; did you mean durability?",
        "settings.toml:4: unknown setting histroy; did you mean history?",
    ]
    assert errors_of_file(file, "[history.workflows.nightly]\nkeep_day = 3\n") == [
        "settings.toml:2: unknown setting history.workflows.nightly.keep_day;"
        " did you mean history.workflows.nightly.keep_days?"
    ]
    (message,) = errors_of_file(file, "xyz = 1")
    assert message.endswith("known settings: database, durability, history, keys, notify, tables, theme, workers")


def test_invalid_value_is_named_with_alternatives(file: Path) -> None:
    text = """durability = "fulll"
[history]
# days
keep_days = 0
keep_runs = [
  1,
]
[history.workflows]
"Nightly Run" = {}
nightly = 3
other = { keep_days = true }
"""
    number = 'must be a whole number of 1 or more, or "all"'
    assert errors_of_file(file, text) == [
        'settings.toml:1: durability must be one of "normal" and "full"',
        f"settings.toml:4: history.keep_days {number}",
        f"settings.toml:5: history.keep_runs {number}",
        "settings.toml:9: 'Nightly Run' is not a workflow id",
        "settings.toml:10: history.workflows.nightly must be a section, [history.workflows.nightly]",
        f"settings.toml:11: history.workflows.other.keep_days {number}",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tables = \n", "settings.toml:1:10: invalid value"),
        ('a = 1\ntables = "x\n', "settings.toml:2:12: illegal character '\\n'"),
        ("a = 1\na = 2\n", "settings.toml:2:6: cannot overwrite a value"),
        ('a = 1\nb = """\n\n', "settings.toml:3: unterminated string"),
        ("a = " + "[" * 20_000, "settings.toml: nested too deeply"),
        ("a = " + "9" * 5_000, "settings.toml: a number has too many digits"),
    ],
)
def test_invalid_toml_is_located(file: Path, text: str, message: str) -> None:
    assert errors_of_file(file, text) == [message]


def test_unreadable_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="it is a folder"):
        read_settings(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="it is a named pipe"):
        read_settings(tmp_path / "pipe")
    (tmp_path / "settings.toml").write_bytes(b"tables = '\xff'")
    with pytest.raises(SettingsError, match="not UTF-8 text"):
        read_settings(tmp_path / "settings.toml")


@given(st.text(max_size=40))
def test_any_file_is_settings_or_an_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("any") / "settings.toml"
    file.write_text(text, errors="ignore")
    try:
        read_settings(file)
    except SettingsError as error:
        assert str(error).startswith(f"{file}:")


def test_location_of_the_settings_file(tmp_path: Path) -> None:
    assert settings_path({"WFTUI_CONFIG": str(tmp_path / "x.toml")}) == tmp_path / "x.toml"
    assert settings_path({"XDG_CONFIG_HOME": str(tmp_path)}) == tmp_path / "wftui" / "settings.toml"
    assert settings_path({}).name == "settings.toml"


def test_an_empty_section_of_a_workflow_keeps_all_of_its_runs(file: Path) -> None:
    file.write_text("[history]\nkeep_days = 1\n[history.workflows.audit]\n")
    assert read_settings(file).workflows["audit"].keeps_all


def test_start_imports_no_writer_and_the_parser_only_if_needed(file: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from wftui.workbench import Settings;"
        "Settings.resolve(Path('/tables'), Path('/db'));"
        "print(*sorted({'tomllib', 'tomlkit', 'pydantic', 'difflib'} & set(sys.modules)))"
    )

    def imported() -> str:
        environment = {**os.environ, "WFTUI_CONFIG": str(file)}
        command = [sys.executable, "-c", code]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.strip()

    assert imported() == ""
    file.write_text("[history]\nkeep_days = 1\n")
    assert imported() == "tomllib"


def test_an_address_of_workers_is_a_url_of_postgresql(file: Path) -> None:
    assert errors_of_file(file, 'workers = "mysql://db/x"') == [
        "settings.toml:1: workers must be a URL that starts with postgresql://"
    ]
    file.write_text('workers = "postgresql://ann:hunter2@db/x"\n')
    assert read_settings(file).workers == "postgresql://ann:hunter2@db/x"


def test_keys_of_actions(file: Path) -> None:
    file.write_text('theme = "nord"\n[keys.editor]\nsave = ["f2", "ctrl+w"]\n[keys]\nworkflows.open = ["["]\n')
    settings = read_settings(file)
    assert settings.keys == {"editor.save": ("f2", "ctrl+w"), "workflows.open": ("[",)}
    assert settings.theme == "nord"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("keys = 1", "keys must be a section, such as [keys.editor]"),
        ("[keys]\nsave = 'f2'", "keys.save must be a section, such as [keys.editor]"),
        ("[keys.editor]\nsave = 'f2'", "keys.editor.save must be keys"),
        ("[keys.editor]\nsave = []", "keys.editor.save must be keys"),
        ("[keys.editor]\nsave = [' ']", "keys.editor.save must be keys"),
        ("[keys.editor]\n'sa ve' = ['f2']", "keys.editor.sa ve names no action"),
    ],
)
def test_invalid_keys(file: Path, text: str, message: str) -> None:
    (found,) = errors_of_file(file, text)
    assert message in found
