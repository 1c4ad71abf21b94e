"""Random trees: everything that a text can say, with keywords for names wherever that is allowed."""

from ipaddress import IPv4Network, IPv6Network
from typing import Final, TypeVar

from hypothesis import strategies as st

from nslsm.hooks.linux import Errno
from nslsm.language.syntax import ast
from nslsm.language.syntax.build.steps import STEP_WORDS
from nslsm.language.syntax.grammar import RESERVED, grammar
from nslsm.language.syntax.literals import read_doc
from tests.language.syntax.nodes import S

T = TypeVar("T")
KEYWORDS: Final = sorted(grammar().words - RESERVED)
CALLS: Final = ("fork", "vfork", "clone")


def several(strategy: st.SearchStrategy[T], least: int = 0, most: int = 3) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


def maybe(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.none() | strategy


def named(words: st.SearchStrategy[str]) -> st.SearchStrategy[ast.Name]:
    return words.map(lambda word: ast.Name(span=S, text=word))


span = st.just(S)
words = st.sampled_from(["a", "b2", "_x", "Ab", "E", *KEYWORDS])
members = st.sampled_from(["a", "b", *KEYWORDS, *sorted(RESERVED)])
names = named(words)
tasks = named(words.filter(lambda word: word not in STEP_WORDS))
dotted = st.builds(lambda first, rest: ast.Dotted(span=S, parts=(first, *rest)), words, st.lists(members, max_size=2))
families = st.just(ast.Dotted(span=S, parts=("inode_*",)))
hook_refs = st.builds(ast.HookRef, span=span, name=dotted | families)
hooks = several(hook_refs, 1)
docs = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]) | st.sampled_from("\n ")).map(
    lambda text: read_doc(f'"""{text.replace(chr(34), "")}"""', S)
)

# Expressions

text_values = st.text(st.characters(exclude_categories=["Cs"])) | st.binary().map(
    lambda data: data.decode(errors="surrogateescape")
)
strings = st.builds(ast.String, span=span, value=text_values)
integers = st.builds(
    ast.Integer,
    span=span,
    value=st.integers(-(2**63), 2**63 - 1) | st.integers(-2, 9),
    base=st.sampled_from([8, 10, 16]),
)
booleans = st.builds(ast.Boolean, span=span, value=st.booleans())
references = st.builds(ast.Reference, span=span, name=words)
addresses = st.builds(ast.AddressLiteral, span=span, value=st.ip_addresses())
networks = st.builds(
    ast.NetworkLiteral,
    span=span,
    value=st.builds(
        lambda host, bits: IPv4Network((host, bits), strict=False), st.ip_addresses(v=4), st.integers(0, 32)
    )
    | st.builds(lambda host, bits: IPv6Network((host, bits), strict=False), st.ip_addresses(v=6), st.integers(0, 128)),
)
errnos = st.builds(
    ast.ErrnoLiteral, span=span, name=st.sampled_from([name for name in sorted(Errno.__members__) if name.isalnum()])
)
cells = references | strings | integers | booleans | addresses | networks | errnos


def _wider(inner: st.SearchStrategy[ast.Expr]) -> st.SearchStrategy[ast.Expr]:
    return st.one_of(
        st.builds(ast.Member, span=span, base=inner, name=named(members)),
        st.builds(ast.Call, span=span, function=inner, arguments=several(inner, 0, 2)),
        st.builds(ast.SetLiteral, span=span, elements=several(inner)),
        st.builds(ast.Not, span=span, operand=inner),
        st.builds(ast.And, span=span, operands=several(inner, 2)),
        st.builds(ast.Or, span=span, operands=several(inner, 2)),
        st.builds(ast.Compare, span=span, operator=st.sampled_from(ast.COMPARISONS), left=inner, right=inner),
        st.builds(ast.Arithmetic, span=span, operator=st.sampled_from("+-&"), left=inner, right=inner),
        st.builds(ast.Conditional, span=span, condition=inner, then=inner, otherwise=inner),
    )


expressions: st.SearchStrategy[ast.Expr] = st.recursive(cells, _wider, max_leaves=8)
sets = st.builds(ast.SetLiteral, span=span, elements=several(expressions))


def _path(first: str, rest: list[ast.Name]) -> ast.Expr:
    value: ast.Expr = ast.Reference(span=S, name=first)
    for name in rest:
        value = ast.Member(span=S, base=value, name=name)
    return value


paths = st.builds(_path, words, st.lists(named(members), min_size=1, max_size=3))

# Declarations

types = st.recursive(
    st.builds(
        ast.TypeName,
        span=span,
        name=words.filter(lambda word: word not in ("set", "enum", "table")),
        element=st.none(),
        members=st.just(()),
    )
    | st.builds(ast.TypeName, span=span, name=st.just("enum"), element=st.none(), members=several(names, 1)),
    lambda inner: st.builds(ast.TypeName, span=span, name=st.just("set"), element=inner, members=st.just(())),
    max_leaves=3,
)
keys = several(st.builds(ast.Parameter, span=span, name=names, type=types, default=st.none()), 1)
table_types = st.builds(ast.TypeName, span=span, name=st.just("table"), element=maybe(types), keys=keys)
parameters = several(
    st.builds(ast.Parameter, span=span, name=names, type=types | table_types, default=maybe(expressions))
)
arguments = several(st.builds(ast.Argument, span=span, name=names, value=expressions))
annotation_values = references | strings | integers | booleans
annotations = several(
    st.builds(
        ast.Annotation,
        span=span,
        name=names,
        arguments=several(st.builds(ast.AnnotationArgument, span=span, name=maybe(names), value=annotation_values)),
    ),
    0,
    2,
)
lets = st.builds(ast.Let, span=span, name=names, value=expressions)
rows = several(st.builds(ast.Row, span=span, keys=several(cells, 1), value=maybe(expressions)))
tables = st.builds(
    ast.Table,
    span=span,
    name=names,
    keys=keys,
    value=maybe(types),
    source=strings,
    rows=st.just(()),
    otherwise=maybe(expressions),
) | st.builds(
    ast.Table,
    span=span,
    name=names,
    keys=keys,
    value=maybe(types),
    source=st.none(),
    rows=rows,
    otherwise=maybe(expressions),
)
operations = st.builds(
    ast.Operation,
    span=span,
    name=names,
    doc=maybe(docs),
    hooks=several(st.builds(ast.OperationHook, span=span, hook=hook_refs, at=maybe(names), when=maybe(expressions)), 1),
)

# Rules

head = {"span": span, "name": maybe(names), "hooks": hooks}
when = maybe(expressions)
reasons = {"errno": maybe(errnos), "because": maybe(strings)}
denials = st.builds(ast.Deny, **head, inbound=st.booleans(), when=when, **reasons)
allows = st.builds(ast.Allow, **head, when=when)
regions = st.builds(ast.Confine, **head, where=when, **reasons, allows=several(allows))
effects = st.builds(
    ast.On,
    **head,
    denied=st.booleans(),
    when=when,
    assignments=several(st.builds(ast.Assign, span=span, target=paths, value=expressions), 1, 2),
).filter(lambda on: on.denied or "denied" not in ((on.name.text if on.name else ""), on.hooks[0].name.parts[0]))
audits = st.builds(ast.Audit, **head, inbound=st.booleans(), when=when, because=maybe(strings))
attributes = st.builds(
    ast.Attribute,
    span=span,
    kind=names,
    name=named(members),
    type=types,
    default=when,
    foreign=when,
    join=maybe(named(words | st.sampled_from(["or", "and"]))),
)
controls = st.builds(
    ast.Control,
    span=span,
    annotations=annotations,
    name=names,
    parameters=parameters,
    doc=maybe(docs),
    members=several(attributes | lets | denials | regions | effects | audits),
)

# Policies and namespaces

uses = st.builds(
    ast.Use,
    span=span,
    target=dotted,
    arguments=arguments,
    alias=maybe(names),
    mode=maybe(named(st.sampled_from(["complain", "enforce"]))),
)
policies = st.builds(
    ast.Policy,
    span=span,
    annotations=annotations,
    name=names,
    parameters=parameters,
    doc=maybe(docs),
    uses=several(uses),
)
namespace_members = st.one_of(
    uses,
    st.builds(ast.Enter, span=span, hooks=hooks, when=when),
    st.builds(ast.Seal, span=span),
    st.builds(ast.Lock, span=span, controls=several(dotted)),
    st.builds(ast.Limit, span=span, name=names, value=expressions),
)
namespaces: st.SearchStrategy[ast.Namespace] = st.deferred(
    lambda: st.builds(
        ast.Namespace,
        span=span,
        annotations=annotations,
        name=names,
        doc=maybe(docs),
        members=several(namespace_members | namespaces),
    )
)

# Tests

rule_names = named(words | st.sampled_from(["deny-1", "confine-12"]))
blames = st.tuples(dotted, maybe(rule_names)) | st.just((None, None))
outcomes = several(
    st.builds(
        lambda verdict, errno, blame, within: ast.Outcome(
            span=S, verdict=verdict, errno=errno, by=blame[0], rule=blame[1], within=within, unknown=None
        ),
        st.sampled_from(["deny", "would-deny"]),
        maybe(errnos),
        blames,
        maybe(dotted),
    )
    | st.just(ast.Outcome(span=S, verdict="allow", errno=None, by=None, rule=None, within=None, unknown=None))
    | st.builds(
        ast.Outcome,
        span=span,
        verdict=st.just("unknown"),
        errno=st.none(),
        by=st.none(),
        rule=st.none(),
        within=st.none(),
        unknown=expressions,
    ),
    1,
    2,
)
operands = several(
    cells.filter(lambda cell: not (isinstance(cell, ast.Reference) and cell.name == "with"))
    | sets
    | st.builds(ast.Endpoint, span=span, address=st.ip_addresses(), port=st.integers(0, 65535))
)
calls = st.builds(
    ast.CallStep,
    span=span,
    task=tasks,
    call=named(words.filter(lambda word: word not in (*CALLS, "exit"))),
    operands=operands,
    named=several(
        st.builds(ast.Argument, span=span, name=named(words.filter(lambda word: word != "with")), value=cells | sets),
        0,
        2,
    ),
    policy=maybe(uses),
    outcomes=outcomes,
)
forks = st.builds(
    lambda task, call, child, outcomes: ast.CallStep(
        span=S,
        task=task,
        call=ast.Name(span=S, text=call),
        operands=() if call == "exit" else (ast.Reference(span=S, name=child.text),),
        named=(),
        policy=None,
        outcomes=outcomes,
    ),
    tasks,
    st.sampled_from([*CALLS, "exit"]),
    tasks,
    outcomes | st.just(()),
)
steps = st.one_of(
    st.builds(ast.FileStep, span=span, path=strings | st.builds(ast.Reference, span=span, name=words), facts=arguments),
    st.builds(ast.TaskStep, span=span, name=tasks, namespace=dotted, facts=arguments),
    calls,
    forks,
    st.builds(ast.Expect, span=span, condition=expressions),
)
case_rows = st.builds(
    ast.CaseRows,
    span=span,
    names=several(names, 1, 3),
    rows=several(
        st.builds(
            ast.CaseRow,
            span=span,
            cells=several(
                cells
                | sets
                | st.builds(ast.Endpoint, span=span, address=st.ip_addresses(), port=st.integers(0, 65535)),
                1,
                3,
            ),
        )
    ),
    source=st.none(),
) | st.builds(ast.CaseRows, span=span, names=several(names, 1, 3), rows=st.just(()), source=dotted)
tests = st.builds(ast.Test, span=span, title=strings, cases=maybe(case_rows), steps=several(steps, 0, 5))

# Claims

fixtures = st.one_of(
    st.builds(ast.FileStep, span=span, path=strings | st.builds(ast.Reference, span=span, name=words), facts=arguments),
    st.builds(ast.TaskStep, span=span, name=tasks, namespace=dotted, facts=arguments),
)
attempts = st.builds(
    ast.Attempt,
    span=span,
    call=names,
    operands=several(
        cells.filter(lambda cell: not (isinstance(cell, ast.Reference) and cell.name == "never"))
        | sets
        | st.builds(ast.Endpoint, span=span, address=st.ip_addresses(), port=st.integers(0, 65535))
    ),
    named=several(
        st.builds(ast.Argument, span=span, name=named(words.filter(lambda word: word != "never")), value=cells | sets),
        0,
        2,
    ),
)
claims = st.builds(
    ast.Claim,
    span=span,
    annotations=annotations,
    name=names,
    doc=maybe(docs),
    given=maybe(st.builds(ast.Given, span=span, steps=several(fixtures))),
    attempts=maybe(st.builds(ast.Try, span=span, attempts=several(attempts, 1))),
    nevers=several(st.builds(ast.Never, span=span, hooks=hooks, namespace=dotted, when=when), 1),
)

modules = st.builds(
    ast.Module,
    span=span,
    language=st.none() | st.just(ast.Integer(span=S, value=1)),
    name=maybe(dotted),
    doc=maybe(docs),
    imports=several(st.builds(ast.Import, span=span, module=dotted, names=several(names), alias=maybe(names)), 0, 2),
    items=several(lets | tables | operations | controls | policies | namespaces | tests | claims),
)
