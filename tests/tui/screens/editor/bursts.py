"""Keys that arrive at once."""

from textual import events

from wftui.tui.app import WftuiApp


def burst(app: WftuiApp, *keys: str) -> None:
    """Press keys at once, as they arrive over a slow line."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))
