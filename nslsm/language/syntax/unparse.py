"""Tree to text: what ``parse`` reads back as an equal tree. Comments and the author's layout are a formatter's matter."""

from collections.abc import Iterable
from typing import Final, assert_never

from nslsm.language.syntax import ast
from nslsm.language.syntax.unparse_expression import quote, unparse_expression

INDENT: Final = "    "


def unparse(module: ast.Module) -> str:
    """The text of a module.

    >>> from nslsm.language.syntax.parse import parse
    >>> print(unparse(parse('control a{deny read when object.path under "/srv" with EPERM}', "a")), end="")
    control a {
        deny read when object.path under "/srv" with EPERM
    }
    """
    head = [] if module.language is None else [f"language {unparse_expression(module.language)}"]
    head += [] if module.name is None else [f"module {module.name}"]
    head += _doc(module.doc)
    parts = [head, [_import(item) for item in module.imports], *(_item(item) for item in module.items)]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _import(item: ast.Import) -> str:
    names = f" ({', '.join(name.text for name in item.names)})" if item.names else ""
    return f"import {item.module}{names}{_name(' as ', item.alias)}"


def _item(item: ast.Item) -> list[str]:
    match item:
        case ast.Let():
            return [_let(item)]
        case ast.Table():
            return _table(item)
        case ast.Operation():
            hooks = [_operation_hook(hook) for hook in item.hooks]
            named = [f"operation {item.name.text}", *_indented(_doc(item.doc))]
            return [*named, *_indented([f"= {hooks[0]}", *(f", {hook}" for hook in hooks[1:])])]
        case ast.Control():
            head = f"control {item.name.text}{_parameters(item.parameters)}"
            return _block(
                item.annotations,
                head,
                item.doc,
                (line for member in item.members for line in _member(member)),
            )
        case ast.Policy():
            head = f"policy {item.name.text}{_parameters(item.parameters)}"
            return _block(item.annotations, head, item.doc, (f"use {_use(use)}" for use in item.uses))
        case ast.Namespace():
            return _namespace(item)
        case ast.Test():
            head = f"test {quote(item.title.value)}{_cases(item.cases)}"
            return _block((), head, None, (_step(step) for step in item.steps))
        case ast.Claim():
            return _claim(item)
        case _:
            assert_never(item)


def _claim(item: ast.Claim) -> list[str]:
    lines: list[str] = []
    if item.given is not None:
        lines += ["given {", *_indented(_step(step) for step in item.given.steps), "}"]
    if item.attempts is not None:
        lines.append(f"try {', '.join(_attempt(attempt) for attempt in item.attempts.attempts)}")
    lines += [
        f"never {_hooks(None, never.hooks)} in {never.namespace}{_clause('when', never.when)}" for never in item.nevers
    ]
    return _block(item.annotations, f"claim {item.name.text}", item.doc, lines)


def _attempt(attempt: ast.Attempt) -> str:
    named = (f"{one.name.text} = {unparse_expression(one.value)}" for one in attempt.named)
    return " ".join((attempt.call.text, *map(_operand, attempt.operands), *named))


def _block(
    annotations: tuple[ast.Annotation, ...], head: str, doc: ast.String | None, lines: Iterable[str]
) -> list[str]:
    return [*map(_annotation, annotations), f"{head} {{", *_indented([*_doc(doc), *lines]), "}"]


def _indented(lines: Iterable[str]) -> list[str]:
    return [INDENT + line if line else "" for line in lines]


def _doc(doc: ast.String | None) -> list[str]:
    if doc is None:
        return []
    if "\n" in doc.value or doc.value.endswith('"'):
        return ['"""', *doc.value.split("\n"), '"""']
    return [f'"""{doc.value}"""']


def _name(before: str, name: ast.Name | None) -> str:
    return "" if name is None else before + name.text


def _clause(word: str, value: ast.Expr | None) -> str:
    return "" if value is None else f" {word} {unparse_expression(value)}"


# Declarations


def _let(let: ast.Let) -> str:
    return f"let {let.name.text} = {unparse_expression(let.value)}"


def _table(table: ast.Table) -> list[str]:
    keys = ", ".join(f"{key.name.text}: {_type(key.type)}" for key in table.keys)
    value = "" if table.value is None else f" -> {_type(table.value)}"
    head = f"table {table.name.text}({keys}){value} ="
    otherwise = _clause("else", table.otherwise)
    if table.source is not None:
        return [f"{head} from {quote(table.source.value)}{otherwise}"]
    return [f"{head} {{", *_indented(f"{_row(row)}," for row in table.rows), f"}}{otherwise}"]


def _row(row: ast.Row) -> str:
    return " ".join(map(unparse_expression, row.keys)) + _clause("->", row.value)


def _operation_hook(item: ast.OperationHook) -> str:
    return f"{item.hook.name}{_name(' at ', item.at)}{_clause('when', item.when)}"


def _type(kind: ast.TypeName) -> str:
    if kind.keys:
        value = "" if kind.element is None else f" -> {_type(kind.element)}"
        return f"table {_parameters(kind.keys)}{value}"
    if kind.element is not None:
        return f"set of {_type(kind.element)}"
    if kind.members:
        return f"enum ({', '.join(member.text for member in kind.members)})"
    return kind.name


def _parameters(parameters: tuple[ast.Parameter, ...]) -> str:
    said = ", ".join(f"{one.name.text}: {_type(one.type)}{_clause('=', one.default)}" for one in parameters)
    return f"({said})" if parameters else ""


def _annotation(annotation: ast.Annotation) -> str:
    said = ", ".join(f"{_keyword(one.name)}{unparse_expression(one.value)}" for one in annotation.arguments)
    return f"@{annotation.name.text}" + (f"({said})" if annotation.arguments else "")


def _keyword(name: ast.Name | None) -> str:
    return "" if name is None else f"{name.text} = "


def _attribute(attribute: ast.Attribute) -> str:
    declared = f"attr {attribute.kind.text}.{attribute.name.text}: {_type(attribute.type)}"
    default, foreign = _clause("=", attribute.default), _clause("foreign", attribute.foreign)
    return f"{declared}{default}{foreign}{_name(' join ', attribute.join)}"


# Rules


def _member(member: ast.Attribute | ast.Let | ast.Rule) -> list[str]:
    match member:
        case ast.Attribute():
            return [_attribute(member)]
        case ast.Let():
            return [_let(member)]
        case ast.Deny():
            head = f"{'inbound ' if member.inbound else ''}deny {_hooks(member.name, member.hooks)}"
            return [f"{head}{_clause('when', member.when)}{_reasons(member.errno, member.because)}"]
        case ast.Confine():
            head = f"confine {_hooks(member.name, member.hooks)}{_clause('where', member.where)}"
            return [
                f"{head}{_reasons(member.errno, member.because)} {{",
                *_indented(map(_allow, member.allows)),
                "}",
            ]
        case ast.On():
            head = f"on {'denied ' if member.denied else ''}{_hooks(member.name, member.hooks)}"
            return [f"{head}{_clause('when', member.when)}", *_indented(map(_assign, member.assignments))]
        case ast.Audit():
            head = f"{'inbound ' if member.inbound else ''}audit {_hooks(member.name, member.hooks)}"
            return [f"{head}{_clause('when', member.when)}{_reasons(None, member.because)}"]
        case _:
            assert_never(member)


def _allow(allow: ast.Allow) -> str:
    return f"allow {_hooks(allow.name, allow.hooks)}{_clause('when', allow.when)}"


def _assign(assign: ast.Assign) -> str:
    return f"set {unparse_expression(assign.target)} = {unparse_expression(assign.value)}"


def _hooks(name: ast.Name | None, hooks: tuple[ast.HookRef, ...]) -> str:
    said = ", ".join(str(hook.name) for hook in hooks)
    return said if name is None else f"{name.text}: {said}"


def _reasons(errno: ast.ErrnoLiteral | None, because: ast.String | None) -> str:
    return _clause("with", errno) + _clause("because", because)


# Policies and namespaces


def _use(use: ast.Use) -> str:
    return f"{use.target}{_arguments('(', use.arguments, ')')}{_name(' as ', use.alias)}{_name(' in ', use.mode)}"


def _arguments(opening: str, arguments: tuple[ast.Argument, ...], closing: str) -> str:
    said = ", ".join(f"{one.name.text} = {unparse_expression(one.value)}" for one in arguments)
    return f"{opening}{said}{closing}" if arguments else ""


def _namespace(namespace: ast.Namespace) -> list[str]:
    members = [line for member in namespace.members for line in _namespace_member(member)]
    return _block(namespace.annotations, f"namespace {namespace.name.text}", namespace.doc, members)


def _namespace_member(
    member: ast.Use | ast.Enter | ast.Seal | ast.Lock | ast.Limit | ast.Namespace,
) -> list[str]:
    match member:
        case ast.Use():
            return [f"bind {_use(member)}"]
        case ast.Enter():
            return [f"enter on {_hooks(None, member.hooks)}{_clause('when', member.when)}"]
        case ast.Seal():
            return ["seal"]
        case ast.Lock():
            return [f"lock {{{', '.join(map(str, member.controls))}}}"]
        case ast.Limit():
            return [f"limit {member.name.text} = {unparse_expression(member.value)}"]
        case ast.Namespace():
            return _namespace(member)
        case _:
            assert_never(member)


# Tests


def _cases(cases: ast.CaseRows | None) -> str:
    if cases is None:
        return ""
    head = f" for {', '.join(name.text for name in cases.names)} in"
    if cases.source is not None:
        return f"{head} {cases.source}"
    rows = ", ".join(" ".join(map(_operand, row.cells)) for row in cases.rows)
    return f"{head} {{ {rows} }}" if rows else f"{head} {{}}"


def _step(step: ast.Step) -> str:
    match step:
        case ast.FileStep():
            return f"file {unparse_expression(step.path)}{_arguments(' { ', step.facts, ' }')}"
        case ast.TaskStep():
            return f"task {step.name.text} in {step.namespace}{_arguments(' { ', step.facts, ' }')}"
        case ast.CallStep():
            return _call(step)
        case ast.Expect():
            return f"expect {unparse_expression(step.condition)}"
        case _:
            assert_never(step)


def _call(step: ast.CallStep) -> str:
    said = [step.task.text, step.call.text, *map(_operand, step.operands)]
    said += [f"{one.name.text} = {unparse_expression(one.value)}" for one in step.named]
    said += [] if step.policy is None else [f"with {_use(step.policy)}"]
    said += [f"-> {', '.join(map(_outcome, step.outcomes))}"] if step.outcomes else []
    return " ".join(said)


def _operand(operand: ast.Expr | ast.Endpoint) -> str:
    if isinstance(operand, ast.Endpoint):
        address = operand.address
        return f"{f'[{address}]' if address.version == 6 else address}:{operand.port}"
    return unparse_expression(operand)


def _outcome(outcome: ast.Outcome) -> str:
    if outcome.unknown is not None:
        return f"unknown {unparse_expression(outcome.unknown, tight=True)}"
    errno = "" if outcome.errno is None else f" {outcome.errno.name}"
    by = "" if outcome.by is None else f" by {outcome.by}{_name('#', outcome.rule)}"
    within = "" if outcome.within is None else f" in {outcome.within}"
    return f"{outcome.verdict}{errno}{by}{within}"
