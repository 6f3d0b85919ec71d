"""Addresses and names for PostgreSQL, without a server."""

import os

import pytest

from wftui.workers.database import conninfo, process_name
from wftui.workers.workers_errors import WorkersError

PASSWORD = "Sup3rLong"
CHANNEL_BYTES = 63


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://u:{PASSWORD}/rest@db/x",
        f"postgresql://u:{PASSWORD}@rest@db/x",
        f"postgresql://u:{PASSWORD}%zz@db/x",
        f"postgresql://u:{PASSWORD}?a/b@db/x",
        f"postgresql://u:{PASSWORD}@[db/x",
        f"postgresql://u:{PASSWORD} rest@db/x",
        f"postgresql://db/x?password={PASSWORD}%",
        f"postgresql:/u:{PASSWORD}@db/x",
        f"mysql://u:{PASSWORD}@db/x",
        f"host=db password={PASSWORD} rest",
        f"password='{PASSWORD}",
    ],
)
def test_the_error_of_an_address_shows_no_part_of_its_password(address: str) -> None:
    with pytest.raises(WorkersError) as caught:
        conninfo(address, "test")
    assert caught.value.code == "workers.address"
    assert PASSWORD not in str(caught.value)
    assert "rest" not in str(caught.value)


def test_a_missing_password_in_the_address_is_reported() -> None:
    with pytest.raises(WorkersError, match='invalid URI query parameter: "nothing"'):
        conninfo("postgresql://db/x?nothing=1", "test")


@pytest.mark.parametrize("host", ["n" * 64, "wftui-" * 10, "maschine-\xfc" * 6, "box.example.org"])
def test_the_name_of_a_process_is_one_of_a_channel(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    here = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((here.sysname, host, *here[2:])))
    names = {process_name() for _ in range(1_000)}
    assert len(names) == 1_000
    assert max(len(name.encode()) for name in names) < CHANNEL_BYTES
    assert all(name.startswith(host.partition(".")[0][:10]) for name in names)
