"""`compare`, `grep` and `stats` over real runs."""

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from helpers import Cli, write_workflow

from wftui.workbench import Settings

BIG = 40_000


@pytest.fixture
def counted(cli: Cli, settings: Settings) -> Cli:
    """Run `count` with 2, and with 5, which fails."""
    schema = {"type": "object", "properties": {"n": {"type": "integer", "default": 2}}}
    check = {"id": "check", "type": "shell", "input": {"script": "[ $N -lt 3 ] || exit 7", "env": {"N": "{{ n }}"}}}
    steps: list[dict[str, Any]] = [
        {"id": "talk", "type": "shell", "input": {"script": "seq $N", "env": {"N": "{{ inputs.n }}"}}},
        {"id": "each", "type": "group", "forEach": {"in": "range(inputs.n)", "as": "n"}, "steps": [check]},
    ]
    write_workflow(settings.tables, "count", *steps, inputSchema=schema)
    assert cli("run", "count", "-q")[0] == 0
    assert cli("run", "count", "-i", "n=5", "-q")[0] == 1
    return cli


def test_a_run_is_compared_with_the_last_good_one(counted: Cli) -> None:
    code, out, _ = counted("compare", "--last-good", "last")
    assert code == 0
    sentence = " ".join(out.split())
    assert sentence.startswith(
        "The inputs differ: /n was 2 and is 5; the first step that differs is talk: its input differs"
    )
    assert "each[3].check" in out
    found = json.loads(counted("compare", "--last-good", "last", "--json")[1])
    assert (found["before"]["status"], found["after"]["status"], found["same"]) == ("completed", "failed", False)
    assert next(step for step in found["steps"] if step["path"] == "talk")["log"][-3:] == ["+3", "+4", "+5"]
    ids = [found["before"]["id"], found["after"]["id"]]
    assert json.loads(counted("compare", *ids, "--json")[1]) == found
    assert json.loads(counted("compare", ids[0], ids[0], "--json")[1])["same"] is True


def test_what_cannot_be_compared_is_a_sentence(counted: Cli) -> None:
    assert counted("compare", "last")[0] == 2
    assert counted("compare", "last", "nothing")[0] == 4
    found = json.loads(counted("compare", "--last-good", "last", "--json")[1])
    code, _, err = counted("compare", "--last-good", found["before"]["id"])
    assert (code, "run.no_last_good" in err) == (4, True)


@pytest.mark.usefixtures("noon")
def test_grep_finds_log_lines_and_values(counted: Cli, settings: Settings) -> None:
    def places(*words: str) -> list[tuple[str, str]]:
        code, out, _ = counted("grep", *words, "--json")
        assert code == 0
        return [(match.get("path", ""), match["where"]) for match in json.loads(out)]

    assert places("exit code 7", "--in", "error")[0][0] == "each[3].check"
    assert set(places("seq $N")) == {("talk", "input")}
    assert places("SEQ") == []
    assert places("seq", "--workflow", "other") == []
    assert places("seq", "--status", "failed") == [("talk", "input")]
    assert places("seq", "--until", "yesterday") == []
    assert len(places("seq", "--limit", "1")) == 1
    assert counted("grep", "nowhere at all")[1] == "no matches\n"
    assert counted("grep", "")[0] == 2
    big = {"id": "big", "type": "set", "input": {"text": f"{'x' * BIG}Größe{'y' * BIG}"}}
    write_workflow(settings.tables, "large", big)
    assert counted("run", "large", "-q")[0] == 0
    found = json.loads(counted("grep", "größe", "--json")[1])
    assert {match["where"] for match in found} == {"input", "output"}
    assert all("Größe" in match["text"] and len(match["text"]) < 300 for match in found)


def test_stats_count_runs_steps_and_errors(counted: Cli) -> None:
    found = json.loads(counted("stats", "count", "--json")[1])
    assert found["total"] | {"p50": 0, "p95": 0} == {
        "runs": 2, "completed": 1, "failed": 1, "successRate": 0.5, "p50": 0, "p95": 0,
    }  # fmt: skip
    steps = {step["path"]: (step["times"], step["failed"]) for step in found["steps"]}
    assert steps["talk"] == (2, 0)
    assert steps["each.check"][1] == 1
    [error] = found["errors"]
    assert (error["runs"], "exit code 7" in error["message"]) == (1, True)
    out = counted("stats")[1]
    assert "all workflows since" in out
    assert "50%" in out
    assert counted("stats", "other")[1].startswith("no runs of other since ")
    assert counted("stats", "--since", "soon")[0] == 2


def test_a_run_is_given_away_as_a_file(
    counted: Cli, bare_cli: Cli, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = counted("export", "last")
    name = out.split()[0]
    assert (code, Path(name).exists(), name.endswith(".wfrun")) == (0, True, True)
    before = json.loads(counted("show", "last", "--json")[1])
    after = json.loads(counted("show", name, "--json")[1])
    assert after.pop("importedFrom") == name
    assert after == before
    assert counted("show", f"./{name}", "--logs")[1] == counted("show", "last", "--logs")[1]
    good = json.loads(counted("compare", "--last-good", "last", "--json")[1])["before"]["id"]
    found = json.loads(counted("compare", good, name, "--json")[1])
    assert (found["before"]["id"], found["after"]["id"]) == (good, before["id"])
    assert counted("export", "last")[0] == 1, "no file is replaced"
    assert counted("history", "import", name)[0] == 1, "the history has the run"
    other = ("--tables", str(settings.tables), "--db", str(tmp_path / "other.db"))
    assert json.loads(bare_cli("history", "import", name, "--json", *other)[1]) == {"runId": before["id"]}
    assert f"imported from {name}" in bare_cli("show", "last", *other)[1]
    assert counted("show", "./nothing.wfrun")[0] == 1
    (tmp_path / "bad.wfrun").write_text("hello")
    for words in (["show"], ["monitor"], []):
        code, _, err = counted(*words, "bad.wfrun")
        assert (code, "run_file.broken" in err) == (1, True)
    assert counted("monitor", "./nothing.wfrun")[0] == 1
    assert counted("monitor", "nothing")[0] == 4


@pytest.mark.parametrize("kind", ["html", "ndjson", "otlp"])
def test_a_run_is_exported_for_other_programs(counted: Cli, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "run"
    found = json.loads(counted("export", "last", "--format", kind, "-o", str(path), "--json")[1])
    text = path.read_text()
    assert (found["file"], found["bytes"]) == (str(path), len(text.encode()))
    assert {"html": "<!doctype html>", "ndjson": '{"seq":1,', "otlp": '{"resourceSpans"'}[kind] in text


def test_the_history_is_exported_as_rows_and_lines(counted: Cli) -> None:
    ids = [run["id"] for run in json.loads(counted("history", "--json")[1])["executions"]]
    rows = list(csv.DictReader(io.StringIO(counted("history", "--format", "csv")[1])))
    assert [row["id"] for row in rows] == ids
    lines = counted("history", "--format", "ndjson", "--status", "failed")[1].splitlines()
    assert [json.loads(line)["status"] for line in lines] == ["failed"]
    assert counted("history", "--format", "csv", "--json")[0] == 2


def test_runs_are_filtered_by_error_and_duration(counted: Cli) -> None:
    def found(*options: str) -> list[str]:
        code, out, _ = counted("history", *options, "--json")
        assert code == 0
        return [run["status"] for run in json.loads(out)["executions"]]

    assert found("--error", "exit_code") == ["failed"]
    assert found("--error", "exit") == found("--error", "exit_cod_") == found("--error", "%") == []
    assert found("--error", "exit_code", "--status", "completed", "--status", "failed") == ["failed"]
    assert found("--longer-than", "1ms") == ["failed", "completed"]
    assert found("--longer-than", "1h") == []
    assert counted("history", "--longer-than", "soon")[0] == 2
    assert counted("grep", "seq", "--error", "exit_code", "--json")[1].count('"where": "input"') == 1


def test_the_history_is_sorted_grouped_and_searched(counted: Cli) -> None:
    def found(*options: str) -> list[str]:
        code, out, _ = counted("history", *options, "--json")
        assert code == 0
        return [run["status"] for run in json.loads(out)["executions"]]

    assert found() == ["failed", "completed"]
    assert found("--sort", "started") == found("--sort", "status") == ["completed", "failed"]
    assert found("--contains", "seq", "--status", "failed") == ["failed"]
    assert found("--contains", "re:no(thing){2}") == found("--label", "env") == []
    assert counted("history", "--contains", "re:(")[0] == 2
    groups = json.loads(counted("history", "--group", "status", "--json")[1])
    assert {group["value"]: group["runs"] for group in groups["groups"]} == {"completed": 1, "failed": 1}
    code, out, _ = counted("history", "--group", "error")
    assert code == 0
    assert "exit_code" in out
    for refused in (["--format", "csv"], ["--cursor", "1~x"]):
        assert counted("history", "--group", "error", *refused)[0] == 2
    assert "1 of 2 runs" in counted("history", "--limit", "1")[1]
    groups = json.loads(counted("history", "--group", "status", "--contains", "seq", "--json")[1])["groups"]
    assert {group["value"]: group["runs"] for group in groups} == {"completed": 1, "failed": 1}
    assert counted("history", "--group", "status", "--contains", "nothing")[1] == "no runs match\n"
    few = json.loads(counted("history", "--group", "status", "--limit", "1", "--json")[1])["groups"]
    assert len(few) == 1
    assert "1 of 2 runs" in counted("history", "--contains", "seq", "--limit", "1")[1]


def test_items_in_another_order_are_compared_by_item(cli: Cli, settings: Settings) -> None:
    steps = {
        "id": "each",
        "type": "shell",
        "forEach": {"in": "inputs.items", "as": "it"},
        "input": {"script": "echo got $IT", "env": {"IT": "{{ it }}"}},
    }
    write_workflow(settings.tables, "many", steps, inputSchema={"properties": {"items": {"type": "array"}}})
    for items in (["a", "b", "c"], ["c", "a"]):
        assert cli("run", "many", "--input", json.dumps({"items": items}), "-q")[0] == 0
    ids = [run["id"] for run in json.loads(cli("history", "--json")[1])["executions"]]
    found = json.loads(cli("compare", ids[1], ids[0], "--json")[1])
    pairs = {(step.get("pathBefore", step["path"]), step["path"], step["relation"]) for step in found["steps"]}
    assert ("each[2]", "each[0]", "same") in pairs
    assert ("each[0]", "each[1]", "same") in pairs
    assert ("each[1]", "each[1]", "removed") in pairs
    same = [step for step in found["steps"] if step["path"].startswith("each[") and step["relation"] == "same"]
    assert all(step["input"] == step["output"] == step["log"] == [] for step in same)


def test_a_run_file_is_compared_with_itself_and_with_its_run(counted: Cli, tmp_path: Path) -> None:
    path = tmp_path / "run.wfrun"
    assert counted("export", "last", "-o", str(path))[0] == 0
    for other in (str(path), "last"):
        code, out, _ = counted("compare", str(path), other, "--json")
        assert (code, json.loads(out)["same"]) == (0, True)


def test_a_run_file_is_compared_with_the_last_good_run_of_the_history(counted: Cli, tmp_path: Path) -> None:
    path = tmp_path / "run.wfrun"
    assert counted("export", "last", "-o", str(path))[0] == 0
    expected = counted("compare", "--last-good", "last", "--json")[1]
    assert counted("compare", "--last-good", str(path), "--json") == (0, expected, "")


@pytest.mark.usefixtures("noon")
def test_saved_filters_are_narrowed_by_options(counted: Cli) -> None:
    code, _, err = counted("history", "--saved", "broken")
    assert (code, "there is no saved filter broken; saved: none" in err) == (4, True)
    assert counted("settings", "set", "history.filters.broken", 'status:failed since:"2 days ago"')[0] == 0

    def found(*options: str) -> list[str]:
        return [run["status"] for run in json.loads(counted("history", *options, "--json")[1])["executions"]]

    assert found("--saved", "broken") == ["failed"]
    assert found("--saved", "broken", "--status", "completed") == ["completed"]
    assert found("--saved", "broken", "--until", "yesterday") == []
    code, _, err = counted("history", "--saved", "broken", "--until", "3 days ago")
    assert (code, "no run can match these filters" in err) == (2, True), "together with what is saved"
    assert json.loads(counted("grep", "seq", "--saved", "broken", "--in", "input", "--json")[1])
    assert counted("settings", "set", "history.filters.odd", "since:soon")[0] == 0
    code, _, err = counted("history", "--saved", "odd")
    assert (code, "usage.filter" in err, "invalid time soon" in err) == (2, True, True)
    assert "did you mean broken" in counted("history", "--saved", "brokn")[2]


def test_log_lines_are_selected_by_stream_and_text(cli: Cli, settings: Settings) -> None:
    say = {"id": "say", "type": "shell", "input": {"script": "printf '\\033[31mred\\033[0m one\\ntwo\\n'"}}
    moan = {"id": "moan", "type": "shell", "needs": ["say"], "input": {"script": "echo one and bad >&2"}}
    write_workflow(settings.tables, "talk", say, moan)
    assert cli("run", "talk", "-q")[0] == 0

    def lines(*words: str) -> list[str]:
        code, out, _ = cli("show", "last", "--logs", *words)
        assert code == 0
        return [line.split("  ", 1)[1].strip() for line in out.splitlines()]

    assert lines() == ["say  red one", "say  two", "moan  one and bad"]
    assert lines("--stream", "stderr") == ["moan  one and bad"]
    assert lines("--text", "red one") == ["say  red one"]
    assert lines("--text", "ONE", "--stream", "stdout") == []
    assert lines("--text", "^(one|two)", "--regex") == ["say  two", "moan  one and bad"]
    (event,) = json.loads(cli("show", "last", "--logs", "--json", "--text", "red")[1])
    assert (event["message"], event["styles"]) == ("red one", [[0, 3, "31"]])
    assert [match["text"] for match in json.loads(cli("grep", "o.e$", "--regex", "--in", "log", "--json")[1])] == [
        "red one"
    ]


@pytest.mark.slow
def test_slow_patterns_search_long_log_lines_in_pieces(cli: Cli, settings: Settings) -> None:
    script = "printf '%5000s\\n' '' | tr ' ' a; echo one z"
    write_workflow(settings.tables, "talk", {"id": "say", "type": "shell", "input": {"script": script}})
    assert cli("run", "talk", "-q")[0] == 0
    begin = time.process_time()
    code, out, _ = cli("show", "last", "--logs", "--text", "[^x]*[^y]*z", "--regex")
    assert time.process_time() - begin < 60, "all ways at once take more than a hundred seconds"
    assert (code, len(out.splitlines()), "one z" in out) == (0, 1, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["show", "last", "--text", "x"], "usage.show"),
        (["show", "last", "--stream", "stderr"], "usage.show"),
        (["show", "last", "--logs", "--regex"], "usage.show"),
        (["show", "last", "--logs", "--text", "(", "--regex"], "usage.pattern"),
        (["grep", "(a+)+$", "--regex"], "usage.pattern"),
    ],
)
def test_log_options_without_a_meaning_are_refused(counted: Cli, words: list[str], code: str) -> None:
    status, _, err = counted(*words)
    assert (status, code in err) == (2, True)
