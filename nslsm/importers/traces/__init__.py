"""Traces of programs that ran, whichever tool wrote them: text to events and findings."""
