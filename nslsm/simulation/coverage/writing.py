"""Where conditions stand: the typed program held against the text that it was made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nslsm.diagnostics.sources import Sources
from nslsm.diagnostics.span import Span
from nslsm.language.check import ir
from nslsm.language.check.operators import parts_of
from nslsm.language.syntax import ast
from nslsm.language.syntax.parse import SyntaxFailure, parse

RuleNode = ast.Deny | ast.Confine | ast.Allow | ast.On | ast.Audit | ast.Enter


@dataclass(frozen=True)
class Written:
    """One module's text, and what stands where in it."""

    module: str
    text: str
    rules: Mapping[tuple[int, int], RuleNode] = field(repr=False)
    """Rules and allows by the characters that they take up."""
    lets: Mapping[tuple[int, int], Mapping[str, ast.Let]] = field(repr=False)
    """The lets of each control by their names, by where the control's name stands; those of the module at (0, 0)."""
    namespaces: Mapping[tuple[int, int], ast.Namespace] = field(repr=False)
    """Namespaces by where their names stand."""

    def rule(self, span: Span) -> RuleNode | None:
        """The rule or the allow that stands there."""
        return self.rules.get((span.start, span.end))

    def enters(self, span: Span) -> tuple[ast.Enter, ...]:
        """The ``enter on`` declarations of the namespace whose name stands there."""
        node = self.namespaces.get((span.start, span.end))
        return () if node is None else tuple(each for each in node.members if isinstance(each, ast.Enter))

    def let(self, name: str, control: Span | None) -> ast.Let | None:
        """The ``let`` of this module that the typed program calls ``name``, in the control whose name stands there."""
        inner = {} if control is None else self.lets.get((control.start, control.end), {})
        module, _, last = name.rpartition(".")
        return inner.get(name) if not module else self.lets[0, 0].get(last) if module == self.module else None

    def words(self, span: Span) -> str:
        """What stands there, on one line."""
        return " ".join(self.text[span.start : span.end].split())


def read(sources: Sources, modules: Mapping[str, str]) -> dict[str, Written]:
    """The texts of ``modules`` (names of modules by what their texts are called), as far as they are at hand."""
    texts = {source: sources.texts[source] for source in modules if source in sources.texts}
    return {source: _written(modules[source], source, text) for source, text in texts.items()}


def _written(module: str, source: str, text: str) -> Written:
    rules: dict[tuple[int, int], RuleNode] = {}
    lets: dict[tuple[int, int], dict[str, ast.Let]] = {(0, 0): {}}
    namespaces = {}
    try:
        tree = parse(text, source)
    except SyntaxFailure:  # it has been checked, so it parses; were it not so, nothing would be marked in it
        return Written(module, text, {}, lets, {})
    for item in tree.items:
        match item:
            case ast.Let():
                lets[0, 0][item.name.text] = item
            case ast.Control():
                inner = lets.setdefault(_key(item.name), {})
                inner.update((each.name.text, each) for each in item.members if isinstance(each, ast.Let))
            case _:
                pass
        if isinstance(item, ast.Control | ast.Namespace):
            for node in item.walk():
                if isinstance(node, RuleNode):
                    rules[_key(node)] = node
                elif isinstance(node, ast.Namespace):
                    namespaces[_key(node.name)] = node
    return Written(module, text, rules, lets, namespaces)


def _key(node: ast.Node) -> tuple[int, int]:
    return node.span.start, node.span.end


def condition_node(node: RuleNode | None) -> ast.Expr | None:
    """The condition that a rule is written with."""
    if node is None:
        return None
    return node.where if isinstance(node, ast.Confine) else node.when


def part_nodes(
    expression: ir.Expr, node: ast.Expr | None, written: Written, control: Span | None
) -> tuple[ast.Expr | None, ...]:
    """For each part of a typed expression, in the order of ``parts_of``, what it is written as; None where that is not plain.

    It is not where the checker has simplified the expression, or where a ``let`` stands in another module.
    """
    parts = parts_of(expression)
    nodes: tuple[ast.Expr, ...] = ()
    match expression, node:
        case ir.Named(name=name), _:
            let = written.let(name, control)
            nodes = () if let is None else (let.value,)
        case ir.Not(), ast.Not(operand=operand):
            nodes = (operand,)
        case (ir.And(), ast.And(operands=operands)) | (ir.Or(), ast.Or(operands=operands)):
            nodes = operands
        case ir.Conditional(), ast.Conditional(condition=condition, then=then, otherwise=otherwise):
            nodes = (condition, then, otherwise)
        case (ir.Compare() | ir.Matches() | ir.Under(), ast.Compare(left=left, right=right)) | (
            ir.Arithmetic(),
            ast.Arithmetic(left=left, right=right),
        ):
            nodes = (left, right)
        case ir.SetOfParts(), ast.SetLiteral(elements=elements):
            nodes = elements
        case ir.Builtin(), ast.Call(arguments=arguments):
            nodes = arguments
        case _:
            pass
    return nodes if len(nodes) == len(parts) else (None,) * len(parts)
