"""The workflow canvas: graph layout, drawings, and the widgets that show them."""
