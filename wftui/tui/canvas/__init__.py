"""The workflow canvas: a layered layout of the graph as pure functions, and the widget that draws it."""
