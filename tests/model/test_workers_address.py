"""The address of the workers' server: what is one, and what of it may be shown."""

import pytest

from wftui.model.workers_address import has_password, is_address, is_ambiguous, without_password, workers_address


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
        ("postgresql://ann:p@s/w@db/wftui", "postgresql://ann@db/wftui"),
        ("postgresql://ann:p?s/w@db/wftui", "postgresql://ann@db/wftui"),
        ("postgresql://ann:p?s&x/w@db/wftui?sslmode=require", "postgresql://ann@db/wftui?sslmode=require"),
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
def test_other_text_is_refused_and_not_shown(text: str) -> None:
    assert not is_address(text)
    assert without_password(text) == "***"


@pytest.mark.parametrize(
    ("password", "is_read_whole"),
    [("p%2Fw%40x", True), ("p#w", True), ("p:w", True), ("p/w", False), ("p@w", False), ("p@w/x", False)],
)
def test_a_password_that_postgresql_would_cut_is_noticed(password: str, is_read_whole: bool) -> None:
    assert is_ambiguous(f"postgresql://ann:{password}@db/wftui") is not is_read_whole
    assert not is_ambiguous("postgresql://ann@db/wftui?user=a/b:c@d")


def test_the_environment_comes_before_the_settings_file() -> None:
    assert workers_address({"WFTUI_WORKERS": "postgresql://one/x"}, "postgresql://two/x") == "postgresql://one/x"
    assert workers_address({"WFTUI_WORKERS": ""}, "postgresql://two/x") == "postgresql://two/x"
    assert workers_address({}, None) is None
