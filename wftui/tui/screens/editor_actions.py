"""What can be done in the editor."""

from wftui.tui.actions import Action

EDITOR_ACTIONS: tuple[Action, ...] = (
    Action("editor.save", "Save", "Save and compile.", ("f2", "ctrl+s"), "Workflow"),
    Action("editor.run", "Run", "Save, compile, ask for the inputs and run.", ("f5", "r"), "Workflow"),
    Action("editor.edit_step", "Step", "Change the step at the cursor by a form.", ("f3", "i"), "Steps"),
    Action(
        "editor.add_step",
        "Add",
        "Pick a step type, fill it in, and add it after the step at the cursor.",
        ("ctrl+n", "a"),
        "Steps",
    ),
    Action("editor.next_problem", "Problem", "Go to the next problem.", ("f8", "right_square_bracket"), "Problems"),
    Action("editor.fix", "Fix", "Apply the fix of the problem under the cursor.", ("f4", "x"), "Problems"),
    Action("editor.next_pane", "Pane", "Go to the next pane.", ("f6",), "Panes"),
    Action("editor.previous_pane", "Pane before", "Go to the pane before.", ("f7",), "Panes", footer=False),
    Action(
        "editor.previous_problem",
        "Problem before",
        "Go to the problem before.",
        ("left_square_bracket", "shift+f8"),
        "Problems",
        footer=False,
    ),
    Action("editor.steps", "Steps", "Show the list of steps.", ("1",), "Panes", footer=False),
    Action("editor.source", "Source", "Show the source, workflow.json.", ("2",), "Panes", footer=False),
    Action("editor.canvas", "Canvas", "Show the steps as a graph.", ("3",), "Panes", footer=False),
    Action("editor.python", "Python", "Show the Python it compiles to.", ("4",), "Panes", footer=False),
    Action("editor.problems", "Problems", "Show what is wrong with it.", ("5",), "Panes", footer=False),
    Action("editor.undo", "Undo", "Take the last change back.", ("ctrl+z", "u"), "Text", footer=False),
    Action("editor.redo", "Redo", "Make the change taken back last again.", ("ctrl+y", "U"), "Text", footer=False),
    Action(
        "editor.paste_command",
        "Paste command",
        "Make a step of a curl command, after the step at the cursor.",
        ("P",),
        "Steps",
        footer=False,
    ),
    Action(
        "editor.copy_command",
        "Copy as command",
        "Copy the step at the cursor as a curl command, secrets masked.",
        ("y",),
        "Steps",
        footer=False,
    ),
    Action("editor.runs", "History", "Show the runs of this workflow.", ("H",), "Workflow", footer=False),
    Action(
        "editor.lock_tools",
        "Lock tools",
        "Ask the MCP servers of this workflow for their tools, and check their use from then on.",
        ("L",),
        "Workflow",
        footer=False,
    ),
    Action("editor.edit_outside", "$EDITOR", "Open workflow.json in your editor.", ("o",), "Workflow", footer=False),
    Action("editor.reload", "Reload", "Read the file again.", ("f9",), "Workflow", footer=False),
)
"""In the order of the footer."""
