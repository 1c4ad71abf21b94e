"""Policies in memory: modules and files beside them as texts, shipped modules where a test has none of that name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from nslsm.diagnostics import Diagnostic, render_human
from nslsm.language.check import ir
from nslsm.language.check.package import Checked, Package
from nslsm.language.load import ModuleText, SourcePort, check_modules
from nslsm.library import Library
from nslsm.resources import policies_root

OF_USE: Final = frozenset(
    {
        "foreign-missing",
        "unset-attribute",
        "unused-attribute",
        "unused-control",
        "unused-import",
        "unused-operation",
        "unused-parameter",
        "unused-table",
    }
)
"""Findings that texts as short as a test's are full of: what they declare is there to be looked at, not to be of use."""


@dataclass
class Memory:
    """Modules by dotted name, and files by the name that tables call them."""

    modules: Mapping[str, str]
    files: Mapping[str, bytes] = field(default_factory=dict)
    beyond: SourcePort = field(default_factory=lambda: Library((policies_root(),)))

    def module(self, name: str) -> ModuleText | None:
        inside = {
            each.removeprefix(f"{name}.").partition(".")[0] for each in self.modules if each.startswith(f"{name}.")
        }
        if name in self.modules:
            return ModuleText(source=f"{name}.nslsm", text=self.modules[name], submodules=frozenset(inside))
        if inside:
            return ModuleText(source=name, text=None, submodules=frozenset(inside))
        return self.beyond.module(name)

    def data(self, module: str, relative: str) -> bytes:
        if module in self.modules:
            if relative in self.files:
                return self.files[relative]
            raise FileNotFoundError(2, "No such file or directory")
        return self.beyond.data(module, relative)

    def catalogue(self, name: str) -> tuple[str, bytes] | None:
        beside = f"catalogues/{name}.csv"
        return (beside, self.files[beside]) if beside in self.files else self.beyond.catalogue(name)

    def names(self) -> Sequence[str]:
        return sorted({*(name.partition(".")[0] for name in self.modules), *self.beyond.names()})


def checked(text: str, modules: Mapping[str, str] | None = None, files: Mapping[str, bytes] | None = None) -> Checked:
    """What comes of module ``case`` with ``text``, and others beside it."""
    return check_modules(["case"], Memory({"case": text, **(modules or {})}, files or {}))


def package(text: str, modules: Mapping[str, str] | None = None, files: Mapping[str, bytes] | None = None) -> Package:
    """The package, which must come out without a finding, apart from those of :data:`OF_USE`."""
    found = checked(text, modules, files)
    assert not told(found), shown(found)
    assert found.package is not None
    return found.package


def control(
    text: str, modules: Mapping[str, str] | None = None, files: Mapping[str, bytes] | None = None
) -> ir.Control:
    """Control ``c`` of module ``case``."""
    return package(text, modules, files).controls["case.c"]


def findings(
    text: str, modules: Mapping[str, str] | None = None, files: Mapping[str, bytes] | None = None
) -> list[str]:
    """What is found, as ``code: message``, in order, apart from :data:`OF_USE`."""
    return [f"{each.code.name}: {each.message}" for each in told(checked(text, modules, files))]


def codes(text: str, modules: Mapping[str, str] | None = None, files: Mapping[str, bytes] | None = None) -> list[str]:
    """The codes of what is found, in order, apart from :data:`OF_USE`."""
    return [each.code.name for each in told(checked(text, modules, files))]


def told(found: Checked) -> list[Diagnostic]:
    """What was found, apart from :data:`OF_USE`."""
    return [each for each in found.diagnostics if each.code.name not in OF_USE]


def shown(found: Checked) -> str:
    """The findings as a person sees them."""
    return "\n\n".join(render_human(each, found.sources) for each in found.diagnostics)
