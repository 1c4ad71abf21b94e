"""Blocks, macros, optional parts, tunables: from lists to a flat sequence of statements, each with the names that it sees.

The order is that of the language: parts that hang on tunables are chosen, then `in` adds to blocks, then blocks inherit, then
`in after` adds, then macros are called.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from nslsm.diagnostics import DiagnosticError
from nslsm.importers.selinux.cil.forms import Form, Item, fault
from nslsm.importers.selinux.cil.places import Block, Inherited, Optional, Part, Placed, Scope, Statement, named
from nslsm.importers.selinux.cil.shape import IN_CONDITIONS
from nslsm.importers.selinux.codes import CYCLE, DUPLICATE, LIMIT, SYNTAX, UNDEFINED

MAX_STATEMENTS: Final = 1_000_000
"""Statements that blocks and macros may come to."""

MAX_INHERITED: Final = 100
"""How deep blocks may inherit from blocks that inherit."""

MAX_CALLS: Final = 60
"""How deep macros may call macros."""


class Structure:
    """Makes the sequence. ``tunables``: values that are said instead of the declared ones."""

    def __init__(self, forms: Sequence[Form], tunables: Mapping[str, bool]) -> None:
        self.root = Block("", None)
        self.tunables: dict[str, bool] = {}
        self._said = tunables
        self._count = self._depth = 0
        self._macros: dict[str, tuple[Form, Block]] = {}
        self._later: list[tuple[Form, Block]] = []
        self._into: list[tuple[Form, Block]] = []
        self._pending: list[Block] = []
        self._collect_tunables(forms, self.root)
        self.root.items = self._items(forms, self.root, None)
        for form, block in self._into:
            self._add(form, block)
        self._inherit(self.root)
        for form, block in self._later:
            self._add(form, block)
        self._register(self.root)

    # Blocks

    def _collect_tunables(self, forms: Sequence[Item], block: Block) -> None:
        for form in forms:
            if isinstance(form, Form) and form:
                if form[0] == "tunable" and len(form) == 3 and isinstance(form[1], str):
                    name = block.name + form[1]
                    self.tunables[name] = self._said.get(name, form[2] == "true")
                elif form[0] in ("block", "optional") and len(form) > 1 and isinstance(form[1], str):
                    inner = Block(f"{block.name}{form[1]}.", block) if form[0] == "block" else block
                    self._collect_tunables(form[2:], inner)

    def _items(
        self, forms: Sequence[Item], block: Block, within: Form | None
    ) -> "list[Form | Block | Part | Inherited]":
        word = next((each for each in forms if not isinstance(each, Form)), None)
        if word is not None and within is not None:
            raise fault(SYNTAX, within, f"`{word}` stands in this where a statement should")
        found: list[Form | Block | Part | Inherited] = []
        for form in forms:
            assert isinstance(form, Form)
            match form[:1]:
                case []:
                    continue
                case ["block"]:
                    found.append(self._block(form, block))
                case ["optional"]:
                    part = Part(form, [])
                    try:
                        part.items = self._items(form[2:], block, form)
                    except _NoTunable:
                        part.missing = True
                    found.append(part)
                case ["tunableif"]:
                    found += self._items(self._chosen(form, block), block, form)
                case ["macro"]:
                    self._macro(form, block)
                case ["blockabstract"]:
                    if self.find(named(form), block) is not block:
                        raise fault(SYNTAX, form, f"`blockabstract` names the block that it stands in, not `{form[1]}`")
                    block.abstract = True
                case ["in"]:
                    (self._later if form[1:2] == ["after"] else self._into).append((form, block))
                case _:
                    found.append(form)
        return found

    def _block(self, form: Form, outer: Block) -> Block:
        name = named(form)
        block = outer.blocks.get(name)
        if block is not None:
            raise fault(DUPLICATE, form, f"block `{outer.name}{name}` is there twice", "add to a block with `(in …)`")
        block = outer.blocks[name] = Block(f"{outer.name}{name}.", outer)
        block.items = self._items(form[2:], block, form)
        return block

    def _macro(self, form: Form, block: Block) -> None:
        name = named(form)
        if name in block.macros:
            raise fault(DUPLICATE, form, f"macro `{block.name}{name}` is there twice")
        if len(form) < 3 or not isinstance(form[2], Form):
            raise fault(SYNTAX, form, "a macro is `(macro NAME (PARAMETERS) STATEMENTS…)`")
        for parameter in form[2]:
            if (
                not isinstance(parameter, Form)
                or len(parameter) != 2
                or not all(isinstance(each, str) for each in parameter)
            ):
                raise fault(SYNTAX, form, f"a parameter of macro `{name}` is `(KIND NAME)`")
        block.macros[name] = form

    def _chosen(self, form: Form, block: Block) -> Sequence[Item]:
        if len(form) < 3:
            raise fault(SYNTAX, form, "`tunableif` is `(tunableif CONDITION (true …) (false …))`")
        value = self._tunable(form[1], block, form)
        for branch in form[2:]:
            if isinstance(branch, Form) and branch[:1] == ["true" if value else "false"]:
                return branch[1:]
        return ()

    def _tunable(self, item: Item, block: Block, form: Form) -> bool:
        if isinstance(item, str):
            for prefix in block.around():
                if prefix + item in self.tunables:
                    return self.tunables[prefix + item]
            raise _NoTunable([UNDEFINED.at(form.file.span(form.at), f"no tunable is called `{item}`")])
        if len(item) == 1:
            return self._tunable(item[0], block, form)
        values = [self._tunable(each, block, form) for each in item[1:]]
        match item[0], values:
            case "not", [value]:
                return not value
            case "and", [one, other]:
                return one and other
            case "or", [one, other]:
                return one or other
            case "xor" | "neq", [one, other]:
                return one != other
            case "eq", [one, other]:
                return one == other
        raise fault(SYNTAX, form, f"`{item[0]}` is no operator of a condition")

    def find(self, name: str, block: Block) -> Block | None:
        """The block that a name means, seen from a block."""
        prefixes = ("",) if name.startswith(".") else block.around()
        for prefix in prefixes:
            found: Block | None = self.root
            for part in (prefix + name).strip(".").split("."):
                found = None if found is None else found.blocks.get(part)
            if found is not None:
                return found
        return None

    def _add(self, form: Form, block: Block) -> None:
        """``(in BLOCK …)``."""
        body = form[2:] if form[1:2] in (["before"], ["after"]) else form[1:]
        if not body or not isinstance(body[0], str):
            raise fault(SYNTAX, form, "`in` is `(in BLOCK STATEMENTS…)`")
        target = self.find(body[0], block)
        if target is None:
            macro = next((m for p in block.around() if (m := self._macro_at(p + body[0])) is not None), None)
            if macro is None:
                raise fault(UNDEFINED, form, f"no block is called `{body[0]}`")
            macro.extend(body[1:])
            return
        before = len(self._into)
        target.items += self._items(body[1:], target, form)
        for added in self._into[before:]:
            self._add(*added)

    def _macro_at(self, name: str) -> Form | None:
        *blocks, last = name.split(".")
        block: Block | None = self.root
        for part in blocks:
            block = None if block is None else block.blocks.get(part)
        return None if block is None else block.macros.get(last)

    def _inherit(self, block: Block) -> None:
        """Put into a block, and the blocks in it, what they inherit; from what has all that it inherits itself."""
        if block.inherited is not False:
            return
        block.inherited = None
        for inner in list(block.blocks.values()):
            self._inherit(inner)
        block.items = self._with_inherited(block.items, block)
        block.inherited = True

    def _with_inherited(
        self, items: "list[Form | Block | Part | Inherited]", block: Block
    ) -> "list[Form | Block | Part | Inherited]":
        made: list[Form | Block | Part | Inherited] = []
        for item in items:
            if isinstance(item, Part):
                try:
                    made.append(Part(item.form, self._with_inherited(item.items, block), item.missing))
                except _NoBlock:
                    made.append(Part(item.form, [], missing=True))
            elif isinstance(item, Form) and item[0] == "blockinherit":
                name = named(item)
                source = self.find(name, block)
                if source is None:
                    raise _NoBlock([UNDEFINED.at(item.file.span(item.at), f"no block is called `{name}`")])
                self._depth += 1
                if self._depth > MAX_INHERITED:
                    raise fault(LIMIT, item, f"blocks inherit from blocks deeper than the limit of {MAX_INHERITED}")
                self._inherit(source)
                self._depth -= 1
                if source.inherited is None:
                    raise fault(CYCLE, item, f"block `{block.name[:-1]}` inherits itself, by `{source.name[:-1]}`")
                made.append(self._copied(source, block, item))
            else:
                made.append(item)
        return made

    def _copied(self, source: Block, target: Block, form: Form) -> Inherited:
        for name, macro in source.macros.items():
            if name in target.macros:
                raise fault(DUPLICATE, form, f"macro `{target.name}{name}` is there twice")
            target.macros[name] = macro
        around = source.outer.around() if source.outer is not None else ()
        return Inherited(around, self._copy_of(source.items, target, form, around))

    def _copy_of(
        self, items: "Sequence[Form | Block | Part | Inherited]", target: Block, form: Form, around: tuple[str, ...]
    ) -> "list[Form | Block | Part | Inherited]":
        made: list[Form | Block | Part | Inherited] = []
        for item in items:
            self._step(form)
            if isinstance(item, Block):
                name = item.name.rstrip(".").rpartition(".")[2]
                if name in target.blocks:
                    raise fault(DUPLICATE, form, f"block `{target.name}{name}` is there twice")
                inner = target.blocks[name] = Block(
                    f"{target.name}{name}.", target, macros=dict(item.macros), abstract=item.abstract, inherited=True,
                    origin=(*item.origin, *around),
                )  # fmt: skip
                inner.items = self._copy_of(item.items, inner, form, ())
                made.append(inner)
            elif isinstance(item, Part):
                made.append(Part(item.form, self._copy_of(item.items, target, form, around), item.missing))
            elif isinstance(item, Inherited):
                made.append(Inherited(item.around, self._copy_of(item.items, target, form, (*item.around, *around))))
            else:
                made.append(item)
        return made

    def _step(self, form: Form) -> None:
        self._count += 1
        if self._count > MAX_STATEMENTS:
            raise fault(LIMIT, form, f"blocks and macros come to more than the limit of {MAX_STATEMENTS} statements")

    def _register(self, block: Block) -> None:
        for name, macro in block.macros.items():
            self._macros[block.name + name] = (macro, block)
        for inner in block.blocks.values():
            self._register(inner)

    # Statements

    def statements(self) -> Iterator[Statement]:
        """All of them, in order."""
        yield from self._of_block(self.root, None)

    def _of_block(self, block: Block, optional: Optional | None) -> Iterator[Statement]:
        if block.abstract:
            return
        scope = Scope(block.name, block.around())
        yield from self._of_items(block.items, scope, optional, block, ())

    def _of_items(
        self,
        items: "Sequence[Form | Block | Part | Inherited]",
        scope: Scope,
        optional: Optional | None,
        block: Block,
        calls: tuple[str, ...],
    ) -> Iterator[Statement]:
        for item in items:
            if isinstance(item, Block):
                yield from self._of_block(item, optional)
            elif isinstance(item, Part):
                part = Optional(named(item.form), optional)
                part.enabled = not item.missing
                yield from self._of_items(item.items, scope, part, block, calls)
            elif isinstance(item, Inherited):
                wider = replace(scope, around=tuple(dict.fromkeys((*scope.around, *item.around))))
                yield from self._of_items(item.items, wider, optional, block, calls)
            elif item[0] == "booleanif":
                self._step(item)
                yield Statement(self._conditional(item, scope, block, calls), scope, optional)
            elif item[0] == "call":
                yield from self._called(item, scope, optional, block, calls)
            else:
                self._step(item)
                yield Statement(item, scope, optional)

    def _conditional(self, form: Form, scope: Scope, block: Block, calls: tuple[str, ...]) -> Form:
        """A ``booleanif`` with the macros in it called, and what hangs on tunables chosen."""
        if not any(isinstance(b, Form) and any(e[0] in ("call", "tunableif") for e in b[1:]) for b in form[2:]):
            return form
        made = Form(form[:2])
        made.at, made.file = form.at, form.file
        for branch in form[2:]:
            assert isinstance(branch, Form)
            inner = Form(branch[:1])
            inner.at, inner.file = branch.at, branch.file
            items = self._items(branch[1:], block, branch)
            for each, where, _ in self._of_items(items, scope, None, block, calls):
                if each[0] == "(argument)":
                    pass
                elif each[0] not in IN_CONDITIONS:
                    raise fault(SYNTAX, form, f"`{each[0]}` does not hang on booleans")
                placed = Placed(each)
                placed.at, placed.file, placed.scope = each.at, each.file, where
                inner.append(placed)
            made.append(inner)
        return made

    def _called(
        self, form: Form, scope: Scope, optional: Optional | None, block: Block, calls: tuple[str, ...]
    ) -> Iterator[Statement]:
        name = named(form)
        full = next((each for each in scope.candidates(name) if each in self._macros), None)
        if full is None:
            # A mistake; in an optional part, a reason why the part does not count. Whoever reads it says so.
            yield Statement(form, scope, optional)
            return
        if full in calls:
            raise fault(CYCLE, form, f"macro `{full}` calls itself")
        if len(calls) >= MAX_CALLS:
            raise fault(LIMIT, form, f"macros call macros deeper than the limit of {MAX_CALLS}")
        self._step(form)
        macro, home = self._macros[full]
        assert isinstance(macro[2], Form)
        given = form[2] if len(form) > 2 else Form()
        if not isinstance(given, Form) or len(given) != len(macro[2]) or (len(form) == 3 and not given):
            wanted = len(macro[2])
            raise fault(
                SYNTAX, form, f"macro `{full}` takes {wanted} argument{'s' * (wanted != 1)}, `(call {name} (…))`"
            )
        arguments: dict[str, tuple[Item, Scope]] = {}
        for parameter, value in zip(macro[2], given, strict=True):
            assert isinstance(parameter, Form)
            arguments[str(parameter[1])] = (value, scope)
            if isinstance(value, str) and parameter[0] not in ("string", "name"):
                handed = Form(["(argument)", parameter[0], value])
                handed.at, handed.file = form.at, form.file
                yield Statement(handed, scope, optional)
        around = tuple(dict.fromkeys((*home.around(), *scope.around)))
        own = frozenset(str(each[1]) for each in macro[3:] if isinstance(each, Form) and len(each) > 1)
        inner = Scope(scope.prefix, around, arguments, own)
        body = self._items(macro[3:], Block(home.name, home.outer, blocks=dict(home.blocks)), form)
        yield from self._of_items(body, inner, optional, block, (*calls, full))


class _NoBlock(DiagnosticError):
    """A block that is not there; an optional part does without."""


class _NoTunable(DiagnosticError):
    """A tunable that is not there; an optional part does without."""
