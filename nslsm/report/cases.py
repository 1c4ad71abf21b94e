"""Results of the tests in policies: which passed, and of those that did not, which step, where and why."""

from collections.abc import Iterable

from nslsm.diagnostics.sources import Sources
from nslsm.report.excerpt import Mark, show
from nslsm.report.page import Fitted, Page, Part
from nslsm.report.styles import DENIED, DIM, GRANTED, GUTTER, HEADING, STRONG
from nslsm.report.summary import count
from nslsm.report.vector import show_vectors
from nslsm.simulation.cases import Failure, Result


def render_results(results: Iterable[Result], sources: Sources | None = None, *, verbose: bool = False) -> Fitted:
    """The results by module; tests that passed are named with ``verbose`` only, or else counted."""
    known = tuple(results)
    texts = Sources() if sources is None else sources

    def write(page: Page) -> None:
        for module in dict.fromkeys(result.case.module for result in known):
            _module(page, module, [result for result in known if result.case.module == module], texts, verbose=verbose)
        page.gap()
        page.line(*_total(known))

    return Fitted(write)


def render_failures(result: Result, sources: Sources) -> Fitted:
    """What did not hold of one test, without its title."""
    return Fitted(lambda page: _failures(page, result, sources))


def _failures(page: Page, result: Result, sources: Sources) -> None:
    for number, failure in enumerate(result.failures):
        if number:
            page.gap()
        show_failure(page, failure, sources)


def _module(page: Page, module: str, results: list[Result], sources: Sources, *, verbose: bool) -> None:
    passed = sum(result.passed for result in results)
    style = GRANTED if passed == len(results) else DENIED
    page.line((module, HEADING), "  ", (f"{passed} of {count(len(results), 'test')} passed", style))
    for result in results:
        if not result.passed:
            page.gap()
        if result.passed and verbose:
            page.line(("passed ", GRANTED), result.case.title, indent=2, hang=7)
        if not result.passed:
            page.line(("FAILED ", DENIED), (result.case.title, STRONG), indent=2, hang=7)
            _failures(page, result, sources)


def show_failure(page: Page, failure: Failure, sources: Sources) -> None:
    """What did not hold of one step: where it stands, what was expected, what came, and who said what."""
    span = failure.step.span
    text = sources.texts.get(span.source)
    page.line(("  --> ", GUTTER), span.place, indent=4)
    gutter = 4
    if text is not None and 0 <= span.start < span.end <= len(text):
        end = text.find("\n", span.start, span.end)
        mark = Mark(span.start, span.end if end < 0 else end, "", DENIED)
        gutter = show(page, text, [mark], [(span.start, span.end)], indent=4) - 4
    bullet = (f"{' ' * gutter}= ", GUTTER)
    if failure.problem:
        page.line(bullet, failure.problem, indent=4, hang=gutter + 2)
    for expected, came in failure.mismatches:
        page.line(bullet, ("expected ", DIM), (expected, STRONG), indent=4, hang=gutter + 11)
        page.line(" " * (gutter + 2), ("got      ", DIM), (came, DENIED), indent=4, hang=gutter + 11)
    decision = failure.decision
    if decision is not None and decision.blame is not None and decision.blame.opinion and decision.blame.reason:
        page.line(" " * (gutter + 11), (decision.blame.reason, DIM), indent=4, hang=gutter + 11)
    if decision is not None:
        show_vectors(page, decision, failure.state, indent=gutter + 6)


def _total(results: tuple[Result, ...]) -> Iterable[Part]:
    passed = sum(result.passed for result in results)
    failed = len(results) - passed
    yield (f"{count(len(results), 'test')}: ", STRONG)
    yield (f"{passed} passed", GRANTED if passed and not failed else "")
    if failed:
        yield ", "
        yield (f"{failed} failed", DENIED)
