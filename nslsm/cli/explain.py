"""``nslsm explain``: one decision in full, of a recording's event or of a hook that is asked about."""

from typing import TYPE_CHECKING, Final

import click

from nslsm.cli.beginning import PLACED
from nslsm.cli.console import console
from nslsm.diagnostics import Code, Diagnostic, DiagnosticError

if TYPE_CHECKING:
    from nslsm.api.policies import LoadedPolicy, PolicyTree
    from nslsm.audit.occasion import Occasion
    from nslsm.engine.decision import Decision
    from nslsm.kernel.state import State

NO_SUCH_EVENT: Final = Code("no-such-event")
BAD_QUESTION: Final = Code("bad-question")


@click.command(
    name="explain",
    short_help="One decision in full: who said what, and what would change it.",
    epilog="Examples: nslsm explain build.strace#412 --policy build.nslsm · "
    "nslsm explain --policy healthcare --in clinic --task uid=1001 file_open object=/srv/phi/7.hl7 flags=read",
)
@click.argument("question", nargs=-1, required=True, metavar="TRACE#SEQ | HOOK [FACT=VALUE]…")
@click.option("--policy", required=True, metavar="POLICY", help="File, folder or module name.")
@click.option("--root", metavar="NAMESPACE", help="The top-level namespace, where the policy declares several.")
@click.option("--in", "start", metavar="NAMESPACE", help="Where the program starts; by default the root.")
@PLACED
@click.option(
    "--task", "facts", metavar="FACT=VALUE", multiple=True, help="What is known of the task that asks: uid=1001."
)
@click.option("--profile", type=click.Choice(("6.1", "6.12", "7.2")), default="6.12", show_default=True)
@click.option("--format", "form", type=click.Choice(("human", "json")), default="human", show_default=True)
def command(
    question: tuple[str, ...],
    policy: str,
    root: str | None,
    start: str | None,
    place_by: str | None,
    facts: tuple[str, ...],
    profile: str,
    form: str,
) -> None:
    """Explain the event numbered SEQ of a recording, or what the policy says to a hook asked directly.

    Each level's opinion, the rule and its lines with the truth of every condition, and the smallest set of changes that
    would have turned the verdict.
    """
    from nslsm.api.policies import load_policy  # noqa: PLC0415 - `--help` needs no engine

    loaded = load_policy(policy)
    tree = loaded.tree(root)
    trace, mark, number = question[0].rpartition("#")
    if mark and len(question) == 1:
        if not number.isdecimal():
            raise DiagnosticError([BAD_QUESTION.at(None, f"`{number}` is no event's number", help="as in `T#412`")])
        decision, occasion, state = _of_recording(trace, int(number), tree, start, profile, place_by)
    else:
        if place_by is not None:
            raise click.UsageError(
                "--place-by is for recordings: a hook asked directly has a task that is where --in says"
            )
        decision, occasion, state = _of_hook(question[0], question[1:], tree, start, facts)
    _tell(loaded, decision, occasion, state, form)


def _of_recording(
    trace: str, number: int, tree: "PolicyTree", start: str | None, profile: str, place_by: str | None
) -> "tuple[Decision, Occasion, State]":
    from nslsm.api.recordings import replay  # noqa: PLC0415

    last = 0
    for item in replay(trace, tree, start=start, profile=profile, place_by=place_by):
        if isinstance(item, Diagnostic):
            continue
        last = item.occasion.sequence
        if last == number:
            return item.decision, item.occasion, item.before
    raise DiagnosticError(
        [NO_SUCH_EVENT.at(None, f"`{trace}` has no event {number}", help=f"its events are numbered 1 to {last}")]
    )


def _of_hook(
    hook: str, words: tuple[str, ...], tree: "PolicyTree", start: str | None, task: tuple[str, ...]
) -> "tuple[Decision, Occasion, State]":
    from nslsm.hooks.catalogue import CATALOGUE  # noqa: PLC0415
    from nslsm.simulation.question import ask  # noqa: PLC0415

    if hook not in CATALOGUE:
        near = CATALOGUE.near(hook)
        raise DiagnosticError(
            [
                BAD_QUESTION.at(
                    None,
                    f"`{hook}` is neither an event of a trace nor a hook",
                    help=f"did you mean `{near[0]}`?"
                    if near
                    else "an event is TRACE#SEQ; `nslsm hooks` lists the hooks",
                )
            ]
        )
    return ask(tree.namespaces, tree.digest, tree.find(start) if start else None, hook, _pairs(words), _pairs(task))


def _pairs(words: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise DiagnosticError([BAD_QUESTION.at(None, f"`{word}` is no fact", help="facts are given as NAME=VALUE")])
        pairs[name] = value
    return pairs


def _tell(loaded: "LoadedPolicy", decision: "Decision", occasion: "Occasion", state: "State", form: str) -> None:
    from nslsm.engine.explain import explain  # noqa: PLC0415

    explanation = explain(decision, state)
    if form == "json":
        from nslsm.wire.base import canonical  # noqa: PLC0415
        from nslsm.wire.explanation import to_explanation  # noqa: PLC0415

        click.echo(canonical(to_explanation(explanation, occasion, state.namespaces)))
        return
    from nslsm.report.explanation import render_explanation  # noqa: PLC0415

    console().print(render_explanation(explanation, loaded.sources, occasion))
