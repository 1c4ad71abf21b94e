"""Decisions as a person wants to read them: summaries, tables, verdicts in full."""
