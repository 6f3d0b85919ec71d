"""The user's settings: list, set and unset them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from wftui.model.data_class import dataclass
from wftui.model.user.user_settings import UserSettings
from wftui.model.workers_address import VARIABLE, without_password
from wftui.settings.keys import KEYS, Key, Value, find_key
from wftui.settings.settings_file import parse, read_settings, read_text, settings_path
from wftui.workbench.workbench_settings import Settings


@dataclass(frozen=True, slots=True)
class EffectiveSetting:
    """A setting in effect.

    Attributes:
        name: dotted; includes the workflow id for a workflow's own rule.
        value: None if nothing is set and there is no default value.
        origin: `--tables`, `WFTUI_DB`, `settings` or `default`.
        is_set: the settings file sets it.
        later: the value from the next start of the program, if it differs.
    """

    name: str
    value: Value | None
    origin: str
    key: Key
    is_set: bool = False
    later: Value | None = None


class SettingsService:
    """`workbench.user_settings`: list, set, unset. Each call reads the file again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def path(self) -> Path:
        """Path of the settings file, which need not exist."""
        return settings_path()

    async def all(self) -> list[EffectiveSetting]:
        """Return every setting with its value and origin.

        Raises:
            SettingsError: the settings file is invalid.
        """
        return await asyncio.to_thread(self._all)

    async def read(self) -> UserSettings:
        """Return the settings as they are in the file now.

        Raises:
            SettingsError: the settings file is invalid.
        """
        return await asyncio.to_thread(read_settings, self.path)

    async def set(self, name: str, text: str) -> Value:
        """Set a setting; return its value as stored.

        Raises:
            SettingsError: unknown setting, invalid value, or invalid TOML.
        """
        from wftui.settings.edit import set_value

        return await asyncio.to_thread(set_value, self.path, name, text)

    async def unset(self, name: str) -> bool:
        """Restore the default of a setting; False if it was not set.

        Raises:
            SettingsError: unknown setting, or invalid TOML.
        """
        from wftui.settings.edit import unset_value

        return await asyncio.to_thread(unset_value, self.path, name)

    async def copy_rules(self, workflow_id: str, new_id: str) -> list[str]:
        """Give a workflow the rules of another one; return the names of their sections.

        Raises:
            SettingsError: invalid TOML, or a file that cannot be changed automatically.
        """
        from wftui.settings.edit import copy_rules

        return await asyncio.to_thread(copy_rules, self.path, workflow_id, new_id)

    def _all(self) -> list[EffectiveSetting]:
        path = self.path
        after = read_settings(path)  # raises if the file is invalid
        given = _flat(parse(path, read_text(path) or ""))
        names = [key.name for key in KEYS if "<" not in key.name]
        names += sorted(name for name in given if name not in names)
        return [self._one(name, given.get(name), after) for name in names]

    def _one(self, name: str, given: Value | None, after: UserSettings) -> EffectiveSetting:
        key, _ = find_key(name)
        is_set = given is not None
        if name == "workers":
            return self._workers(key, after, is_set=is_set)
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

    def _workers(self, key: Key, after: UserSettings, *, is_set: bool) -> EffectiveSetting:
        """Return the address of the workers' server; its password is never shown."""
        used, origin = self._settings.workers, self._settings.origins.get(key.name, "default")
        shown = None if used is None else without_password(used)
        later: str | None = None
        if origin != VARIABLE and after.workers != used:
            later = key.default if after.workers is None else without_password(after.workers)
        return EffectiveSetting(key.name, shown, origin, key, is_set, later)


def _flat(data: Mapping[str, object], prefix: str = "") -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, value in data.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, str | int | list):
            found[prefix + name] = value
    return found
