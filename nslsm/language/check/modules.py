"""What names mean between modules: declarations, imports, and dotted names that lead through folders.

A module that is named where a control or a policy is expected stands for the one in it that has the module's last name,
and that one's qualified name is the module's: ``base.yama`` is control ``yama`` of module ``base.yama``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from nslsm.diagnostics.span import Span
from nslsm.language.check import codes
from nslsm.language.check.findings import Findings, nearest
from nslsm.language.syntax import ast

Declaration: TypeAlias = ast.Let | ast.Table | ast.Operation | ast.Control | ast.Policy | ast.Namespace

KIND_OF_DECLARATION: Final[Mapping[type[Declaration], str]] = {
    ast.Let: "let",
    ast.Table: "table",
    ast.Operation: "operation",
    ast.Control: "control",
    ast.Policy: "policy",
    ast.Namespace: "namespace",
}

RESERVED: Final = (
    *("subject", "object", "namespace", "kernel", "basename", "dirname", "size"),
    *("context_user", "context_role", "context_type", "context_low", "context_high", "context_of"),
    *("level_sensitivity", "level_categories", "level_of"),
)
"""Names that mean the same everywhere, so that nothing can be called by them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModule:
    """One module as it was found: its tree (None where it could not be parsed, or is only a folder), and its tables' data."""

    name: str
    source: str = ""
    """What spans call its text."""
    tree: ast.Module | None = None
    submodules: frozenset[str] = frozenset()
    """The last names of the modules in the folder of its name."""
    data: Mapping[str, bytes] = field(default_factory=dict)
    """The contents of the files that its tables are read from, by the name that the table gives; a missing one was reported.

    Once the module is checked, the tables hold the rows, and this is empty.
    """
    broken: bool = False
    """Its text could not be parsed: nothing is known of what it declares."""
    faults: frozenset[Span] = frozenset()
    """The places of literals that are wrong, which was reported; what the tree has there only stands in."""


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """A declaration in the module that it stands in."""

    module: "ModuleScope"
    node: Declaration

    @property
    def name(self) -> str:
        """Its short name."""
        return self.node.name.text

    @property
    def kind(self) -> str:
        """What is declared, in the language's word: ``control``."""
        return KIND_OF_DECLARATION[type(self.node)]

    @property
    def qualified(self) -> str:
        """Its name in the whole package; see this module's docstring for controls and policies."""
        return qualified(self.module.name, self.node)

    @property
    def span(self) -> Span:
        """Where its name stands."""
        return self.node.name.span


@dataclass(frozen=True, slots=True, eq=False)
class Folder:
    """A module or a folder of modules, itself named by a dotted name that needed something in it."""

    name: str


class Broken:
    """What a name leads to where an error that is reported already hides it: nothing more is said about it."""


BROKEN: Final = Broken()

Found: TypeAlias = Declared | Folder | Broken


def qualified(module: str, node: Declaration) -> str:
    """The name of a declaration in the whole package."""
    name = node.name.text
    if isinstance(node, ast.Control | ast.Policy) and module.rpartition(".")[2] == name:
        return module
    return f"{module}.{name}" if module else name


def _is_meant(parts: Sequence[str], missing: tuple[str, ...]) -> bool:
    """Whether a dotted name may begin with what an import that led to nothing was to bring: they differ by a slip."""
    return len(parts) > 1 and nearest(parts[0], missing[:1]) is not None


class ModuleScope:
    """The names that one module knows: its own, and what it imports."""

    def __init__(self, universe: "Universe", loaded: LoadedModule) -> None:
        self.universe = universe
        self.loaded = loaded
        self.name = loaded.name
        self.declared: dict[str, Declared] = {}
        self.imported: dict[str, Declared | Broken] = {}
        self.aliases: dict[str, str] = {}
        self.reachable: list[tuple[str, ...]] = []
        """The dotted names of modules that were imported as they are."""
        self.missing: list[tuple[str, ...]] = []
        """Such names for which there was no module."""
        self.misread: list[str] = []
        """The modules that were asked for a name that they do not declare: what was meant is another of theirs."""
        self.found: set[str] = set()
        """The first names, and the dotted names of modules in :attr:`reachable`, that led to something so far."""

    def declarations(self) -> Iterator[Declared]:
        """Every declaration of the module but tests and claims, in the order of the text, whether or not its name was free."""
        if self.loaded.tree is not None:
            for item in self.loaded.tree.items:
                if not isinstance(item, ast.Test | ast.Claim):
                    yield Declared(self, item)

    def find(self, parts: Sequence[str]) -> Found | None:
        """What a dotted name means here; None where it means nothing."""
        first = parts[0]
        own: Found | None = self.declared.get(first) or self.imported.get(first)
        if own is not None:
            self.found.add(first)
            return own if len(parts) == 1 or own is BROKEN else None
        if first in self.aliases:
            self.found.add(first)
            return self.universe.descend(self.aliases[first], parts[1:])
        for module in self.reachable:
            if tuple(parts[: len(module)]) == module:
                self.found.add(".".join(module))
                return self.universe.descend(".".join(module), parts[len(module) :])
        missing = any(tuple(parts[: len(module)]) == module or _is_meant(parts, module) for module in self.missing)
        meant = any(first in self.universe.modules[module].declared for module in self.misread)
        return BROKEN if missing or meant or self.loaded.broken else None

    def names(self) -> list[str]:
        """All first names known here."""
        return [*self.declared, *self.imported, *self.aliases, *(module[0] for module in self.reachable)]

    def names_like(self, *kinds: type[Declaration]) -> list[str]:
        """The names known here, dotted where they lead through a folder, of declarations of some kinds."""
        near = [found for found in (*self.declared.values(), *self.imported.values()) if isinstance(found, Declared)]
        names = [found.name for found in near if isinstance(found.node, kinds)]
        for prefix, module in (*self.aliases.items(), *((".".join(path), ".".join(path)) for path in self.reachable)):
            names += self.universe.names_below(prefix, module, kinds)
        return names


class Universe:
    """All modules of one run, with their names resolved as far as imports go."""

    def __init__(self, modules: Mapping[str, LoadedModule], findings: Findings) -> None:
        self._findings = findings
        self.modules = {name: ModuleScope(self, loaded) for name, loaded in modules.items()}
        for scope in self.modules.values():
            self._declare(scope)
        for scope in self.modules.values():
            self._import(scope)

    def descend(self, module: str, rest: Sequence[str]) -> Found | None:
        """What ``rest`` means in a module or folder: a module in it, a declaration of it, or itself."""
        while rest:
            scope = self.modules.get(module)
            below = f"{module}.{rest[0]}"
            if below in self.modules:
                module, rest = below, rest[1:]
                continue
            if scope is None:
                return None
            if len(rest) == 1 and rest[0] in scope.declared:
                return scope.declared[rest[0]]
            return BROKEN if scope.loaded.broken else None
        return self.principal(module)

    def principal(self, module: str) -> Found | None:
        """The control or policy that a module stands for, or the module where it has none."""
        scope = self.modules.get(module)
        if scope is None:
            return None
        if scope.loaded.broken:
            return BROKEN
        own = scope.declared.get(module.rpartition(".")[2])
        if own is not None and isinstance(own.node, ast.Control | ast.Policy):
            return own
        return Folder(module)

    def names_below(self, prefix: str, module: str, kinds: tuple[type[Declaration], ...]) -> list[str]:
        """The dotted names of declarations in a module, and of the modules in its folder, for suggestions."""
        scope = self.modules.get(module)
        if scope is None:
            return []
        own = [f"{prefix}.{name}" for name, found in scope.declared.items() if isinstance(found.node, kinds)]
        return own + [f"{prefix}.{name}" for name in sorted(scope.loaded.submodules)]

    def _declare(self, scope: ModuleScope) -> None:
        for declared in scope.declarations():
            name = declared.name
            if name in RESERVED:
                self._findings.add(
                    codes.RESERVED_NAME,
                    declared.span,
                    f"`{name}` means the same everywhere and cannot be declared anew",
                )
            before = scope.declared.setdefault(name, declared)
            if before is not declared:
                self._findings.add(
                    codes.DUPLICATE_NAME,
                    declared.span,
                    f"`{name}` is declared twice in this module",
                    related=((before.span, f"the {before.kind} is declared here"),),
                )
            if f"{scope.name}.{name}" in self.modules and scope.name:
                self._findings.add(
                    codes.DUPLICATE_NAME,
                    declared.span,
                    f"`{scope.name}.{name}` is both this {declared.kind} and a module",
                    help="rename one of them",
                )

    def _import(self, scope: ModuleScope) -> None:
        tree = scope.loaded.tree
        if tree is None:
            return
        for node in tree.imports:
            module = str(node.module)
            known = module in self.modules
            if node.names:
                for name in node.names:
                    self._bind(scope, name, self._imported(scope, module, name) if known else BROKEN)
            elif node.alias is not None:
                if not known:
                    self._bind(scope, node.alias, BROKEN)
                elif self._is_free(scope, node.alias):
                    scope.aliases[node.alias.text] = module
            elif node.module.parts[0] in scope.declared:
                self._clash(scope, node.module.parts[0], node.module.span)
            elif known:
                scope.reachable.append(node.module.parts)
            else:
                scope.missing.append(node.module.parts)
        scope.reachable.sort(key=len, reverse=True)

    def _imported(self, importer: ModuleScope, module: str, name: ast.Name) -> Declared | Broken:
        """What ``import module (name)`` brings."""
        found = self.descend(module, (name.text,))
        if isinstance(found, Declared | Broken):
            return found
        scope = self.modules[module]
        if found is None:
            message = f"module `{module}` declares no `{name.text}`"
            way_out = nearest(name.text, [*scope.declared, *scope.loaded.submodules])
        else:
            message = f"`{found.name}` is a module that has no control or policy called `{name.text}`"
            way_out = f"write `import {found.name}`"
        self._findings.add(codes.UNKNOWN_NAME, name.span, message, help=way_out)
        importer.misread.append(module)
        return BROKEN

    def _bind(self, scope: ModuleScope, name: ast.Name, found: Declared | Broken) -> None:
        if self._is_free(scope, name, found):
            scope.imported[name.text] = found

    def _is_free(self, scope: ModuleScope, name: ast.Name, found: Declared | Broken = BROKEN) -> bool:
        text = name.text
        if text in scope.declared or text in scope.aliases:
            self._clash(scope, text, name.span)
            return False
        if text in scope.imported and scope.imported[text] is not found:
            self._findings.add(codes.DUPLICATE_NAME, name.span, f"`{text}` is imported twice, from different modules")
            return False
        return True

    def _clash(self, scope: ModuleScope, name: str, span: Span) -> None:
        own = scope.declared.get(name)
        self._findings.add(
            codes.DUPLICATE_NAME,
            span,
            f"`{name}` is both imported and declared in this module" if own else f"`{name}` is imported twice",
            help="import it under another name with `as`",
            related=((own.span, f"the {own.kind} is declared here"),) if own else (),
        )
