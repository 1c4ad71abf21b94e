"""Deciding: every control of the lineage is asked, one denial denies, and the reason is kept (Model M2)."""
