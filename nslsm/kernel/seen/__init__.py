"""Hooks that a real kernel was seen to call, one by one: what recordings of them hold, and how their fields are read."""
