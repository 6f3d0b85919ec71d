"""The keys of the settings file: values, defaults and meaning."""

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeGuard, cast, get_args

from wftui.model.counts import count_in, is_count
from wftui.model.data_class import dataclass
from wftui.model.errors import ExitCode, UserError
from wftui.model.text.suggestions import did_you_mean, suggestion
from wftui.model.user.home_paths import expanded
from wftui.model.user.user_settings import (
    HISTORY_COLUMNS,
    NOTIFY_EVENTS,
    Durability,
    HistoryColumn,
    KeepRule,
    LogRule,
    NotifyRule,
    UserSettings,
)
from wftui.model.workers_address import has_password, is_address
from wftui.model.workflow.identifiers import WORKFLOW_ID_PATTERN

ALL = "all"
"""Instead of a number: keep every run."""
Value = str | int | list[str]
Place = tuple[str, ...]
"""Path of a setting in the file: the names of its sections, then its own."""
_WORKFLOW = "<workflow>"
_FILTER = "<name>"
_ACTION = "keys.<screen>.<action>"
_ACTION_PART = re.compile(r"[a-z][a-z_]*")
WITH_WORKFLOWS = (("history", "workflows"), ("notify", "workflows"))
"""Sections with a section for each workflow."""
_FILTERS = ("history", "filters")


class SettingsError(UserError):
    """An invalid settings file, key or value; the message names the location."""

    code = "settings.invalid"
    exit_code = ExitCode.USAGE


@dataclass(frozen=True, slots=True)
class Key:
    """A setting.

    Attributes:
        name: dotted, as on the command line; `<workflow>` stands for any workflow id.
        help: a sentence.
        takes: valid values, as the end of "must be …".
        default: the default, in words.
        choices: the only valid values; empty if any text or number is valid.
    """

    name: str
    help: str
    takes: str
    default: str
    choices: tuple[str, ...] = ()

    def is_valid(self, value: object) -> bool:
        """Return whether a value is valid."""
        if self.takes is _COUNT:
            return value == ALL or is_count(value)
        if self.takes is _NUMBER_ONLY:
            return is_count(value)
        if self.takes is _ARGV:
            return _is_texts(value) and value != [] and value[0].strip() != "" and "\0" not in "".join(value)
        if self.takes is _KEY_NAMES:
            return _is_texts(value) and value != [] and all(each.strip() for each in value)
        if self.takes is _COLUMNS:
            return _is_texts(value) and value != [] and set(value) <= set(HISTORY_COLUMNS)
        if self.takes is _EVENTS:
            return _is_texts(value) and set(value) <= set(NOTIFY_EVENTS)
        if self.takes is _ADDRESS:
            return isinstance(value, str) and is_address(value)
        if self.takes is _PATH and "\0" in str(value):
            return False
        return isinstance(value, str) and value.strip() != "" and (not self.choices or value in self.choices)

    def parse(self, text: str) -> Value:
        """Parse a value that a user typed.

        Raises:
            SettingsError: the value is invalid.
        """
        value: Value = text
        if self.takes in (_COUNT, _NUMBER_ONLY):
            value = count_in(text) or text
        elif self.takes in (_ARGV, _EVENTS, _COLUMNS):
            value = _texts(text)
        elif self.takes is _KEY_NAMES:
            value = _key_names(text)
        if not self.is_valid(value):
            raise SettingsError(f"{self.name} must be {self.takes}, not {text!r}", code="settings.value")
        if self.takes is _ADDRESS and has_password(text):
            raise SettingsError(
                f"{self.name} must have no password here: all users of this machine can read arguments; keep it in"
                " PGPASSFILE, or write the line into the file yourself",
                code="settings.value",
            )
        return value


@dataclass(frozen=True, slots=True)
class InvalidSetting:
    """A key or value of the file that is invalid."""

    path: Place
    message: str


def value_text(value: Value) -> str:
    """Return a value as a user types it; `Key.parse` reads it."""
    if isinstance(value, list):
        return shlex.join(value) if value else "[]"
    return str(value)


def _is_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _texts(text: str) -> Value:
    """Return the texts of a JSON list or a line of words; other text as it is."""
    try:
        if text.lstrip().startswith("["):
            found = json.loads(text)
            return found if _is_texts(found) else text
        return shlex.split(text) or text
    except ValueError:
        return text


def _key_names(text: str) -> Value:
    """Return the keys of a JSON list or of words; a quote alone is a key."""
    found = _texts(text)
    return found if isinstance(found, list) else text.split() or text


_COUNT = f'a whole number of 1 or more, or "{ALL}"'
_NUMBER_ONLY = "a whole number of 1 or more"
_ARGV = "a program and its arguments, as a list or as words"
_KEY_NAMES = 'keys, as a list or as words, such as "f2 ctrl+w"'
_EVENTS = 'a list of "failure", "approval" and "end"'
_COLUMNS = f"a list of {', '.join(HISTORY_COLUMNS)}"
_PATH = "a path"
_QUERY = 'filters as on the screen, such as "status:failed since:7d"'
_ADDRESS = "a URL that starts with postgresql://"
_DAYS = "Keep runs that ended within this many days."
_RUNS = "Keep this many of the newest runs of each workflow, whatever their age."
_LOGS = "MB of long logs to keep, compressed, in files beside the history"
_OLDEST = "Beyond it, the oldest parts go."
_UNSET = "not set"
_OWN = " Overrides the general rule."
_ON = "Events that start the program: failure (failed or interrupted), approval (a step waits), end (any end)."
_AFTER = "With end: only runs that took at least this many minutes."
KEYS: tuple[Key, ...] = (
    Key("tables", "The workspace folder.", _PATH, "./tables if it is a workspace, else the user's data folder"),
    Key("database", "The history database.", _PATH, "wftui.db in the user's data folder"),
    Key(
        "durability",
        "normal: finished steps survive a crash of the program. full: also a power failure; steps wait for the disk.",
        'one of "normal" and "full"',
        "normal",
        get_args(Durability),
    ),
    Key(
        "workers",
        "PostgreSQL server through which steps in pools reach workers, without a password: that is in PGPASSFILE.",
        _ADDRESS,
        _UNSET,
    ),
    Key("history.keep_days", f"{_DAYS} Without this and keep_runs, every run is kept.", _COUNT, _UNSET),
    Key("history.keep_runs", _RUNS, _COUNT, _UNSET),
    Key("history.run_log_mb", f"{_LOGS}, of each run. {_OLDEST}", _COUNT, "256"),
    Key("history.log_mb", f"{_LOGS}, of all runs. {_OLDEST}", _COUNT, "1024"),
    Key(f"history.workflows.{_WORKFLOW}.keep_days", _DAYS + _OWN, _COUNT, _UNSET),
    Key(f"history.workflows.{_WORKFLOW}.keep_runs", "Keep this many of its newest runs." + _OWN, _COUNT, _UNSET),
    Key("history.columns", "Columns of the history on the screen, in their order.", _COLUMNS, "those that fit"),
    Key(
        f"history.filters.{_FILTER}",
        "A saved filter of the history, for `wftui history --saved` and the screen.",
        _QUERY,
        _UNSET,
    ),
    Key("notify.command", "Program to notify about runs; it reads JSON on its standard input.", _ARGV, _UNSET),
    Key("notify.on", _ON, _EVENTS, "failure approval"),
    Key("notify.after_minutes", _AFTER, _NUMBER_ONLY, _UNSET),
    Key("notify.seconds", "The program is ended after this many seconds.", _NUMBER_ONLY, "10"),
    Key(f"notify.workflows.{_WORKFLOW}.command", "Program for this workflow." + _OWN, _ARGV, _UNSET),
    Key(f"notify.workflows.{_WORKFLOW}.on", f"{_ON[:-1]}; [] for nothing.{_OWN}", _EVENTS, _UNSET),
    Key(f"notify.workflows.{_WORKFLOW}.after_minutes", _AFTER + _OWN, _NUMBER_ONLY, _UNSET),
    Key("theme", "Colors of the screens; the action Theme previews them.", "the name of a theme", "by the terminal"),
    Key(_ACTION, "Keys of an action instead of its own; `wftui keys` lists them.", _KEY_NAMES, "see `wftui keys`"),
)
WORKFLOW_KEYS = tuple(key for key in KEYS if _WORKFLOW in key.name)
"""Settings of one workflow."""
_BY_NAME = {key.name: key for key in KEYS}


def find_key(name: str) -> tuple[Key, Place]:
    """Return the setting of a dotted name and its path in the file.

    Raises:
        SettingsError: unknown setting; the message suggests the nearest.
    """
    path = tuple(name.split("."))
    pattern = path
    if path[:2] in WITH_WORKFLOWS and len(path) == 4 and re.fullmatch(WORKFLOW_ID_PATTERN, path[2]):
        pattern = (*path[:2], _WORKFLOW, path[3])
    if path[:2] == _FILTERS and len(path) == 3 and re.fullmatch(WORKFLOW_ID_PATTERN, path[2]):
        pattern = (*_FILTERS, _FILTER)
    if path[0] == "keys" and len(path) == 3 and all(map(_ACTION_PART.fullmatch, path)):
        pattern = (_ACTION,)
    key = _BY_NAME.get(".".join(pattern))
    if key is None:
        raise SettingsError(f"unknown setting {name}{_instead(name, _BY_NAME)}", code="settings.key")
    return key, path


def interpret(data: Mapping[str, object], folder: Path) -> tuple[UserSettings, list[InvalidSetting]]:
    """Return the settings in parsed TOML and everything invalid in it.

    Invalid settings count as not set.

    Args:
        folder: folder of the file, the base of relative paths.
    """
    problems: list[InvalidSetting] = []
    found: dict[Place, Value] = {}
    sections: set[Place] = set()

    def walk(table: Mapping[str, object], path: Place, pattern: Place) -> None:
        known = {key.name.split(".")[len(pattern)] for key in KEYS if _starts(key, pattern)}
        any_name = next(iter(known)) if known in ({_WORKFLOW}, {_FILTER}) else None
        for name, value in table.items():
            here = (*path, name)
            step = any_name if any_name and re.fullmatch(WORKFLOW_ID_PATTERN, name) else name
            place = (*pattern, step)
            key = _BY_NAME.get(".".join(place))
            if key is not None and key.is_valid(value):
                found[here] = value  # type: ignore[assignment]  # a valid value is one
            elif key is not None:
                problems.append(InvalidSetting(here, f"{'.'.join(here)} must be {key.takes}"))
            elif step not in known and any_name:
                what = "a workflow id" if any_name == _WORKFLOW else "a name of lower-case letters, digits and _"
                problems.append(InvalidSetting(here, f"{name!r} is not {what}"))
            elif step not in known:
                names = {".".join((*path, other)) for other in known}
                message = f"unknown setting {'.'.join(here)}{_instead('.'.join(here), names)}"
                problems.append(InvalidSetting(here, message))
            elif isinstance(value, Mapping):
                sections.add(here)
                walk(value, here, place)
            else:
                problems.append(InvalidSetting(here, f"{'.'.join(here)} must be a section, [{'.'.join(here)}]"))

    def walk_keys(table: object) -> None:
        for screen, actions in table.items() if isinstance(table, Mapping) else [("", None)]:
            if not isinstance(actions, Mapping):
                section: Place = ("keys", screen) if screen else ("keys",)
                name = ".".join(section)
                problems.append(InvalidSetting(section, f"{name} must be a section, such as [keys.editor]"))
                continue
            for verb, value in actions.items():
                here: Place = ("keys", screen, verb)
                if not all(map(_ACTION_PART.fullmatch, here)):
                    problems.append(InvalidSetting(here, f"{'.'.join(here)} names no action"))
                elif _BY_NAME[_ACTION].is_valid(value):
                    found[here] = value
                else:
                    problems.append(InvalidSetting(here, f"{'.'.join(here)} must be {_KEY_NAMES}"))

    walk({name: value for name, value in data.items() if name != "keys"}, (), ())
    if "keys" in data:
        walk_keys(data["keys"])
    return _settings(found, sections, folder), problems


def _settings(found: Mapping[Place, Value], sections: Iterable[Place], folder: Path) -> UserSettings:
    def path_of(name: str) -> Path | None:
        text = found.get((name,))
        return None if text is None else (folder / expanded(str(text))).absolute()

    def rule_of(section: Place) -> KeepRule:
        days, runs = found.get((*section, "keep_days")), found.get((*section, "keep_runs"))
        if ALL in (days, runs):
            return KeepRule()
        return KeepRule(days if isinstance(days, int) else None, runs if isinstance(runs, int) else None)

    def megabytes(name: str, default: int | None) -> int | None:
        value = found.get(("history", name), default)
        return value if isinstance(value, int) else None

    def notify_of(section: Place, general: NotifyRule) -> NotifyRule:
        given: dict[str, Any] = {place[-1]: value for place, value in found.items() if place[:-1] == section}
        if "command" in given:
            program, *arguments = given["command"]
            given["command"] = (str(expanded(program)) if program.startswith("~/") else program, *arguments)
        if "on" in given:
            given["on"] = frozenset(given["on"])
        return replace(general, **given)

    def workflows(section: str) -> dict[str, Place]:
        return {place[2]: place for place in sections if place[0] == section and len(place) == 3}

    notify = notify_of(("notify",), NotifyRule())
    workers = found.get(("workers",))
    default = LogRule()
    logs = LogRule(megabytes("run_log_mb", default.run_mb), megabytes("log_mb", default.history_mb))
    durability: Durability = "full" if found.get(("durability",)) == "full" else "normal"
    return UserSettings(
        tables=path_of("tables"),
        database=path_of("database"),
        durability=durability,
        columns=_columns(found.get(("history", "columns"))),
        filters={place[2]: str(value) for place, value in found.items() if place[:2] == _FILTERS},
        theme=None if ("theme",) not in found else str(found["theme",]),
        keys={
            ".".join(place[1:]): tuple(value)
            for place, value in found.items()
            if place[0] == "keys" and isinstance(value, list)
        },
        workers=workers if isinstance(workers, str) else None,
        keep=rule_of(("history",)),
        logs=logs,
        workflows={name: rule_of(place) for name, place in workflows("history").items()},
        notify=notify,
        notify_workflows={name: notify_of(place, notify) for name, place in workflows("notify").items()},
    )


def _columns(value: Value | None) -> tuple[HistoryColumn, ...]:
    return tuple(cast("list[HistoryColumn]", value)) if isinstance(value, list) else ()


def _starts(key: Key, pattern: Place) -> bool:
    parts = tuple(key.name.split("."))
    return len(parts) > len(pattern) and parts[: len(pattern)] == pattern


def _instead(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    return did_you_mean(suggestion(name, names), f"; known settings: {', '.join(names)}")
