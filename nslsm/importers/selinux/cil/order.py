"""Orders of classes, categories, sensitivities and initial SIDs: several statements give one order together."""

from collections.abc import Sequence


class Unordered(Exception):
    """Orders that do not fit together; ``order`` is the first that does not."""

    def __init__(self, order: Sequence[str]) -> None:
        super().__init__(f"`{' '.join(order[:6])}` does not fit the orders given elsewhere")
        self.order = order


def merged(orders: Sequence[Sequence[str]]) -> list[str]:
    """One order of all. Each shares a name with those before it, and leaves no doubt where its others go.

    >>> merged([["a", "b"], ["b", "c"]]), merged([["b", "c"], ["a", "b"]]), merged([["a", "c"], ["a", "b", "c"]])
    (['a', 'b', 'c'], ['a', 'b', 'c'], ['a', 'b', 'c'])
    """
    whole: list[str] = []
    left = [list(each) for each in orders if each]
    while left:
        later = []
        for each in left:
            made = _with(whole, each)
            if made is None:
                later.append(each)
            else:
                whole = made
        if len(later) == len(left):
            raise Unordered(later[0])
        left = later
    return whole


def _with(old: list[str], new: list[str]) -> list[str] | None:
    """The old order with the new one in it; None where they share nothing yet, or contradict one another."""
    if not old:
        return list(new)
    known = {name: place for place, name in enumerate(old)}
    start = next((place for place, name in enumerate(new) if name in known), None)
    if start is None or (start and known[new[start]]):
        return None
    places = {name: place for place, name in enumerate(new)}
    made = [*new[:start], *old[: known[new[start]] + 1]]
    at, there = start + 1, known[new[start]] + 1
    while at < len(new) and there < len(old):
        if new[at] == old[there]:
            made.append(old[there])
            at, there = at + 1, there + 1
        elif places.get(old[there], -1) > at:
            made += new[at : places[old[there]] + 1]
            at, there = places[old[there]] + 1, there + 1
        elif known.get(new[at], -1) > there:
            made += old[there : known[new[at]] + 1]
            at, there = at + 1, known[new[at]] + 1
        else:
            return None
    made += new[at:] or old[there:]
    return made if len(set(made)) == len(made) else None
