"""The composition root: what the command line does, a program can do. Policies are loaded, recordings are judged."""
