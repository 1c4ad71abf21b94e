"""What rules come to as they are read: permissions and results by source, target and class."""

from dataclasses import dataclass, field

from nslsm.importers.selinux.cil.forms import Form, fault
from nslsm.importers.selinux.codes import CONFLICT
from nslsm.importers.selinux.policy import Triple

Gathered = dict[Triple, set[str]]


@dataclass(slots=True)
class Rules:
    """Rules of one place: the policy, or a branch that hangs on booleans."""

    allow: Gathered = field(default_factory=dict)
    dontaudit: Gathered = field(default_factory=dict)
    auditallow: Gathered = field(default_factory=dict)
    typetransition: dict[tuple[str, ...], str] = field(default_factory=dict)
    typechange: dict[tuple[str, ...], str] = field(default_factory=dict)
    typemember: dict[tuple[str, ...], str] = field(default_factory=dict)
    places: dict[Triple, Form] = field(default_factory=dict)
    """Where the first allow rule of a triple stands."""
    led: dict[tuple[str, tuple[str, ...]], Form] = field(default_factory=dict)
    """Where the first rule stands that leads from somewhere."""

    def permit(self, kind: str, triple: Triple, permissions: frozenset[str], form: Form) -> None:
        """An ``allow``, ``dontaudit`` or ``auditallow``."""
        gathered: Gathered = (
            self.allow if kind == "allow" else self.dontaudit if kind == "dontaudit" else self.auditallow
        )
        held = gathered.get(triple)
        if held is None:
            gathered[triple] = set(permissions)
            if kind == "allow":
                self.places[triple] = form
        else:
            held |= permissions

    def lead(self, kind: str, key: tuple[str, ...], result: str, form: Form) -> None:
        """A ``typetransition``, ``typechange`` or ``typemember``."""
        table: dict[tuple[str, ...], str] = getattr(self, kind)
        known = table.setdefault(key, result)
        self.led.setdefault((kind, key), form)
        if known != result:
            raise fault(CONFLICT, form, f"this {kind} leads to `{result}`, and another of the same to `{known}`")


def vectors(gathered: Gathered) -> dict[Triple, frozenset[str]]:
    """Permissions as they are kept; equal sets are one object."""
    equal: dict[frozenset[str], frozenset[str]] = {}
    return {triple: equal.setdefault(each, each) for triple, held in gathered.items() for each in (frozenset(held),)}
