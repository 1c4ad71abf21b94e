"""Makes the tree: one method for each production of ``grammar/policy.lark``, called when the parser has all its parts."""

# Each method makes what its production in grammar/policy.lark says; all of them take the place of the whole.
# ruff: noqa: D102

from typing import Final

from nslsm.diagnostics.span import Span
from nslsm.language.syntax import ast, codes
from nslsm.language.syntax.build.declarations import Declarations
from nslsm.language.syntax.build.expressions import too_deep
from nslsm.language.syntax.build.steps import Steps

LANGUAGE: Final = 1
"""The version of the language that this parser reads."""


class Build(Declarations, Steps):
    """Builds one module, or as much of it as parses; ``problems`` is what was found wrong on the way."""

    def start(
        self,
        span: Span,
        language: ast.Integer | None,
        name: ast.Dotted | None,
        doc: ast.String | None,
        *items: ast.Import | ast.Item,
    ) -> ast.Module:
        if language is not None and language.value != LANGUAGE:
            self.problems.append(
                codes.UNSUPPORTED_LANGUAGE.at(
                    language.span,
                    f"this module is written in version {language.value} of the language",
                    help=f"this nslsm reads version {LANGUAGE}",
                )
            )
        imports = tuple([item for item in items if isinstance(item, ast.Import)])
        rest = tuple([item for item in items if not isinstance(item, ast.Import)])
        module = ast.Module(span=span, language=language, name=name, doc=doc, imports=imports, items=rest)
        if self.suspicious:
            self.problems.extend(too_deep(module))
        return module

    def import_(
        self, span: Span, module: ast.Dotted, names: tuple[ast.Name, ...], alias: ast.Name | None
    ) -> ast.Import:
        return ast.Import(span=span, module=module, names=names, alias=alias)
