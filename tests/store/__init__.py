"""Tests of `wftui/store`; its folders follow the rooms."""
