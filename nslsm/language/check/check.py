"""Checking: modules in, findings and a typed package out. Names, then types, then the rules about whole programs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from nslsm.diagnostics.diagnostic import Code, Diagnostic, Severity
from nslsm.diagnostics.sources import Sources
from nslsm.diagnostics.span import Span
from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.model import Hook
from nslsm.language.check import codes, ir
from nslsm.language.check.allowances import UNUSED_ALLOW, silenced
from nslsm.language.check.case_lowering import CaseChecker
from nslsm.language.check.case_rows import tests_of
from nslsm.language.check.cases import Case
from nslsm.language.check.claim_lowering import ClaimChecker
from nslsm.language.check.claims import Claim
from nslsm.language.check.expectations import Blamable, Expectations
from nslsm.language.check.findings import Findings, in_order
from nslsm.language.check.modules import Declared, LoadedModule, ModuleScope
from nslsm.language.check.namespaces import Namespaces
from nslsm.language.check.package import Checked, Package
from nslsm.language.check.policies import Policies
from nslsm.language.check.requirements import Catalogue
from nslsm.language.check.rules import RULES
from nslsm.language.check.session import Session
from nslsm.language.check.site import CONSTANT, Aim, Site
from nslsm.language.check.whole import Whole
from nslsm.language.syntax import ast


def check(
    roots: Sequence[str],
    modules: Mapping[str, LoadedModule],
    *,
    found: Iterable[Diagnostic] = (),
    sources: Sources | None = None,
    catalogue: Mapping[str, Hook] = CATALOGUE,
    catalogues: Mapping[str, Catalogue] | None = None,
) -> Checked:
    """Check ``modules``, of which ``roots`` were asked for and the others imported.

    ``catalogues`` are the requirements that ``@ref`` can name. ``found`` is what was found while they were loaded; an error
    there means that no package comes out either.
    """
    findings = Findings()
    findings.extend(found)
    for loaded in modules.values():
        findings.settle(loaded.faults)
    run = _Run(Session(modules, catalogue, findings, catalogues or {}), catalogue)
    for scope in run.session.universe.modules.values():
        run.declarations(scope)
    tests, claims = run.tests(roots)
    whole = run.whole(roots, claims)
    for rule in RULES:
        findings.extend(rule.find(whole))
    texts = {**(sources.texts if sources is not None else {}), **run.session.tables.texts}
    everything = Sources(texts)
    order = [modules[name].source for name in dict.fromkeys((*roots, *modules)) if name in modules]
    left, problems = silenced(
        findings.all(order), modules, everything.texts, roots=roots, codes=_codes(), sound=not findings.errors
    )
    asked = tuple(modules[name].source for name in roots if name in modules)
    diagnostics = in_order((*left, *problems), order)
    if findings.errors or any(each.severity is Severity.ERROR for each in problems):
        return Checked(diagnostics, None, everything, asked)
    run.require_everything(roots, tests, claims)
    package = Package(
        roots=tuple(roots),
        controls=run.controls,
        policies=run.policies,
        namespaces=run.namespaces,
        tests=tests,
        claims=claims,
        sources=everything,
    )
    return Checked(diagnostics, package, everything, asked)


def _codes() -> dict[str, Severity]:
    """The findings that the checker can make, with their severities."""
    known = [each for each in vars(codes).values() if isinstance(each, Code)]
    return {each.name: each.severity for each in (*known, *(rule.code for rule in RULES), UNUSED_ALLOW)}


class _Run:
    """One pass over all declarations: what is needed first is checked first, everything is checked once."""

    def __init__(self, session: Session, catalogue: Mapping[str, Hook]) -> None:
        self.session = session
        self.catalogue = catalogue
        self.controls: dict[str, ir.Control] = {}
        self.policies: dict[str, ir.Policy] = {}
        self.namespaces: dict[str, ir.Namespace] = {}
        self._policies = Policies(session)
        self._namespaces = Namespaces(session, self._policies)
        self._checked: dict[int, ir.Namespace] = {}
        self._broken = False
        self._hidden: set[str] = set()
        self._names: dict[str, Declared] = {}

    def declarations(self, scope: ModuleScope) -> None:
        """Everything that a module declares, apart from its tests."""
        declared = list(scope.declarations())
        self._broken = self._broken or scope.loaded.broken
        for each in declared:
            self._unique(each)
        for each in sorted(declared, key=lambda each: _ORDER[type(each.node)]):
            self._declaration(each)

    def _declaration(self, each: Declared) -> None:
        match each.node:
            case ast.Operation():
                self.session.actions.force(each)
            case ast.Table():
                self.session.tables.table(each)
            case ast.Control():
                control = self._policies.control(each).control
                if control is None:
                    self._hidden |= {each.name, each.qualified}
                else:
                    self.controls[control.name] = control
            case ast.Policy():
                policy = self._policies.policy(each)
                if policy is not None:
                    self.policies[policy.name] = policy
            case ast.Namespace():
                self.namespaces[each.qualified] = self._namespace(each)

    def _namespace(self, declared: Declared) -> ir.Namespace:
        node = declared.node
        assert isinstance(node, ast.Namespace)
        if id(node) not in self._checked:
            self._checked[id(node)] = self._namespaces.check(declared.module, node)
        return self._checked[id(node)]

    def _unique(self, declared: Declared) -> None:
        """Qualified names are unique in a package: a module's name can be that of what another module declares."""
        before = self._names.setdefault(declared.qualified, declared)
        if before.module is not declared.module:
            self.session.findings.add(
                codes.DUPLICATE_NAME,
                declared.span,
                f"`{declared.qualified}` is declared in two modules",
                related=((before.span, "the other is here"),),
            )

    def whole(self, roots: Sequence[str], claims: tuple[Claim, ...] = ()) -> Whole:
        """What came out, for the rules that look at everything."""
        session = self.session
        for scope in session.universe.modules.values():
            for declared in scope.declarations():
                if isinstance(declared.node, ast.Let) and not session.lets.is_read(declared.node):
                    _try(session, self.catalogue, declared, declared.node)
        return Whole(
            roots=tuple(roots),
            modules=session.universe.modules,
            controls=self.controls,
            policies=self.policies,
            namespaces=self.namespaces,
            claims=claims,
            is_read=session.lets.is_read,
            meaning=session.lets.meaning,
            behind=session.lets.behind,
            matched=lambda: session.lets.matched,
            sound=not session.findings.errors,
        )

    def require_everything(self, roots: Sequence[str], tests: tuple[Case, ...], claims: tuple[Claim, ...]) -> None:
        """Nothing that was said may be left out without a finding: that would weaken a policy silently.

        Raises AssertionError, which is a mistake of the checker and none of the policy.
        """
        written = claimed = 0
        for name, scope in self.session.universe.modules.items():
            for each in scope.declarations():
                _require_whole(self, each)
            if name in roots and scope.loaded.tree is not None:
                everything = (item for item in scope.loaded.tree.items if isinstance(item, ast.Test))
                written += sum(len(tuple(tests_of(item, scope, Findings()))) for item in everything)
                claimed += sum(isinstance(item, ast.Claim) for item in scope.loaded.tree.items)
        assert written == len(tests), "a test was left out without a finding"
        assert claimed == len(claims), "a claim was left out without a finding"

    def namespace(self, declared: Declared) -> ir.Namespace:
        """The checked namespace of a top-level declaration."""
        return self._namespace(declared)

    def tests(self, roots: Sequence[str]) -> tuple[tuple[Case, ...], tuple[Claim, ...]]:
        """The tests and the claims of the modules that were asked for."""
        blamable = Blamable()
        for control in self.controls.values():
            blamable.add_control(control)
        for policy in self.policies.values():
            blamable.add_binds(policy.binds)
        pending = list(self.namespaces.values())
        while pending:
            namespace = pending.pop()
            blamable.add_binds(namespace.binds)
            pending.extend(namespace.children)
        expectations = Expectations(self.session, self.catalogue, blamable)
        expectations.complete = not self._broken and not self._policies.lacking
        expectations.hidden = self._hidden
        checker = CaseChecker(self.session, self._policies, self.catalogue, self._namespace, expectations)
        claim_checker = ClaimChecker(self.session, checker)
        found = []
        claims = []
        for name in roots:
            scope = self.session.universe.modules.get(name)
            if scope is None or scope.loaded.tree is None:
                continue
            titles: dict[str, Span] = {}
            named: dict[str, Span] = {}
            for item in scope.loaded.tree.items:
                if isinstance(item, ast.Test):
                    self._unique_title(item.title, titles)
                    found += [checker.check(scope, test) for test in tests_of(item, scope, self.session.findings)]
                elif isinstance(item, ast.Claim):
                    self._unique_claim(item.name, named)
                    claims.append(claim_checker.check(scope, item))
        return tuple(case for case in found if case is not None), tuple(each for each in claims if each is not None)

    def _unique_claim(self, name: ast.Name, names: dict[str, Span]) -> None:
        before = names.setdefault(name.text, name.span)
        if before is not name.span:
            self.session.findings.add(
                codes.DUPLICATE_NAME,
                name.span,
                f"two claims of this module are called `{name.text}`",
                related=((before, "the other is here"),),
            )

    def _unique_title(self, title: ast.String, titles: dict[str, Span]) -> None:
        """Results name a test by its module and its title, so no two tests of a module have the same."""
        before = titles.setdefault(title.value, title.span)
        if before is not title.span:
            self.session.findings.add(
                codes.DUPLICATE_NAME,
                title.span,
                "another test of this module has this title, and results could not be told apart",
                related=((before, "the other is here"),),
            )


def _try(session: Session, catalogue: Mapping[str, Hook], declared: Declared, node: ast.Let) -> None:
    """A module's ``let`` that nothing here reads may be for others: if it speaks of no object, it can be checked at least."""
    subject_only = Site((Aim(replace(next(iter(catalogue.values())), object=None, facts=())),))
    for site in (CONSTANT, subject_only):
        here = session.expressions(declared.module, None, site)
        with here.trying() as attempt:
            value = here.check(node.value)
        if value is not None and not attempt.errors:
            session.lets.mark_read(node)


def _brings_something(module: ModuleScope, use: ast.Use, known: dict[int, bool]) -> bool:
    """Whether what is bound is a control, or a policy with one in it."""
    found = module.find(use.target.parts)
    if not isinstance(found, Declared) or not isinstance(found.node, ast.Policy):
        return True
    if id(found.node) not in known:
        known[id(found.node)] = any(_brings_something(found.module, inner, known) for inner in found.node.uses)
    return known[id(found.node)]


def _require_whole(run: _Run, declared: Declared) -> None:
    """Raise AssertionError where something of a declaration is not in what came of it."""
    node = declared.node
    left_out = f"a part of {declared.kind} `{declared.qualified}` was left out without a finding"
    if isinstance(node, ast.Control):
        control = run.controls.get(declared.qualified)
        attributes = sum(isinstance(member, ast.Attribute) for member in node.members)
        rules = sum(not isinstance(member, ast.Attribute | ast.Let) for member in node.members)
        assert control is not None, left_out
        assert (len(control.parameters), len(control.attributes)) == (len(node.parameters), attributes), left_out
        assert len(control.rules) == rules, left_out
    elif isinstance(node, ast.Namespace):
        pending = [(node, run.namespace(declared))]
        while pending:
            written, made = pending.pop()
            inner = [member for member in written.members if isinstance(member, ast.Namespace)]
            enters = sum(isinstance(member, ast.Enter) for member in written.members)
            assert (len(made.children), len(made.enters)) == (len(inner), enters), left_out
            uses = [member for member in written.members if isinstance(member, ast.Use)]
            assert made.binds or not any(_brings_something(declared.module, use, {}) for use in uses), left_out
            pending.extend(zip(inner, made.children, strict=True))


_ORDER = {ast.Let: 0, ast.Table: 1, ast.Operation: 2, ast.Control: 3, ast.Policy: 4, ast.Namespace: 5}
