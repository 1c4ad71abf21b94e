"""What an import finds: told where it stands, once."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from nslsm.diagnostics import Code, Diagnostic
from nslsm.importers.oci.document import Node


@dataclass(slots=True)
class Report:
    """Findings, in the order in which they were made."""

    by_place: dict[tuple[str, int, str], Diagnostic] = field(default_factory=dict)

    @property
    def found(self) -> tuple[Diagnostic, ...]:
        """All of them."""
        return tuple(self.by_place.values())

    def tell(self, code: Code, node: Node, message: str, *, way_out: str | None = None) -> None:
        """A finding at a value."""
        finding = code.at(node.span, f"`{node.path}`: {message}", help=way_out)
        self.by_place.setdefault((code.name, node.start, message), finding)

    def unknown(self, node: Node | None, known: Iterable[str], code: Code) -> None:
        """A note for each member of an object that the specification does not have."""
        for name, member in ({} if node is None else node.members()).items():
            if name not in known:
                self.tell(code, member, "this is not known, and decides nothing here")
