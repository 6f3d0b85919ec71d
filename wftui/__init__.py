"""wftui: a terminal workbench for workflows.

ARCHITECTURE.md describes the layers and their rules.
"""

from typing import NoReturn

__version__ = "0.2.0.dev0"


def fail(type: str, message: str, details: object = None) -> NoReturn:
    """Fail the `python` step that runs this code.

    Args:
        type: dotted words of your own, such as `stock.empty`.
        details: JSON for `steps.x.error.details`.

    Raises:
        WorkflowError: always.
    """
    # Late, so that importing wftui stays cheap.
    from wftui.runtime.error_types import own_error

    raise own_error(str(type), str(message), details)
