"""``nslsm hooks``: the catalogue for people, as a table or one hook in full, and for programs, as JSON."""

import json
from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import Final, NoReturn

import click
from rich.console import Console
from rich.text import Text

from nslsm.cli.console import console
from nslsm.diagnostics.diagnostic import Code
from nslsm.diagnostics.render import render_human
from nslsm.diagnostics.sources import Sources
from nslsm.hooks.catalogue import CATALOGUE, VERSION, UnknownHook
from nslsm.hooks.kinds import KINDS, TASK
from nslsm.hooks.model import PROFILES, Consequence, Hook, HookClass
from nslsm.hooks.types import Enumeration, Fact, Flags, Kind, Method, Type

UNKNOWN_HOOK: Final = Code("unknown-hook")
UNKNOWN_FAMILY: Final = Code("unknown-family")

ONE_LINE_WIDTH: Final = 110
"""From this many columns on, a hook's sentence stands beside its name; on a narrower terminal it stands below."""

CLASSES: Final = {
    HookClass.ACCESS: "access: the kernel asks, and a denial counts",
    HookClass.NOTIFY: "notify: the kernel tells; effects and audit may follow, a denial may not",
    HookClass.OTHER: "other: the answer is no verdict; effects and audit may follow, a denial may not",
}
CONSEQUENCES: Final = {
    Consequence.FATAL: "fatal: it ends the system call, which fails with the errno",
    Consequence.PROBE: "probe: the kernel takes the answer and goes on; it may grant what was asked for in another way",
    Consequence.ELEMENT: "element: one target, descriptor or packet is left out, and the rest goes on",
}


@click.command(
    name="hooks",
    short_help="The catalogue of hooks: what the kernel asks, about what, and what a rule may use.",
    epilog="Examples: nslsm hooks file_open · nslsm hooks 'path_*' · nslsm hooks --search rename --profile 6.12",
)
@click.argument("name", required=False)
@click.option("--search", metavar="WORDS", help="Only hooks whose name or sentence has all of these words.")
@click.option("--family", metavar="FAMILY", help="Only one family: file, path, task, socket, …")
@click.option("--profile", type=click.Choice(PROFILES), help="Only hooks that this kernel has.")
@click.option("--format", "form", type=click.Choice(("human", "json")), default="human", show_default=True)
@click.pass_context
def command(
    context: click.Context,
    name: str | None,
    search: str | None,
    family: str | None,
    profile: str | None,
    form: str,
) -> None:
    """Show the hooks of Linux's security modules, and this project's own.

    NAME is one hook, which is then shown in full, or a pattern with `*`, quoted for the shell.
    """
    try:
        if name is not None and "*" not in name:
            if search is not None or family is not None or profile is not None:
                raise click.UsageError(
                    "one hook needs no filter: leave out --search, --family and --profile, or give a pattern", context
                )
            hook = CATALOGUE[name]
            if form == "json":
                _print_json([hook])
            else:
                show(hook, console(unbroken=True))
            return
        found = select(name, search, family, profile)
    except UnknownHook as unknown:
        _fail(unknown)
    if form == "json":
        _print_json(found)
    elif found:
        show_table(found, console(unbroken=True))
    if not found:
        click.echo("no hook is like that", err=True)
        context.exit(1)


def select(pattern: str | None, search: str | None, family: str | None, profile: str | None) -> tuple[Hook, ...]:
    """The hooks that pass every filter that is given; UnknownHook for a family that does not exist."""
    found = CATALOGUE.hooks if search is None else CATALOGUE.search(search)
    if pattern is not None:
        matching = frozenset(hook.name for hook in CATALOGUE.matching(pattern))
        found = tuple(hook for hook in found if hook.name in matching)
    if family is not None:
        wanted = CATALOGUE.family(family).name
        found = tuple(hook for hook in found if hook.family == wanted)
    if profile is not None:
        found = tuple(hook for hook in found if hook.in_profile(profile))
    return found


def _fail(unknown: UnknownHook) -> NoReturn:
    code = UNKNOWN_HOOK if unknown.what == "hook" else UNKNOWN_FAMILY
    near = " or ".join(f"`{name}`" for name in unknown.near)
    ask = f"did you mean {near}?" if near else "`nslsm hooks` lists all, `nslsm hooks --search WORD` finds some"
    message = f"no {unknown.what} is called `{unknown.name}`"
    click.echo(render_human(code.at(None, message, help=ask), Sources()), err=True)
    raise click.exceptions.Exit(2)


# For people


def show_table(hooks: Sequence[Hook], console: Console) -> None:
    """The hooks by family: name, class, kind of object, which kernels have it, and its sentence."""
    beside = console.width >= ONE_LINE_WIDTH
    widths = tuple(max(len(cells[place]) for cells in map(_cells, hooks)) for place in range(4))
    for family in CATALOGUE.families:
        members = [hook for hook in hooks if hook.family == family.name]
        if not members:
            continue
        _print(console, Text(f"{family.name}  ", "bold"), family.doc, "dim")
        for hook in members:
            head = Text("  " + "  ".join(cell.ljust(width) for cell, width in zip(_cells(hook), widths, strict=True)))
            head.stylize("cyan", 2, 2 + len(hook.name))
            if beside:
                _print(console, head + Text("  "), hook.doc)
            else:
                head.rstrip()
                console.print(head)
                _print(console, Text(" " * 6), hook.doc, "dim")
        console.print()
    _print(console, Text(), f"{counted(len(hooks), 'hook')}; `nslsm hooks NAME` tells all about one", "dim")


def counted(number: int, what: str) -> str:
    """``1 hook``, ``2 hooks``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _cells(hook: Hook) -> tuple[str, str, str, str]:
    kernels = [
        *(["ours"] if hook.own else []),
        *([f"since {hook.since}"] if hook.since != PROFILES[0] else []),
        *([f"until {hook.until}"] if hook.until != PROFILES[-1] else []),
    ]
    return (hook.name, hook.hook_class.value, "-" if hook.object is None else hook.object.name, " ".join(kernels))


def show(hook: Hook, console: Console) -> None:
    """Everything about one hook."""
    console.print(Text.assemble((hook.name, "bold cyan"), (f"  of the family {hook.family}", "dim")))
    _print(console, Text(), hook.doc)
    console.print()
    _print(console, Text("    "), hook.prototype, more=4)
    for until, prototype in hook.earlier:
        _print(console, Text("    "), f"until {until}: {prototype}", "dim", more=4)
    console.print()
    _print_rows(console, [(Text(what, "dim"), text) for what, text in _properties(hook)])
    console.print()
    _show_facts(hook, console)


def _properties(hook: Hook) -> Iterable[tuple[str, str]]:
    yield "subject", hook.subject
    if hook.object is None:
        yield "object", "none"
    else:
        yield "object", f"{hook.object.name}: {hook.object_is or hook.object.doc}"
    yield "class", CLASSES[hook.hook_class]
    if hook.why_other:
        yield "why", hook.why_other
    if hook.hook_class is HookClass.ACCESS:
        yield "denial", CONSEQUENCES[hook.consequence]
        yield "errno", _errno(hook)
    if hook.default != "LSM_RET_VOID":
        yield "default", f"{hook.default}, where no module answers"
    if hook.own:
        yield "kernels", "none: this is a hook of nslsm's own"
    else:
        yield "kernels", ", ".join(profile for profile in PROFILES if hook.in_profile(profile))
    if hook.config:
        yield "needs", hook.config


def _errno(hook: Hook) -> str:
    """The errno that a denial there ends in."""
    if not hook.errno_lost:
        return f"{hook.default_errno.name}, unless the rule says another"
    seen = "none that anybody sees" if hook.errno_seen is None else f"{hook.errno_seen.name}, whatever the rule says"
    return f"{seen}: {hook.errno_lost.removesuffix('.')}"


def _show_facts(hook: Hook, console: Console) -> None:
    if hook.facts:
        console.print(Text("A rule may use", "bold"))
        _show_members(hook.facts, "", console)
    else:
        console.print(Text("There are no facts beside the subject and the object.", "dim"))
    if hook.object is not None and (members := hook.object.members()):
        console.print()
        console.print(Text("Of the object", "bold"))
        _show_members(members, "object.", console)
    console.print()
    console.print(Text("Of the subject", "bold"))
    _print(console, Text("  "), "as of every task: " + ", ".join(member.name for member in TASK.members()))


def _show_members(members: Sequence[Fact | Method], prefix: str, console: Console) -> None:
    types = [member.type if isinstance(member, Fact) else member.result for member in members]
    calls = [prefix + _call(member) for member in members]
    rows: list[tuple[Text, str]] = []
    for member, call, type_ in zip(members, calls, types, strict=True):
        head = Text.assemble((call.ljust(max(map(len, calls))), "cyan"), "  ", str(type_))
        rows.append((head, member.doc))
        if words := words_of(type_):
            rows.append((Text(), f"{'any' if isinstance(type_, Flags) else 'one'} of {', '.join(words)}"))
    _print_rows(console, rows)


def _call(member: Fact | Method) -> str:
    if isinstance(member, Fact):
        return member.name
    return f"{member.name}({', '.join(map(str, member.parameters))})"


def words_of(type_: Type) -> tuple[str, ...]:
    """The words that values of the type are told in: those of flags and enumerations."""
    return type_.members if isinstance(type_, Flags | Enumeration) else ()


def _print_rows(console: Console, rows: Sequence[tuple[Text, str]]) -> None:
    width = max(len(head) for head, _ in rows)
    for head, text in rows:
        _print(console, Text("  ") + head + Text(" " * (width - len(head) + 2)), text)


def _print(console: Console, head: Text, text: str, style: str = "", more: int = 0) -> None:
    """``head``, and beside it ``text`` in as many lines as it takes, the later ones ``more`` columns further in."""
    room = max(console.width - len(head), 20)
    lines = wrap(text, room, subsequent_indent=" " * more, break_long_words=False, break_on_hyphens=False)
    between = "\n" + " " * len(head)
    console.print(head + Text(between.join(lines), style), soft_wrap=True)


# For programs


def describe(hook: Hook) -> dict[str, object]:
    """One hook as JSON has it; what a hook of its class does not have is null."""
    asks = hook.hook_class is HookClass.ACCESS
    return {
        "name": hook.name,
        "family": hook.family,
        "doc": hook.doc,
        "class": hook.hook_class.value,
        "why_other": hook.why_other or None,
        "own": hook.own,
        "prototype": hook.prototype,
        "earlier_prototypes": [{"until": until, "prototype": text} for until, text in hook.earlier],
        "default": hook.default,
        "subject": hook.subject,
        "object": None if hook.object is None else hook.object.name,
        "object_is": hook.object_is or None,
        "facts": [_describe_fact(fact) for fact in hook.facts],
        "consequence": hook.consequence.value if asks else None,
        "default_errno": hook.default_errno.name if asks else None,
        "errno_lost": hook.errno_lost or None,
        "errno_seen": None if hook.errno_seen is None else hook.errno_seen.name,
        "repeats": hook.repeats or None,
        "since": None if hook.own else hook.since,
        "until": None if hook.own else hook.until,
        "config": hook.config or None,
    }


def describe_kind(kind: Kind) -> dict[str, object]:
    """One kind of thing as JSON has it, with what a rule may use of it."""
    methods = [
        {
            "name": method.name,
            "parameters": [str(each) for each in method.parameters],
            "optional": method.optional,
            "type": str(method.result),
            "doc": method.doc,
        }
        for method in kind.members()
        if isinstance(method, Method)
    ]
    facts = [_describe_fact(member) for member in kind.members() if isinstance(member, Fact)]
    return {"name": kind.name, "doc": kind.doc, "facts": facts, "methods": methods}


def _describe_fact(fact: Fact) -> dict[str, object]:
    words = words_of(fact.type)
    return {"name": fact.name, "type": str(fact.type), "words": list(words) or None, "doc": fact.doc}


def _print_json(hooks: Sequence[Hook]) -> None:
    value = {
        "catalogue": VERSION,
        "kinds": [describe_kind(kind) for kind in KINDS],
        "hooks": [describe(hook) for hook in hooks],
    }
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
