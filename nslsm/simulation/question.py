"""A hook asked about directly, in words: what would the policy say if such a task did such a thing?"""

from collections.abc import Mapping
from typing import Final

from nslsm.audit.occasion import Occasion
from nslsm.diagnostics import Code, DiagnosticError
from nslsm.engine.decision import Decision
from nslsm.engine.evaluate import Walk
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.types import UNKNOWN, Fact, Kind, Type, Unknown
from nslsm.kernel.state import State
from nslsm.language.check.steps import TASK_FACTS
from nslsm.protocol.namespace import Namespace, NamespaceTree
from nslsm.protocol.things import File, Object, Socket, Value
from nslsm.simulation.facts import read_fact
from nslsm.simulation.machine import Machine, NotPossible

BAD_QUESTION: Final = Code("bad-question")

SUBJECT: Final = "the task"
OTHER: Final = "the other task"


def ask(
    namespaces: NamespaceTree,
    policy: str,
    start: Namespace | None,
    hook: str,
    facts: Mapping[str, str],
    task: Mapping[str, str],
) -> tuple[Decision, Occasion, State]:
    """Ask ``hook`` of a task in ``start`` (the root, where it is None), described by ``task``; ``facts`` are the request's.

    ``object`` is a path, for files; ``object.NAME`` a fact of any object. What is not said is unknown.
    """
    machine = Machine(namespaces)
    home = (start or namespaces[namespaces.root]).path
    machine.start_task(SUBJECT, home, {name: _fact(name, text, TASK_FACTS) for name, text in task.items()})
    entry = CATALOGUE[hook]
    types: dict[str, Type] = {fact.name: fact.type for fact in entry.facts}
    thing = _object(machine, entry.object, home, facts)
    given = {name: text for name, text in facts.items() if name != "object" and not name.startswith("object.")}
    before = machine.state
    subject = machine.task(SUBJECT)
    try:
        decision = machine.ask(hook, SUBJECT, thing, {name: _fact(name, text, types) for name, text in given.items()})
    except NotPossible as reason:
        raise DiagnosticError([BAD_QUESTION.at(None, str(reason))]) from None
    occasion = Occasion(sequence=1, policy=policy, walk=Walk.FULL, task=subject, namespace=home, call=hook)
    return decision, occasion, before


def _fact(name: str, text: str, types: Mapping[str, Type]) -> Value:
    if name not in types or isinstance(types[name], Kind):
        known = ", ".join(f"`{each}`" for each, type_ in types.items() if not isinstance(type_, Kind)) or "none"
        raise DiagnosticError([BAD_QUESTION.at(None, f"there is no fact `{name}` to give", help=f"there are {known}")])
    return read_fact(name, text, types[name])


def _object(machine: Machine, kind: Kind | None, home: str, facts: Mapping[str, str]) -> Object | Unknown | None:
    """The object that is asked about, from ``object`` and ``object.NAME``."""
    if kind is None:
        return None
    types = {member.name: member.type for member in kind.members() if isinstance(member, Fact)}
    said = {name.removeprefix("object."): text for name, text in facts.items() if name.startswith("object.")}
    match kind.name:
        case "file":
            path = facts.get("object", said.pop("path", None))
            if path is None:
                raise DiagnosticError([BAD_QUESTION.at(None, "which file?", help="say object=/some/path")])
            file = machine.file(str(_fact("path", path, types)))
            known = {name: _fact(name, text, types) for name, text in said.items()}
            return File(**{**file._asdict(), **known})
        case "task":
            where = said.pop("namespace", home)
            machine.start_task(OTHER, where, {name: _fact(name, text, TASK_FACTS) for name, text in said.items()})
            return machine.task(OTHER)
        case "socket":
            known = {name: _fact(name, text, types) for name, text in said.items()}
            return Socket(identity=UNKNOWN, home=machine.task(SUBJECT).home)._replace(**known)  # type: ignore[arg-type]
    raise DiagnosticError(
        [BAD_QUESTION.at(None, f"a {kind} cannot be described in words yet", help="files, tasks and sockets can")]
    )
