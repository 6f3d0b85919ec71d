"""Histories of later versions, or modified ones: shown as far as known."""

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers import Cli

from wftui.runtime.plan import RULES_REVISION
from wftui.workbench import Settings


@contextmanager
def changing(settings: Settings) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(settings.database)
    try:
        with connection:
            yield connection
    finally:
        connection.close()


@pytest.fixture
def ran(cli: Cli) -> str:
    """A completed run of a workflow of its own."""
    assert cli("new", "mine")[0] == 0
    code, out, _ = cli("run", "mine", "--json")
    assert code == 0
    run_id: str = json.loads(out)["id"]
    return run_id


def rewrite_event(settings: Settings, old: int, new: int, changes: dict[str, object]) -> None:
    """Change the number and fields of the events of type number `old`."""
    with changing(settings) as connection:
        for place, data in connection.execute("SELECT place, data FROM events WHERE type = ?", (old,)).fetchall():
            fields = json.loads(zlib.decompress(data) if isinstance(data, bytes) else data) | changes
            connection.execute("UPDATE events SET type = ?, data = ? WHERE place = ?", (new, json.dumps(fields), place))


STARTED = 1
"""Number of the type `started` in the database."""


@pytest.mark.parametrize("changes", [{"type": "step_teleported", "from": "a", "to": "b"}, {"type": "step_moved"}, {}])
def test_an_event_of_a_later_version_is_shown_by_its_name(
    cli: Cli, settings: Settings, ran: str, changes: dict[str, object]
) -> None:
    before = json.loads(cli("show", ran, "--json")[1])
    rewrite_event(settings, STARTED, 99, changes)
    code, out, _ = cli("show", ran, "--events", "--json")
    assert code == 0
    events = json.loads(out)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[1]["type"] == changes.get("type", "type 99")
    assert events[1]["executionId"] == ran
    assert {key: events[1].get(key) for key in changes} == changes
    after = json.loads(cli("show", ran, "--json")[1])
    assert after["status"] == "completed"
    assert after["stepResults"] == before["stepResults"]
    code, out, _ = cli("show", ran, "--events")
    assert code == 0
    assert str(changes.get("type", "type 99")) in out
    assert cli("show", ran)[0] == 0
    assert cli("show", ran, "--logs")[0] == 0


def test_a_field_of_a_later_version_is_left_out(cli: Cli, settings: Settings, ran: str) -> None:
    before = json.loads(cli("show", ran, "--json")[1])
    rewrite_event(settings, 4, 4, {"cost": 3, "deep": {"er": [1]}})
    assert json.loads(cli("show", ran, "--json")[1]) == before


def test_a_status_of_a_later_version_is_listed_by_its_name(cli: Cli, settings: Settings, ran: str) -> None:
    with changing(settings) as connection:
        connection.execute("UPDATE executions SET status = 'queued'")
    code, out, _ = cli("history", "--json")
    assert code == 0
    assert [each["status"] for each in json.loads(out)["executions"]] == ["queued"]
    code, out, _ = cli("history")
    assert code == 0
    assert "queued" in out
    assert cli("list")[0] == 0


def test_stored_code_is_never_executed(cli: Cli, settings: Settings, ran: str, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    evil = f"from pathlib import Path\nPath({str(mark)!r}).write_text('x')\n".encode()
    with changing(settings) as connection:
        connection.execute("UPDATE plans SET code = ?", (zlib.compress(evil),))
    code, out, _ = cli("rerun", ran, "--from", "system", "--plan", "--json")
    assert code == 0
    assert [decision["action"] for decision in json.loads(out)] == ["keep", "run"]
    assert cli("rerun", ran, "--from", "system")[0] == 0
    assert cli("show", ran)[0] == 0
    assert not mark.exists()


def test_run_of_newer_rules_is_not_resumed(cli: Cli, settings: Settings, ran: str) -> None:
    rewrite_event(settings, 0, 0, {"rules": 99})
    with changing(settings) as connection:
        last = connection.execute("SELECT max(place) FROM events").fetchone()[0]
        connection.execute("UPDATE events SET type = 17, data = '{}' WHERE place = ?", (last,))
        connection.execute("UPDATE executions SET status = 'interrupted', completed_at = NULL")
    code, _, err = cli("resume", ran)
    assert code == 1
    assert "error[rules.unknown]" in err
    assert "rules 99 of a newer wftui" in err


def test_a_run_records_the_rules_it_began_under(cli: Cli, ran: str) -> None:
    events = json.loads(cli("show", ran, "--events", "--json")[1])
    assert events[0]["rules"] == RULES_REVISION


def test_database_recovery_reports_progress(cli: Cli, settings: Settings, ran: str) -> None:
    with settings.database.open("r+b") as file:
        file.seek(4096)
        file.write(bytes(4096))
    code, _, err = cli("history")
    assert code == 0
    assert f"{settings.database} is damaged; recovering what can be read" in err
