"""Searches for a break of a claim."""
