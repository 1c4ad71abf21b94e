"""Scenarios: a process tree, its namespaces, what its tasks do and what is expected, run on a simulated machine."""
