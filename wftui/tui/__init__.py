"""The screen face: a Textual app over the workbench. `app` is wiring; `screens/` and `widgets/` hold one thing each."""
