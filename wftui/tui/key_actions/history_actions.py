"""Actions of the history screen."""

from wftui.model.history_query import STATUSES
from wftui.tui.actions import Action

MOST_SELECTED = 1_000
_STATUS_ACTIONS = tuple(
    Action(
        f"history.status_{number}",
        status.capitalize(),
        f"Show or hide {status} runs.",
        (str(number),),
        "Filter",
        footer=False,
    )
    for number, status in enumerate(STATUSES, 1)
)
HISTORY_ACTIONS: tuple[Action, ...] = (
    Action("history.open", "Open", "Show the run.", ("enter",), "Run"),
    Action("history.rerun", "Rerun", "Start a new run with the inputs of this one.", ("r",), "Run"),
    Action("history.edit", "Editor", "Open the workflow of the run.", ("e",), "Run", footer=False),
    Action("history.copy_id", "Copy id", "Copy the id of the run.", ("y",), "Run", footer=False),
    Action("history.mark", "Mark", "Mark the run to compare another with it.", ("m",), "Compare", footer=False),
    Action(
        "history.compare",
        "Compare",
        "Compare the run with the marked one, or with the last completed one before.",
        ("c",),
        "Compare",
    ),
    Action("history.statistics", "Statistics", "Show statistics of the workflow, or of all.", ("s",), "History"),
    Action("history.grep", "Search", "Search logs and values of the runs shown.", ("l",), "History"),
    Action("history.export", "Export", "Write the run to a file.", ("x",), "Run", footer=False),
    Action("history.import", "Import", "Import a run from a file into the history.", ("i",), "History", footer=False),
    Action(
        "history.show_file",
        "Show file",
        "Show a run file without importing it.",
        ("I",),
        "History",
        footer=False,
    ),
    Action("history.filter", "Filter", "Edit the filters.", ("slash",), "Filter"),
    Action("history.faults", "Failures", "Show only failed and interrupted runs, or all.", ("f",), "Filter"),
    Action("history.workflow", "This workflow", "Show only runs of this workflow, or all.", ("w",), "Filter"),
    Action("history.all", "Clear", "Clear all filters.", ("backspace",), "Filter", footer=False),
    *_STATUS_ACTIONS,
    Action("history.saved", "Saved filters", "Choose a saved or recent filter, or save this one.", ("F",), "Filter"),
    Action("history.group", "Group", "Count the runs by workflow, status, error or user.", ("b",), "Filter"),
    Action("history.sort", "Sort", "Sort by a column.", ("o",), "History"),
    Action("history.columns", "Columns", "Choose the columns.", ("v",), "History", footer=False),
    Action("history.select", "Select", "Select the run for an action on many.", ("space",), "Many runs", footer=False),
    Action(
        "history.select_all",
        "Select all",
        f"Select the runs that match, at most {MOST_SELECTED:,}, or none.",
        ("a",),
        "Many runs",
        footer=False,
    ),
    Action(
        "history.bulk",
        "Act on selected",
        "Rerun, cancel, export or remove the selected runs, after a preview.",
        ("M",),
        "Many runs",
    ),
    Action("history.cleanup", "Clean up", "Remove old runs, after a preview.", ("delete", "D"), "History"),
    Action("history.refresh", "Refresh", "Reload the history.", ("ctrl+r",), "History", footer=False),
)

NEED_ONE: frozenset[str] = frozenset(
    {
        *("history.open", "history.rerun", "history.edit", "history.copy_id"),
        *("history.workflow", "history.mark", "history.compare", "history.export", "history.select"),
    }
)
"""Actions that need a run under the cursor."""
LOCAL: frozenset[str] = frozenset(
    {"history.edit", "history.export", "history.import", "history.show_file", "history.cleanup"}
)
"""Actions that need the files of the machine."""
