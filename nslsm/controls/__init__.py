"""Controls: programs of the language, and the few that the language cannot say, behind one protocol."""
