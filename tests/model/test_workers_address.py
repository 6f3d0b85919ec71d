"""The address of the workers' server: what is one, and what of it may be shown."""

import pytest

from wftui.model.workers_address import has_password, is_address, without_password, workers_address


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://ann:hunter2@db.example.org:5432/wftui", "postgresql://ann@db.example.org:5432/wftui"),
        ("postgres://ann:p%40ss@db/wftui", "postgres://ann@db/wftui"),
        ("postgresql://:hunter2@db/wftui", "postgresql://@db/wftui"),
        ("postgresql://ann:a:b@c@db/wftui", "postgresql://ann@db/wftui"),
        (
            "postgresql://db/wftui?user=ann&password=hunter2&sslmode=require",
            "postgresql://db/wftui?user=ann&sslmode=require",
        ),
        ("postgresql://db/wftui?PASSWORD=hunter2", "postgresql://db/wftui"),
        ("postgresql://db/wftui?sslpassword=hunter2", "postgresql://db/wftui"),
        ("postgresql:///wftui?host=/run/pg&password=hunter2", "postgresql:///wftui?host=/run/pg"),
        ("postgresql://[::1]:5432/wftui", "postgresql://[::1]:5432/wftui"),
        ("postgresql://a,b:5433/wftui", "postgresql://a,b:5433/wftui"),
        ("postgresql:///wftui", "postgresql:///wftui"),
        ("postgresql://a:1,b:2/wftui?target_session_attrs=any", "postgresql://a:1,b:2/wftui?target_session_attrs=any"),
        ("postgresql://ann:p#w@db/wftui", "postgresql://ann@db/wftui"),
        ("postgresql://ann:p?w@db/wftui", "postgresql://ann@db/wftui"),
        ("postgresql://ann:p/w@db/wftui?user=a@b", "postgresql://ann@db/wftui?user=a@b"),
    ],
)
def test_a_password_is_never_part_of_what_is_shown(address: str, shown: str) -> None:
    assert is_address(address)
    assert without_password(address) == shown
    assert has_password(address) is (shown != address)
    assert not has_password(shown)


@pytest.mark.parametrize(
    "text",
    ["", "db.example.org", "mysql://db/x", "postgresql://", "postgresql:", "host=db dbname=x", "postgresql://db/x y"],
)
def test_other_text_is_no_address(text: str) -> None:
    assert not is_address(text)


def test_the_environment_comes_before_the_settings_file() -> None:
    assert workers_address({"WFTUI_WORKERS": "postgresql://one/x"}, "postgresql://two/x") == "postgresql://one/x"
    assert workers_address({"WFTUI_WORKERS": ""}, "postgresql://two/x") == "postgresql://two/x"
    assert workers_address({}, None) is None
