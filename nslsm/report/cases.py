"""Results of the tests in policies: which passed, and of those that did not, which step, where and why."""

from collections.abc import Iterable

from nslsm.diagnostics.sources import Sources
from nslsm.engine.decision import Decision
from nslsm.report.excerpt import Mark, show
from nslsm.report.page import Fitted, Page, Part
from nslsm.report.styles import DENIED, DIM, GRANTED, GUTTER, HEADING, OF_VERDICT, STRONG
from nslsm.report.summary import count
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


def _module(page: Page, module: str, results: list[Result], sources: Sources, *, verbose: bool) -> None:
    passed = sum(result.passed for result in results)
    style = GRANTED if passed == len(results) else DENIED
    page.line((module, HEADING), "  ", (f"{passed} of {count(len(results), 'test')} passed", style))
    for result in results:
        if result.passed and verbose:
            page.line(("passed ", GRANTED), result.case.title, indent=2, hang=7)
        if not result.passed:
            page.line(("FAILED ", DENIED), (result.case.title, STRONG), indent=2, hang=7)
            for failure in result.failures:
                _failure(page, failure, sources)


def _failure(page: Page, failure: Failure, sources: Sources) -> None:
    span = failure.step.span
    text = sources.texts.get(span.source)
    page.line(("  --> ", GUTTER), span.place, indent=4)
    gutter = 4
    if text is not None and 0 <= span.start < span.end <= len(text):
        end = text.find("\n", span.start, span.end)
        mark = Mark(span.start, span.end if end < 0 else end, "", DENIED)
        gutter = show(page, text, [mark], [(span.start, span.end)], indent=4) - 4
    for reason in failure.reasons:
        page.line((f"{' ' * gutter}= ", GUTTER), reason, indent=4, hang=gutter + 2)
    if failure.decision is not None:
        page.line((f"{' ' * gutter}= ", GUTTER), *_came_out(failure.decision), indent=4, hang=gutter + 2)


def _came_out(decision: Decision) -> Iterable[Part]:
    word, style = OF_VERDICT[decision.verdict]
    yield ("it was ", DIM)
    yield (word, style)
    if decision.errno is not None:
        yield f" {decision.errno.name}"
    if decision.blame is not None:
        yield f" by {decision.blame}"
        yield (f": {decision.blame.reason}" if decision.blame.reason else "", DIM)
    if decision.unknown:
        yield (f", for want of {', '.join(decision.unknown)}", DIM)


def _total(results: tuple[Result, ...]) -> Iterable[Part]:
    passed = sum(result.passed for result in results)
    failed = len(results) - passed
    yield (f"{count(len(results), 'test')}: ", STRONG)
    yield (f"{passed} passed", GRANTED if passed and not failed else "")
    if failed:
        yield ", "
        yield (f"{failed} failed", DENIED)
