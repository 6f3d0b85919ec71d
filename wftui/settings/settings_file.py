"""The settings file: where it is, what it says, and where in it something is wrong."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from wftui.model.user_settings import UserSettings
from wftui.settings.keys import InvalidSetting, SettingsError, interpret
from wftui.workspace.workspace_errors import explain

VARIABLE = "WFTUI_CONFIG"
_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")
_END = " (at end of document)"


def settings_path(environment: Mapping[str, str] = os.environ) -> Path:
    """The file: `WFTUI_CONFIG`, else `settings.toml` in the user's configuration folder; it need not exist."""
    if named := environment.get(VARIABLE):
        return Path(named).expanduser().absolute()
    if given := environment.get("XDG_CONFIG_HOME"):
        return Path(given) / "wftui" / "settings.toml"
    import platformdirs

    return platformdirs.user_config_path("wftui", appauthor=False) / "settings.toml"


def read_settings(path: Path) -> UserSettings:
    """What the file says; a file that is not there says nothing.

    Raises:
        SettingsError: with everything that is wrong, each with file and line. Nothing of such a file counts.
        WorkspaceError: it cannot be read.
    """
    text = read_text(path)
    if text is None:
        return UserSettings()
    settings, problems = interpret(parse(path, text), path.parent)
    if problems:
        raise SettingsError("\n".join(located(path, text, problem) for problem in problems))
    return settings


def read_text(path: Path) -> str | None:
    """The text of the file; None when there is none.

    Raises:
        SettingsError: it is no text.
        WorkspaceError: it cannot be read.
    """
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise explain(error, path, "read") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is no text in UTF-8") from error


def parse(path: Path, text: str) -> dict[str, object]:
    """The TOML of the file.

    Raises:
        SettingsError: it is none; the sentence names line and column.
    """
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        place = _PLACE.search(said)
        if place is None:
            last = max(text.count("\n"), 1)
            raise SettingsError(f"{path}:{last}: {_sentence(said.removesuffix(_END))}") from error
        raise SettingsError(f"{path}:{place[1]}:{place[2]}: {_sentence(said[: place.start()])}") from error


def located(path: Path, text: str, problem: InvalidSetting) -> str:
    """A problem with the file and line it is in."""
    return f"{path}:{_line_of(text, problem.path)}: {problem.message}"


def _line_of(text: str, key: tuple[str, ...]) -> int:
    """The line, from 1, on which a key of valid TOML is given: the first after which a parser knows it.

    Asked only when something is wrong, in a small file: parsing it anew for each line is no matter then.
    """
    import tomllib

    lines = text.splitlines(keepends=True)
    begin = 0
    for number in range(1, len(lines) + 1):
        try:
            data: object = tomllib.loads("".join(lines[:number]))
        except tomllib.TOMLDecodeError:
            continue  # in the middle of a value of several lines
        if _holds(data, key):
            while not lines[begin].strip() or lines[begin].lstrip().startswith("#"):
                begin += 1
            return begin + 1
        begin = number
    return 1


def _holds(data: object, key: tuple[str, ...]) -> bool:
    for name in key:
        if not isinstance(data, Mapping) or name not in data:
            return False
        data = data[name]
    return True


def _sentence(text: str) -> str:
    return text[:1].lower() + text[1:]
