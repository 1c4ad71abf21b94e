"""The command line: one file for each verb; main gathers them, console knows the terminal."""
