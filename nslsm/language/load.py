"""Loading: from the names of modules to a checked package, everything read through a port. The language does no I/O itself.

Modules are files: ``policies/healthcare/hipaa.nslsm`` is ``healthcare.hipaa``, and a ``module`` line in it must agree.
Importing a folder (``import base``) reads those of its modules that a dotted name leads to, and no others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from nslsm.diagnostics.diagnostic import Diagnostic
from nslsm.diagnostics.error import DiagnosticError
from nslsm.diagnostics.sources import Sources
from nslsm.diagnostics.span import Span
from nslsm.language.check import codes
from nslsm.language.check.check import check
from nslsm.language.check.findings import nearest
from nslsm.language.check.modules import LoadedModule
from nslsm.language.check.package import Checked
from nslsm.language.check.requirements import Catalogue, names_of_catalogues, read_catalogue
from nslsm.language.check.things import dotted
from nslsm.language.syntax import ast
from nslsm.language.syntax.codes import OVER_LIMIT
from nslsm.language.syntax.parse import SyntaxFailure, parse

MAX_MODULES: Final = 10_000
"""How many modules one run reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleText:
    """A module as a port found it: its text (None for a folder), and what is in the folder of its name."""

    source: str
    """What its text is called where people see it: a file's name."""
    text: str | None
    submodules: frozenset[str] = frozenset()
    """The last names of the modules in a folder."""


class OutsideRoot(OSError):
    """A name that leads out of the root of its package (Model, Trust)."""


class SourcePort(Protocol):
    """Where modules and the files beside them come from."""

    def module(self, name: str) -> ModuleText | None:
        """The module or folder of that dotted name; None where there is none.

        Raises :class:`~nslsm.diagnostics.DiagnosticError` where there is one that cannot be read.
        """

    def data(self, module: str, relative: str) -> bytes:
        """The contents of a file beside a module, by its name from the module's folder.

        Raises :class:`OutsideRoot` where that leads out of the package, any other OSError where it cannot be read.
        """

    def catalogue(self, name: str) -> tuple[str, bytes] | None:
        """A catalogue of requirements, what its text is called and its bytes; None where there is none of that name.

        Raises :class:`OutsideRoot` where it leads out of its package, any other OSError where it cannot be read.
        """

    def names(self) -> Sequence[str]:
        """The first names of the modules that there are, for suggestions."""


def check_modules(roots: Sequence[str], port: SourcePort) -> Checked:
    """Load and check the modules called ``roots``, with everything that they import; a folder stands for all in it."""
    loader = _Loader(port)
    for root in roots:
        loader.root(root)
    loader.follow()
    _report_cycles(loader)
    catalogues = loader.catalogues()
    return check(
        tuple(loader.roots),
        loader.modules,
        found=loader.found,
        sources=Sources(loader.texts),
        catalogues=catalogues,
    )


@dataclass(slots=True)
class _Loader:
    """Reads modules, each once, and what they name."""

    port: SourcePort
    roots: dict[str, None] = field(default_factory=dict)
    modules: dict[str, LoadedModule] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    found: list[Diagnostic] = field(default_factory=list)
    imports: dict[str, list[tuple[str, Span]]] = field(default_factory=dict)
    """Which modules each module reaches, and where it says so."""
    pending: list[str] = field(default_factory=list)
    known: dict[str, ModuleText | None] = field(default_factory=dict)

    def root(self, name: str) -> None:
        """A module that was asked for, or all modules of a folder."""
        pending = [name]
        while pending:
            each = pending.pop()
            found = self.look(each)
            if found is None:
                message = f"no module is called `{each}`"
                self.found.append(codes.UNKNOWN_MODULE.at(None, message, help=nearest(each, self.port.names())))
                continue
            if found.text is not None:
                self.roots[each] = None
            pending.extend(f"{each}.{last}" for last in sorted(found.submodules, reverse=True))

    def look(self, name: str) -> ModuleText | None:
        """A module of the port, read and parsed once."""
        if name not in self.known:
            self.known[name] = self._read(name)
        return self.known[name]

    def _read(self, name: str) -> ModuleText | None:
        if len(self.modules) >= MAX_MODULES:
            if len(self.modules) == MAX_MODULES:
                self.found.append(OVER_LIMIT.at(None, f"there are more modules than the limit of {MAX_MODULES}"))
            return None
        try:
            found = self.port.module(name)
        except DiagnosticError as error:
            self.found.extend(error.diagnostics)
            self.texts.update(error.sources.texts)
            found = ModuleText(source=name, text=None)
            self.modules[name] = LoadedModule(name=name, source=name, broken=True)
            return found
        if found is None:
            return None
        loaded = LoadedModule(name=name, source=found.source, submodules=found.submodules)
        if found.text is not None:
            self.texts[found.source] = found.text
            loaded = self._parsed(loaded, found.text)
            self.pending.append(name)
        self.modules[name] = loaded
        return found

    def _parsed(self, loaded: LoadedModule, text: str) -> LoadedModule:
        try:
            tree = parse(text, loaded.source)
        except SyntaxFailure as error:
            self.found.extend(error.diagnostics)
            if error.tree is None:
                return replace(loaded, broken=True)
            tree, loaded = error.tree, replace(loaded, faults=error.faults)
        if not tree.items and not tree.imports:
            self.found.append(codes.EMPTY_MODULE.at(Span(loaded.source), "this module declares nothing"))
        if tree.name is not None and str(tree.name) != loaded.name:
            message = f"this file is module `{loaded.name}`, and it says that it is `{tree.name}`"
            self.found.append(
                codes.MODULE_NAME_MISMATCH.at(
                    tree.name.span, message, help="a module's name is the path of its file from the root of its package"
                )
            )
        return replace(loaded, tree=tree, data=self._data(loaded, tree))

    def _data(self, loaded: LoadedModule, tree: ast.Module) -> Mapping[str, bytes]:
        """The files that the module's tables are in."""
        found: dict[str, bytes] = {}
        sources = [item.source for item in tree.items if isinstance(item, ast.Table) and item.source is not None]
        for source in sources:
            name = source.value
            if name in found or source.span in loaded.faults:
                continue
            if not is_inside(name):
                self._outside(source)
                continue
            try:
                found[name] = self.port.data(loaded.name, name)
            except OutsideRoot:
                self._outside(source)
            except OSError as error:
                reason = error.strerror or type(error).__name__
                message = f'"{name}" cannot be read: {reason[:1].lower()}{reason[1:]}'
                self.found.append(codes.TABLE_DATA.at(source.span, message, help="it is looked for beside the module"))
        return found

    def _outside(self, source: ast.String) -> None:
        message = f'"{source.value}" is outside of the package'
        help_ = "name a file beside the module or below it, by a plain relative name"
        self.found.append(codes.TABLE_OUTSIDE_ROOT.at(source.span, message, help=help_))

    def follow(self) -> None:
        """Read whatever the modules read so far import."""
        while self.pending:
            name = self.pending.pop()
            tree = self.modules[name].tree
            if tree is not None:
                self.imports[name] = list(self._imports(tree))

    def catalogues(self) -> dict[str, Catalogue]:
        """The catalogues of requirements that the modules name, as far as there are such."""
        trees = [module.tree for module in self.modules.values() if module.tree is not None]
        found = {}
        for name in sorted({name for tree in trees for name in names_of_catalogues(tree)}):
            try:
                file = self.port.catalogue(name)
            except OSError as error:
                reason = "it leads out of its package" if isinstance(error, OutsideRoot) else error.strerror
                self.found.append(codes.BAD_CATALOGUE.at(None, f"catalogue `{name}` cannot be read: {reason}"))
                found[name] = Catalogue(name, None)
                continue
            if file is not None:
                found[name] = read_catalogue(name, *file, self.found)
        return found

    def _imports(self, tree: ast.Module) -> Iterator[tuple[str, Span]]:
        reach: dict[tuple[str, ...], tuple[str, Span]] = {}
        for node in tree.imports:
            module = str(node.module)
            if self.look(module) is None:
                self._unknown(node.module)
                continue
            yield module, node.module.span
            if not node.names:
                written = node.module.parts if node.alias is None else (node.alias.text,)
                reach[written] = (module, node.module.span)
            for name in node.names:
                below = f"{module}.{name.text}"
                if self._is_submodule(module, name.text) and self.look(below) is not None:
                    yield below, name.span
        if reach:
            firsts = {parts[0] for parts in reach}
            for parts, span in _names(tree, firsts):
                yield from ((module, span) for module in self._reached(parts, reach))

    def _reached(self, parts: tuple[str, ...], reach: Mapping[tuple[str, ...], tuple[str, Span]]) -> Iterator[str]:
        """The modules that a dotted name leads through."""
        for count in range(len(parts), 0, -1):
            if parts[:count] not in reach:
                continue
            module = reach[parts[:count]][0]
            for part in parts[count:]:
                if not self._is_submodule(module, part):
                    break
                module = f"{module}.{part}"
                if self.look(module) is None:
                    break
                yield module
            return

    def _is_submodule(self, module: str, last: str) -> bool:
        known = self.known.get(module)
        return known is not None and last in known.submodules

    def _unknown(self, name: ast.Dotted) -> None:
        """Report an import of what is not there: the part of its name from which on there is nothing."""
        above = below = ""
        for part in name.parts:
            below = f"{above}.{part}" if above else part
            found = self.look(below)
            if found is None:
                break
            above = below
        candidates: Sequence[str]
        if above:
            known = self.known[above]
            candidates = [f"{above}.{last}" for last in sorted(known.submodules)] if known is not None else []
            message = f"module `{above}` has no `{below.rpartition('.')[2]}` in it"
        else:
            candidates = self.port.names()
            message = f"no module is called `{name}`"
        self.found.append(codes.UNKNOWN_MODULE.at(name.span, message, help=nearest(below, candidates)))


def is_inside(relative: str) -> bool:
    """Whether a file's name stays, as it is written, in the folder that it is looked for in (Model, Trust).

    >>> is_inside("modalities.csv"), is_inside("../x.csv"), is_inside("/etc/passwd")
    (True, False, False)
    """
    if not relative or "\0" in relative or "\\" in relative or ":" in relative:
        return False
    return all(part not in ("", ".", "..") for part in relative.split("/"))


def _names(tree: ast.Module, firsts: set[str]) -> Iterator[tuple[tuple[str, ...], Span]]:
    """The dotted names in a module that begin with one of ``firsts``, longest first where one is part of another."""
    for item in tree.items:
        for node in item.walk():
            if isinstance(node, ast.Dotted) and node.parts[0] in firsts:
                yield node.parts, node.span
            elif isinstance(node, ast.Member):
                parts = dotted(node)
                if parts is not None and parts[0] in firsts:
                    yield parts, node.span


def _report_cycles(loader: _Loader) -> None:
    """Report each group of modules that import one another, once, as the cycle that it is."""
    done: set[str] = set()
    for start in loader.imports:
        if start in done:
            continue
        path: list[str] = [start]
        place = {start: 0}
        branches = [iter(loader.imports[start])]
        while branches:
            step = next(branches[-1], None)
            if step is None:
                done.add(path[-1])
                del place[path.pop()]
                branches.pop()
                continue
            module, span = step
            if module in place:
                _report_cycle(loader, path[place[module] :], span)
            elif module not in done and module in loader.imports:
                place[module] = len(path)
                path.append(module)
                branches.append(iter(loader.imports[module]))


def _report_cycle(loader: _Loader, cycle: list[str], span: Span) -> None:
    names = " → ".join(f"`{name}`" for name in (*cycle, cycle[0]))
    message = f"modules import one another: {names}" if len(cycle) > 1 else f"module `{cycle[0]}` imports itself"
    help_ = "move what both need into a third module" if len(cycle) > 1 else None
    loader.found.append(codes.IMPORT_CYCLE.at(span, message, help=help_))
