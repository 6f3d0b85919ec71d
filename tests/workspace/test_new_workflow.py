"""Templates of new workflows."""

from typing import get_args

import pytest
from compiler.compiler_helpers import check

from wftui.workspace.new_workflow import TEMPLATES, Template, new_source


@pytest.mark.parametrize("template", TEMPLATES)
def test_template_compiles_without_findings(template: Template) -> None:
    result = check(new_source("flow", template))
    assert (result.success, result.errors, result.warnings) == (True, [], [])


def test_each_template_is_described() -> None:
    assert set(TEMPLATES) == set(get_args(Template))
