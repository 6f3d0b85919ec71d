"""The filter line of the history: parsing, and round trips."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wftui.model.history_query import FAILURES, STATUSES, HistoryQuery, QueryError, parse_query
from wftui.model.run.summary import ExecutionFilters

NOW = datetime(2026, 11, 2, 10, 30, tzinfo=UTC)


def test_an_empty_line_filters_nothing() -> None:
    filters = parse_query("", NOW).filters(NOW)
    assert filters == ExecutionFilters()


def test_every_filter_has_a_word() -> None:
    filters = parse_query("workflow:repo_health status:failed,run user:ada since:7d until:2026-11-01 no access", NOW)
    found = filters.filters(NOW)
    assert found.workflow_id == "repo_health"
    assert found.status == ["running", "failed"]
    assert found.user_id == "ada"
    assert found.since == NOW - timedelta(days=7)
    assert found.until == datetime(2026, 11, 1, 23, 59, 59, 999000, tzinfo=UTC)
    assert found.text == "no access"


def test_other_words_than_filters_are_text() -> None:
    assert parse_query("http://host:80 colon:word", NOW).text == "http://host:80 colon:word"
    assert parse_query('"status:failed"', NOW).text == "status:failed"


def test_incomplete_filter_is_ignored() -> None:
    assert parse_query("user: since:", NOW) == HistoryQuery()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("status:broken", "unknown status broken; expected one of pending, running"),
        ("since:soon", "invalid time soon; expected 24h, 7d, 2 days ago, today"),
        ("until:2026-13-01", "invalid time 2026-13-01"),
        ("since:99999999d", "invalid time 99999999d"),
        ("since:today until:yesterday", "no run can match these filters: the time of `since` is after"),
        ("status:completed error:http", "no run can match these filters: only failed runs have an error"),
        ("status:running,pending longer:5m", "no run can match these filters: only runs that have ended"),
    ],
)
def test_invalid_queries_are_reported(line: str, sentence: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(line, NOW)
    assert str(caught.value).startswith(sentence)


words = st.text(st.characters(codec="ascii", categories=["Ll", "Nd"]) | st.sampled_from(list('_"\\: \tü')), max_size=8)
queries = st.builds(
    HistoryQuery,
    text=words | st.sampled_from(["status:failed", 'user:"a', '"', "a b"]),
    workflow=words,
    user=words,
    contains=words,
    since=st.sampled_from(["", "7d", "today", "2026-10-25"]),
    until=st.sampled_from(["", "1h", "now"]),
    statuses=st.frozensets(st.sampled_from(STATUSES)),
)


@given(queries)
def test_formatted_query_parses_to_the_same(query: HistoryQuery) -> None:
    assert parse_query(str(query), NOW) == query


@given(st.text(max_size=40))
def test_any_query_is_parsed(line: str) -> None:
    try:
        query = parse_query(line, NOW)
    except QueryError as error:
        assert str(error)
    else:
        query.filters(NOW)


def test_faults_switch_on_and_off() -> None:
    query = HistoryQuery(statuses=frozenset({"running"}))
    assert query.only_failures().statuses == FAILURES
    assert query.only_failures().only_failures().statuses == frozenset()
    assert query.switched("running").statuses == frozenset()
    assert query.of_workflow("a").workflow == "a"
    assert query.of_workflow("a").of_workflow("b").workflow == ""


def test_duration_and_error_are_terms() -> None:
    query = parse_query("longer:5m error:http.5xx text", NOW)
    assert str(query) == "longer:5m error:http.5xx text"
    filters = query.filters(NOW)
    assert (filters.longer_than, filters.error_type, filters.text) == (300_000, "http.5xx", "text")
    with pytest.raises(QueryError, match="not a duration"):
        parse_query("longer:soon", NOW)


@pytest.mark.parametrize(
    "query",
    [
        HistoryQuery(text="error: disk full"),
        HistoryQuery(text="status:x since"),
        HistoryQuery(text="two  spaces"),
        HistoryQuery(text='a"b plain:text'),
        HistoryQuery(contains="two words", label="env=prod", text="x"),
        HistoryQuery(since="2 days ago", until="last week", statuses=frozenset({"failed"})),
    ],
)
def test_a_query_is_read_as_it_is_written(query: HistoryQuery) -> None:
    assert parse_query(str(query), NOW) == query
