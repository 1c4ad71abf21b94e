"""Decisions into records, in one place: what is recorded, how it is encoded, and where it goes."""
