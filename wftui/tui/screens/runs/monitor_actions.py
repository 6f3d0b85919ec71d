"""Actions of the monitor."""

from wftui.tui.actions import Action

MONITOR_ACTIONS: tuple[Action, ...] = (
    Action("monitor.cancel", "Cancel", "Cancel the run, after confirmation; again to force it.", ("c",), "Run"),
    Action("monitor.rerun", "Run again", "Run the workflow again with these inputs.", ("r",), "Run"),
    Action(
        "monitor.rerun_from", "Rerun from here", "Rerun from the selected step, after showing the plan.", ("R",), "Run"
    ),
    Action(
        "monitor.connect",
        "Missing",
        "Show the missing requirements and how to provide them.",
        ("m",),
        "Run",
        footer=False,
    ),
    Action("monitor.resume", "Resume", "Resume an interrupted run.", ("u",), "Run", footer=False),
    Action(
        "monitor.child",
        "Child run",
        "Open the run of the sub-workflow started by the step.",
        ("o",),
        "Run",
        footer=False,
    ),
    Action(
        "monitor.parent",
        "Parent run",
        "Open the run that started this one, or that it is a rerun of.",
        ("b",),
        "Run",
        footer=False,
    ),
    Action("monitor.edit", "Editor", "Open the workflow at the selected step.", ("e",), "Run"),
    Action("monitor.copy", "Copy", "Copy the selected value or log line.", ("y",), "Run"),
    Action("monitor.copy_log", "Copy log", "Copy all log lines shown.", ("ctrl+y",), "Log", footer=False),
    Action("monitor.search", "Search", "Search the log lines shown.", ("slash",), "Log"),
    Action(
        "monitor.playback",
        "Play back",
        "Play the run back from its start; again to pause or continue.",
        ("p",),
        "Playback",
    ),
    Action("monitor.follow", "Follow", "Follow the current step and the end of the log.", ("f",), "Run"),
    Action("monitor.filter", "Filter", "Show only log lines that contain a text.", ("t",), "Log"),
    Action("monitor.level", "Level", "Raise the minimum log level shown.", ("l",), "Log"),
    Action("monitor.step_log", "Step log", "Show only the log of the selected step, or of all.", ("s",), "Log"),
    Action("monitor.approve", "Approve", "Approve the waiting step.", ("a",), "Run", footer=False),
    Action("monitor.reject", "Reject", "Reject the waiting step.", ("x",), "Run", footer=False),
    Action("monitor.copy_id", "Copy id", "Copy the id of the run.", ("Y",), "Run", footer=False),
    Action(
        "monitor.copy_path",
        "Copy path",
        "Copy the path of the selected step.",
        ("A",),
        "Run",
        footer=False,
    ),
    Action(
        "monitor.copy_command",
        "Copy as command",
        "Copy the selected step as a curl command with masked secrets.",
        ("C",),
        "Run",
        footer=False,
    ),
    Action("monitor.steps", "Steps", "Show the steps.", ("1",), "Panes", footer=False),
    Action("monitor.logs", "Logs", "Show the log.", ("2",), "Panes", footer=False),
    Action("monitor.results", "Results", "Show the outputs.", ("3",), "Panes", footer=False),
    Action("monitor.canvas", "Canvas", "Show the workflow as a graph.", ("4",), "Panes", footer=False),
    Action("monitor.zoom", "Zoom", "Maximize the pane, or restore it.", ("z",), "Panes", footer=False),
    Action("monitor.next_failure", "Next failure", "Go to the next failed step.", ("d",), "Steps", footer=False),
    Action("monitor.faults", "Failures only", "Show only failed steps, or all.", ("F",), "Steps", footer=False),
    Action(
        "monitor.open_all", "Expand all", "Expand all steps; again to collapse them.", ("O",), "Steps", footer=False
    ),
    Action("monitor.next_match", "Next match", "Go to the next match.", ("n",), "Log", footer=False),
    Action("monitor.previous_match", "Previous match", "Go to the previous match.", ("N",), "Log", footer=False),
    Action("monitor.fold", "Wrap", "Wrap long log lines, or cut them.", ("w",), "Log", footer=False),
    Action("monitor.back", "Previous event", "Step the playback one event back.", ("comma",), "Playback", footer=False),
    Action(
        "monitor.forward",
        "Next event",
        "Step the playback one event forward.",
        ("full_stop",),
        "Playback",
        footer=False,
    ),
    Action(
        "monitor.slower", "Slower", "Halve the speed of the playback.", ("less_than_sign",), "Playback", footer=False
    ),
    Action(
        "monitor.faster",
        "Faster",
        "Double the speed of the playback.",
        ("greater_than_sign",),
        "Playback",
        footer=False,
    ),
    Action(
        "monitor.now",
        "To the present",
        "End the playback and show the current state.",
        ("P",),
        "Playback",
        footer=False,
    ),
)
"""The footer shows the first of them."""
