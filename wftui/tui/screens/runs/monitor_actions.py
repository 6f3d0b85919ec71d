"""What can be done on the monitor, and by which keys."""

from wftui.tui.actions import Action

MONITOR_ACTIONS: tuple[Action, ...] = (
    Action("monitor.cancel", "Cancel", "Cancel the run, after asking; once more: at once.", ("c",), "Run"),
    Action("monitor.rerun", "Run again", "Run the workflow again, starting from these inputs.", ("r",), "Run"),
    Action(
        "monitor.rerun_from", "From here", "Run again from a step; shows first what is kept, and why.", ("R",), "Run"
    ),
    Action(
        "monitor.connect",
        "What is missing",
        "Show what the run lacked, and go where it is connected.",
        ("m",),
        "Run",
        footer=False,
    ),
    Action("monitor.resume", "Go on", "Go on with an interrupted run.", ("u",), "Run", footer=False),
    Action(
        "monitor.child",
        "Its run",
        "Open the run of the sub-workflow that the step started.",
        ("o",),
        "Run",
        footer=False,
    ),
    Action(
        "monitor.parent",
        "Run above",
        "Open the run that this one is a part of, or was run again from.",
        ("b",),
        "Run",
        footer=False,
    ),
    Action("monitor.edit", "Editor", "Open the workflow, at the step the cursor is on.", ("e",), "Run"),
    Action("monitor.copy", "Copy", "Copy the value or log line under the cursor.", ("y",), "Run"),
    Action("monitor.copy_log", "Copy log", "Copy all log lines that are shown.", ("ctrl+y",), "Log", footer=False),
    Action("monitor.search", "Search", "Search the log lines shown.", ("slash",), "Log"),
    Action(
        "monitor.playback", "Play back", "Play the run back from its start; again: pause or go on.", ("p",), "Playback"
    ),
    Action("monitor.follow", "Follow", "Keep up with the run: its step and the end of the log.", ("f",), "Run"),
    Action("monitor.filter", "Filter", "Show only log lines with a text in them.", ("t",), "Log"),
    Action("monitor.level", "Level", "Show only the graver log lines, level by level.", ("l",), "Log"),
    Action("monitor.step_log", "Of step", "Show the log of the selected step only, or of all.", ("s",), "Log"),
    Action("monitor.approve", "Approve", "Answer yes to the step that asks.", ("a",), "Run", footer=False),
    Action("monitor.reject", "Reject", "Answer no to the step that asks.", ("x",), "Run", footer=False),
    Action("monitor.copy_id", "Copy id", "Copy the run's id.", ("Y",), "Run", footer=False),
    Action(
        "monitor.copy_path",
        "Copy path",
        "Copy the path of the step under the cursor: its address in the run.",
        ("A",),
        "Run",
        footer=False,
    ),
    Action(
        "monitor.copy_command",
        "Copy as command",
        "Copy what the selected step did as a curl command, secrets masked.",
        ("C",),
        "Run",
        footer=False,
    ),
    Action("monitor.steps", "Steps", "Show the steps.", ("1",), "Panes", footer=False),
    Action("monitor.logs", "Logs", "Show the log.", ("2",), "Panes", footer=False),
    Action("monitor.results", "Results", "Show the outputs.", ("3",), "Panes", footer=False),
    Action("monitor.canvas", "Canvas", "Show the workflow as a graph.", ("4",), "Panes", footer=False),
    Action("monitor.zoom", "Zoom", "Give the pane all the room, or back.", ("z",), "Panes", footer=False),
    Action("monitor.next_failure", "Next failure", "Go to the next failed step.", ("d",), "Steps", footer=False),
    Action("monitor.faults", "Failures only", "Show only failed steps, or all.", ("F",), "Steps", footer=False),
    Action("monitor.open_all", "Open all", "Open every step of the tree; again: close.", ("O",), "Steps", footer=False),
    Action("monitor.next_match", "Next match", "Go to the next line found.", ("n",), "Log", footer=False),
    Action("monitor.previous_match", "Match before", "Go to the line found before.", ("N",), "Log", footer=False),
    Action("monitor.fold", "Fold", "Fold long log lines, or let them run out of view.", ("w",), "Log", footer=False),
    Action("monitor.back", "Event before", "Play back: one event back.", ("comma",), "Playback", footer=False),
    Action("monitor.forward", "Next event", "Play back: one event on.", ("full_stop",), "Playback", footer=False),
    Action("monitor.slower", "Slower", "Play back at half the speed.", ("less_than_sign",), "Playback", footer=False),
    Action(
        "monitor.faster", "Faster", "Play back at twice the speed.", ("greater_than_sign",), "Playback", footer=False
    ),
    Action(
        "monitor.now", "To the present", "Leave the playback: show the run as it is.", ("P",), "Playback", footer=False
    ),
)
"""The footer shows the first of them."""
