"""Running what was written down: the tests in policies, step by step, on a kernel made for each."""
