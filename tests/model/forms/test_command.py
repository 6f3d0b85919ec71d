"""The command for a filled-in form, parsed again by the command line."""

import argparse
import shlex

from hypothesis import given
from hypothesis import strategies as st

from wftui.cli.inputs import read_inputs
from wftui.model.base import Json
from wftui.model.forms.building import form_of
from wftui.model.forms.command import PLACEHOLDER, run_command
from wftui.model.forms.state import build_form
from wftui.model.schema.json_schema import MISSING


def command(schema: Json, value: Json = MISSING) -> str:
    return run_command(["wftui", "run", "flow"], build_form(form_of(schema), value))


def read_back(schema: Json, line: str) -> dict[str, Json]:
    wftui, run, workflow, *words = shlex.split(line)
    assert [wftui, run, workflow] == ["wftui", "run", "flow"]
    parser = argparse.ArgumentParser()
    parser.add_argument("-i", dest="pairs", action="append", default=[])
    parser.add_argument("--input")
    return read_inputs(parser.parse_args(words), schema)


def test_command_has_only_inputs_that_differ_from_defaults() -> None:
    schema = {"properties": {"repo": {"type": "string", "default": "."}, "weeks": {"type": "integer", "default": 12}}}
    assert command(schema) == "wftui run flow"
    assert command(schema, {"repo": "my repo", "weeks": 4}) == "wftui run flow -i repo='my repo' -i weeks=4"


def test_secrets_are_never_in_it() -> None:
    secret = {"type": "string", "writeOnly": True}
    schema = {"properties": {"token": secret, "login": {"properties": {"key": secret, "user": {"type": "string"}}}}}
    line = command(schema, {"token": "hunter2!", "login": {"key": "hunter3!", "user": "ann"}})
    assert "hunter" not in line
    assert line == f"""wftui run flow -i token={PLACEHOLDER} -i login='{{"key":"{PLACEHOLDER}","user":"ann"}}'"""


SCHEMA: Json = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "maybe": {"type": ["string", "null"]},
        "count": {"type": "integer"},
        "yes": {"type": "boolean"},
        "any": {},
        "either": {"type": ["string", "integer"]},
        "list": {"type": "array", "items": {"type": "string"}},
        "group": {"type": "object", "properties": {"a": {"type": "string"}}},
        "odd=name": {"type": "string"},
    },
    "additionalProperties": True,
}
TEXT = st.text(max_size=8) | st.sampled_from(
    ["null", "@file", "5", '"q"', "{", "a b", "$(x)", "it's", "a\nb", "-", "true"]
)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "text": TEXT,
        "maybe": TEXT | st.none(),
        "count": st.integers(),
        "yes": st.booleans(),
        "any": TEXT | st.none() | st.integers() | st.lists(TEXT, max_size=2),
        "either": TEXT | st.integers(),
        "list": st.lists(TEXT.filter(bool), min_size=1, max_size=3),
        "group": st.fixed_dictionaries({"a": TEXT}),
        "odd=name": TEXT,
        "unknown": TEXT,
    },
)


@given(VALUES)
def test_command_line_reads_the_same_inputs(value: dict[str, Json]) -> None:
    assert read_back(SCHEMA, command(SCHEMA, value)) == value
