"""What one rule of the checker finds in texts, whatever else is found there."""

from collections.abc import Mapping

from nslsm.diagnostics import Diagnostic
from tests.language.check.memory import checked, shown


def found(code: str, text: str, modules: Mapping[str, str] | None = None) -> list[Diagnostic]:
    """The findings of ``code`` in module ``case`` with ``text``, which must be without an error."""
    result = checked(text, modules)
    assert not result.errors, shown(result)
    return [each for each in result.diagnostics if each.code.name == code]


def places(code: str, text: str, modules: Mapping[str, str] | None = None) -> list[str]:
    """The words that the findings of ``code`` point at."""
    texts = {"case.nslsm": text, **{f"{name}.nslsm": other for name, other in (modules or {}).items()}}
    spans = [each.span for each in found(code, text, modules)]
    return [texts[span.source][span.start : span.end] for span in spans if span is not None]
