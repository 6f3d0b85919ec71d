"""The rest of a name that is being typed into an expression."""

import pytest

from wftui.compiler.editing.completion import completion
from wftui.compiler.editing.reach import Reach

NAMES = [
    Reach("item", ""),
    Reach("inputs.user", ""),
    Reach("inputs.url", ""),
    Reach("steps.fetch.output", ""),
    Reach("steps.fetch.output.rows[0].id", ""),
    Reach("range()", ""),
    Reach("| upper", "", is_filter=True),
]


@pytest.mark.parametrize(
    ("before", "after", "rest"),
    [
        ("{{ i", "", "tem"),
        ("{{ inputs.u", "", "ser"),
        ("{{ inputs.ur", " }}", "l"),
        ("Dear {{ steps.f", "", "etch.output"),
        ("{{ steps.fetch.output", "", " }}"),
        ("{{ steps.fetch.output", " }}", ""),
        ("{{ steps.fetch.output.rows[0]", "", ".id"),
        ("{{ item + inputs.us", "", "er"),
        ("{{ ra", "", "nge"),
        ("{{ item | up", "", "per"),
        ("{{ item |up", "", "per"),
        ("{{ item | upper", "", ""),
        ("{{ up", "", ""),
        ("{{ item }} and i", "", ""),
        ("item", "", ""),
        ("{{ 'text in", "", ""),
        ("{{ 'a' ~ in", "", "puts.user"),
        ("{{ ", "", ""),
        ("{{ inp", "uts", ""),
        ("", "", ""),
    ],
)
def test_name_is_completed(before: str, after: str, rest: str) -> None:
    assert completion(before, after, NAMES, bare=False) == rest


def test_bare_expression_needs_no_braces() -> None:
    assert completion("inputs.u", "", NAMES, bare=True) == "ser"
    assert completion("inputs.user", "", NAMES, bare=True) == ""
