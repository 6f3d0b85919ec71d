"""The question for the pool of a run."""

from collections.abc import Iterable
from dataclasses import dataclass

from wftui.model.errors import UserError
from wftui.model.workflow.identifiers import HERE, pool_problem
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.services import AppServices


@dataclass
class PoolChoice:
    """Pool of a run as chosen in its form.

    Attributes:
        pool: of the steps that can run on workers, or `here`; None: as the workflow says.
        offered: whether the form offers the choice.
    """

    pool: str | None = None
    offered: bool = False


def pool_prompt(pool: str | None, used: Iterable[str]) -> PromptScreen:
    """Return the question for the pool of a run; an empty answer is none.

    Args:
        pool: what was chosen before.
        used: the pools that the workflow names.
    """
    names = ", ".join(sorted(set(used)))
    hint = f"a pool of workers, or {HERE}; empty: {f'as the workflow says ({names})' if names else HERE}"
    return PromptScreen("Where the steps run", pool or "", hint, lambda text: pool_problem(text) if text else None)


def has_workers(app: AppServices) -> bool:
    """Return whether workers of this machine's settings can be reached."""
    return app.workbench.server is None and app.workbench.settings.workers is not None


async def run_in_pool(app: AppServices, workflow_id: str) -> None:
    """Ask for the pool of a workflow's steps, then run it."""
    try:
        outline = await app.workbench.workflows.head(workflow_id)
    except UserError as error:
        app.show_error(error, "Run not started")
        return
    pool = await app.push_screen_wait(pool_prompt(None, outline.pools.values()))
    if pool is not None:
        app.open_run_form(workflow_id, pool=pool or None)
