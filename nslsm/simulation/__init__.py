"""Running things in the simulated kernel: tests of policies, recordings, scenarios."""
