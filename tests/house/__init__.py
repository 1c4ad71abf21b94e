"""Claims about the project as a whole: its build, its layers, its documents, its tools' verdicts."""
