"""Built-in functions, once more: of paths, sets, and security contexts as texts."""

from collections.abc import Sequence
from itertools import pairwise

from tests.laws.second_evaluator.doubt import Judged


def built_in(name: str, given: Sequence[Judged]) -> Judged:
    """What a built-in function makes of known values."""
    first = given[0]
    match name:
        case "size":
            return len(first)
        case "basename":
            return first.rpartition("/")[2]
        case "dirname":
            return first.rpartition("/")[0] or "/"
        case "context_user" | "context_role" | "context_type" | "context_low" | "context_high":
            return _parts(first)[["user", "role", "type", "low", "high"].index(name.removeprefix("context_"))]
        case "context_of":
            user, role, type_, low, high = given
            levels = [each for each in dict.fromkeys((low, high)) if each]
            return ":".join(
                [user, role, type_, *(["-".join(levels if low or not high else ["", high])] if levels else [])]
            )
        case "level_sensitivity":
            return first.split(":")[0] if _categories(first) is not None else ""
        case "level_categories":
            return frozenset(_categories(first) or ())
        case "level_of":
            return _level(first, given[1])
    raise AssertionError(name)


def _parts(text: str) -> tuple[str, str, str, str, str]:
    parts = text.split(":")
    nothing = ("", "", "", "", "")
    if len(parts) < 3 or not all(parts[:3]):
        return nothing
    if len(parts) == 3:
        return (parts[0], parts[1], parts[2], "", "")
    levels = ":".join(parts[3:]).split("-", 1)
    if any(_categories(each) is None for each in levels):
        return nothing
    return (parts[0], parts[1], parts[2], levels[0], levels[-1])


def _categories(level: str) -> set[str] | None:
    """The categories of a level; None where it is none."""
    if level.startswith(":") or not level:
        return None
    if ":" not in level:
        return set()
    found = set()
    for part in level.split(":", 1)[1].split(","):
        ends = part.split(".", 1)
        if len(ends) == 1:
            found.add(part)
            continue
        (stem, low), (other, high) = map(_numbered, ends)
        if stem != other or low is None or high is None or low > high:
            return None
        found |= {f"{stem}{number}" for number in range(low, high + 1)}
    return None if "" in found else found


def _numbered(name: str) -> tuple[str, int | None]:
    digits = len(name) - len(name.rstrip("0123456789"))
    while digits > 1 and name[-digits] == "0":
        digits -= 1
    return (name[: len(name) - digits], int(name[len(name) - digits :])) if digits else (name, None)


def _level(sensitivity: str, categories: frozenset[str]) -> str:
    ordered = sorted(
        categories, key=lambda name: (_numbered(name)[0], -1 if _numbered(name)[1] is None else _numbered(name)[1])
    )
    runs: list[list[str]] = [[each] for each in ordered[:1]]
    for before, after in pairwise(ordered):
        (stem, number), (other, following) = _numbered(before), _numbered(after)
        if stem == other and number is not None and following == number + 1:
            runs[-1].append(after)
        else:
            runs.append([after])
    spans = [",".join(run) if len(run) < 3 else f"{run[0]}.{run[-1]}" for run in runs]
    return f"{sensitivity}:{','.join(spans)}" if spans else sensitivity
