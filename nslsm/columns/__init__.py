"""Recordings in columns: run through the kernel once, judged by any policy from there (ADR 0022).

What Linux did and asked in a recording does not hang on a policy but in a few places. So it is worked out once and written
down (:mod:`nslsm.columns.encode`), and put before the engine as often as anybody likes (:mod:`nslsm.columns.stage`).
"""
