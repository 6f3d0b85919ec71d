"""A run on the screen: its header, its steps over time, one step in detail, the answer to an approval."""
