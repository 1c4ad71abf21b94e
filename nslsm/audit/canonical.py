"""Canonical JSON: one text for one value, and none that steers a terminal (Model M6.2, Trust)."""

import json


def canonical_json(value: object) -> str:
    r"""A JSON value as one line: keys sorted, no spaces, everything but printable ASCII escaped.

    >>> print(canonical_json({"b": 1, "a": "é\x7f"}))
    {"a":"\u00e9\u007f","b":1}
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.replace("\x7f", "\\u007f")
