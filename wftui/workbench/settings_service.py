"""The user's settings, as a face asks for them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wftui.model.user_settings import UserSettings
from wftui.settings.keys import KEYS, Key, Value, find_key
from wftui.settings.settings_file import parse, read_settings, read_text, settings_path
from wftui.workbench.workbench_settings import Settings


@dataclass(frozen=True, slots=True)
class EffectiveSetting:
    """A setting as it holds now.

    Attributes:
        name: dotted; of a workflow's own rule, with its id.
        value: None where nothing is set and the default is no value of its own.
        origin: what it comes from: `--tables`, `WFTUI_DB`, `settings`, `default`.
        is_set: the file says something of it.
        later: what will hold from the next start of the program, where that is something else.
    """

    name: str
    value: Value | None
    origin: str
    key: Key
    is_set: bool = False
    later: Value | None = None


class SettingsService:
    """`workbench.user_settings`: list, set, unset. The file is read afresh at each question."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def path(self) -> Path:
        """The settings file; it need not exist."""
        return settings_path()

    async def all(self) -> list[EffectiveSetting]:
        """Every setting, and what it comes from.

        Raises:
            SettingsError: the file is wrong.
        """
        return await asyncio.to_thread(self._all)

    async def set(self, name: str, text: str) -> Value:
        """Give a setting a value; returns it as kept.

        Raises:
            SettingsError: there is no such setting, it takes no such value, or the file is no TOML.
        """
        from wftui.settings.edit import set_value

        return await asyncio.to_thread(set_value, self.path, name, text)

    async def unset(self, name: str) -> bool:
        """Go back to the default; False when nothing was set.

        Raises:
            SettingsError: there is no such setting, or the file is no TOML.
        """
        from wftui.settings.edit import unset_value

        return await asyncio.to_thread(unset_value, self.path, name)

    def _all(self) -> list[EffectiveSetting]:
        path = self.path
        after = read_settings(path)  # says what is wrong, if anything is
        given = _flat(parse(path, read_text(path) or ""))
        names = [key.name for key in KEYS if "<" not in key.name]
        names += sorted(name for name in given if name not in names)
        return [self._one(name, given.get(name), after) for name in names]

    def _one(self, name: str, given: Value | None, after: UserSettings) -> EffectiveSetting:
        key, _ = find_key(name)
        is_set = given is not None
        if name not in ("tables", "database", "durability"):
            return EffectiveSetting(name, given, "settings" if is_set else "default", key, is_set)
        used = str(getattr(self._settings, name))
        next_time = getattr(after, name)
        origin = self._settings.origins.get(name, "default")
        if origin in ("settings", "default") and str(next_time) == used:
            origin = "settings" if is_set else "default"
        later: str | None = None
        if origin in ("settings", "default") and next_time is not None and str(next_time) != used:
            later = str(next_time)
        elif origin == "settings" and next_time is None:
            later = key.default
        return EffectiveSetting(name, used, origin, key, is_set, later)


def _flat(data: Mapping[str, object], prefix: str = "") -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, value in data.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, str | int):
            found[prefix + name] = value
    return found
