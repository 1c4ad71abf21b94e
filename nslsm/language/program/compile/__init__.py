"""Programs as generated Python functions: what the reference answers, many times as fast, or no answer at all."""
