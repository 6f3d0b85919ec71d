"""The run monitor: header, timeline, step details, playback, approvals."""
