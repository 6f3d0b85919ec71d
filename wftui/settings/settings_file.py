"""Locate, read and check the settings file.

The keys are loaded for a file that exists only: every start looks for one.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.model.user.user_settings import UserSettings
from wftui.workspace.locate import absolute, user_config_path
from wftui.workspace.regular import read_regular
from wftui.workspace.workspace_errors import explain

if TYPE_CHECKING:
    from wftui.settings.keys import InvalidSetting

VARIABLE = "WFTUI_CONFIG"
_PLACE = r" \(at line (\d+), column (\d+)\)$"
_END = " (at end of document)"


def settings_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the path of the settings file, which need not exist.

    `WFTUI_CONFIG`, or `settings.toml` in the user's configuration folder.
    """
    if named := environment.get(VARIABLE):
        return absolute(Path(named))
    return user_config_path(environment) / "settings.toml"


def read_settings(path: Path) -> UserSettings:
    """Read the settings; defaults if the file does not exist.

    Raises:
        SettingsError: the file is invalid; lists every error with file and line.
        WorkspaceError: the file cannot be read.
    """
    text = read_text(path)
    if text is None:
        return UserSettings()
    from wftui.settings.keys import SettingsError, interpret

    settings, invalid = interpret(parse(path, text), path.parent)
    if invalid:
        raise SettingsError("\n".join(located(path, text, each) for each in invalid))
    return settings


def read_text(path: Path) -> str | None:
    """Return the text of the file; None if it does not exist.

    Raises:
        SettingsError: the file is not UTF-8.
        WorkspaceError: the file cannot be read.
    """
    try:
        return read_regular(path).decode()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise explain(error, path, "read") from error
    except UnicodeDecodeError as error:
        from wftui.settings.keys import SettingsError

        raise SettingsError(f"{path} is not UTF-8 text") from error


def parse(path: Path, text: str) -> dict[str, object]:
    """Parse the TOML of the file.

    Raises:
        SettingsError: invalid TOML; the message names line and column.
    """
    import tomllib

    from wftui.settings.keys import SettingsError

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = re.search(_PLACE, message)
        if place is None:
            last = max(text.count("\n"), 1)
            raise SettingsError(f"{path}:{last}: {_sentence(message.removesuffix(_END))}") from error
        raise SettingsError(f"{path}:{place[1]}:{place[2]}: {_sentence(message[: place.start()])}") from error
    except RecursionError as error:
        raise SettingsError(f"{path}: nested too deeply") from error
    except ValueError as error:
        raise SettingsError(f"{path}: a number has too many digits") from error


def located(path: Path, text: str, invalid: "InvalidSetting") -> str:
    """Return the message of an invalid setting, prefixed with file and line."""
    return f"{path}:{_line_of(text, invalid.path)}: {invalid.message}"


def _line_of(text: str, key: tuple[str, ...]) -> int:
    """Return the line, from 1, of a key in valid TOML.

    Parses growing prefixes of the file until the key appears: slow, but only used for errors in a small file.
    """
    import tomllib

    lines = text.splitlines(keepends=True)
    begin = 0
    for number in range(1, len(lines) + 1):
        try:
            data: object = tomllib.loads("".join(lines[:number]))
        except ValueError:
            continue  # within a multi-line value
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
