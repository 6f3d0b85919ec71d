"""`-i` for any schema and text: a valid reading, or a refusal with an example."""

import argparse
import json
import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from wftui.cli.inputs import read_inputs
from wftui.model.base import Json
from wftui.model.errors import UsageError

KINDS = ["null", "boolean", "integer", "number", "array", "object", "string"]
WORDS = {"yes": True, "no": False, "true": True, "false": False}
TEXTS = (
    "|1|-1|1.0|1e3|0x1|yes|True|null|None|a,b|1,2|[1,2]|[1,2|{|{}|{'a':1}|a=b|'a'|a, b|1,|yes,no|,|NaN|[[1],[2]]| 5|\t"
)


def around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        inner.map(lambda each: {"type": "array", "items": each}),
        inner.map(lambda each: {"type": ["array", "null"], "items": each, "minItems": 1}),
        inner.map(lambda each: {"allOf": [each]}),
        inner.map(lambda each: {"type": "object", "properties": {"a": each}, "required": ["a"]}),
    )


PLAIN = st.sampled_from(KINDS).map(lambda kind: {"type": kind})
SOME = st.lists(st.sampled_from(KINDS), min_size=1, max_size=3, unique=True)
SCHEMAS = st.recursive(
    st.one_of(
        PLAIN,
        SOME.map(lambda kinds: {"type": kinds}),
        SOME.filter(lambda kinds: len(kinds) > 1).map(lambda kinds: {"anyOf": [{"type": kind} for kind in kinds]}),
        st.lists(st.sampled_from([1, 2, True, None, "a", "1", 1.5]), min_size=1, max_size=3).map(lambda v: {"enum": v}),
        st.just({}),
    ),
    around,
    max_leaves=4,
)


def read(schema: Json, text: str) -> Json:
    whole = {"type": "object", "properties": {"x": {"$ref": "#/$defs/x"}}, "$defs": {"x": schema}}
    return read_inputs(argparse.Namespace(input=None, pairs=[f"x={text}"]), whole)["x"]


def refuse(constant: str) -> Json:
    """Refuse NaN and infinities, which Python reads and JSON does not know."""
    raise ValueError(constant)


def readings(text: str) -> Iterator[Json]:
    """The values that a person may mean by a text."""
    yield text
    with suppress(ValueError):
        yield json.loads(text, parse_constant=refuse)
    if text.strip().lower() in WORDS:
        yield WORDS[text.strip().lower()]


def lists(text: str) -> Iterator[Json]:
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    if not text.lstrip().startswith(("[", "{")):
        yield list(parts)
        yield [list(readings(part))[-1] for part in parts]


@settings(max_examples=200, deadline=None)
@given(SCHEMAS, st.one_of(st.sampled_from(TEXTS.replace("'", '"').split("|")), st.text("ab1,.-[]{} yesno", max_size=5)))
def test_what_a_person_types_is_meant_or_refused_with_an_example(schema: dict[str, Any], text: str) -> None:
    fits = jsonschema.Draft202012Validator(schema).is_valid
    possible = [each for each in (*readings(text), *lists(text)) if fits(each)]
    try:
        value = read(schema, text)
    except UsageError as error:
        assert possible == []
        example = re.search(r"write it like -i x=(.*)$", str(error), re.DOTALL)
        assert example is not None, str(error)
        assert fits(read(schema, shlex.split(example[1])[0])), str(error)
    else:
        assert fits(value) or possible == []
