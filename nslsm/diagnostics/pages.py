"""The pages about findings: what each code means, why it matters, what to do."""

import re
from dataclasses import dataclass

from nslsm.resources import cases_root


@dataclass(frozen=True, slots=True)
class Explanation:
    """The page about one code."""

    code: str
    text: str
    """The whole page, in Markdown."""

    @property
    def why(self) -> str:
        """Its first paragraph, on one line: what is wrong, and why that matters."""
        _, _, rest = self.text.partition("\n\n")
        return " ".join(rest.partition("\n\n")[0].split())

    @property
    def first_sentence(self) -> str:
        """What fits into a list."""
        found = re.match(r".*?[.!?:](?=\s|$)", self.why)
        return self.why if found is None else found[0].rstrip(":")


def explained_codes() -> tuple[str, ...]:
    """The codes that have a page, sorted. Raises :class:`~nslsm.resources.MissingData` where there are no pages."""
    return tuple(sorted(path.stem for path in cases_root().glob("*.md")))


def explanation(code: str) -> Explanation | None:
    """The page about ``code``, None where there is none.

    >>> explanation("unknown-hook").code
    'unknown-hook'
    """
    if code not in explained_codes():
        return None
    return Explanation(code, (cases_root() / f"{code}.md").read_text(encoding="utf-8"))
