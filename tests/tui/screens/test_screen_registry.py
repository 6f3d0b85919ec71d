"""Screens that are opened by name."""

from importlib import import_module
from typing import get_args

import pytest
from textual.screen import Screen

from wftui.tui.app import WftuiApp
from wftui.tui.screens.screen_registry import SCREENS, make_screen
from wftui.tui.services import AppServices, ScreenName, services_of
from wftui.workbench import Workbench


def test_every_name_has_a_screen() -> None:
    assert set(SCREENS) == set(get_args(ScreenName))


@pytest.mark.parametrize("name", SCREENS)
def test_every_name_leads_to_a_screen(name: ScreenName) -> None:
    module, _, class_name = SCREENS[name].partition(":")
    assert issubclass(getattr(import_module(module), class_name), Screen)


def test_a_screen_takes_its_arguments() -> None:
    assert make_screen("history", "hello").trail() == ("History", "hello")  # type: ignore[attr-defined]


def test_app_implements_the_screen_services(workbench: Workbench) -> None:
    app = WftuiApp(workbench)
    services: AppServices = app
    assert services_of(app) is services
    assert [
        name
        for name in vars(AppServices)
        if not name.startswith("_") and not (hasattr(type(app), name) or hasattr(app, name))
    ] == []
