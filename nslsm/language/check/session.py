"""What one run of the checker shares: the findings, the modules, and everything that is checked once and used often."""

from collections import Counter
from collections.abc import Mapping

from nslsm.hooks.model import Hook
from nslsm.language.check.actions import Actions
from nslsm.language.check.expressions import ControlNames, Expressions
from nslsm.language.check.findings import Findings
from nslsm.language.check.modules import LoadedModule, ModuleScope, Universe
from nslsm.language.check.names import Lets
from nslsm.language.check.requirements import Catalogue
from nslsm.language.check.site import Site
from nslsm.language.check.tables import Tables


class Session:
    """One run."""

    def __init__(
        self,
        modules: Mapping[str, LoadedModule],
        catalogue: Mapping[str, Hook],
        findings: Findings,
        catalogues: Mapping[str, Catalogue],
    ) -> None:
        self.findings = findings
        self.catalogues = catalogues
        self.rules: Counter[str] = Counter()
        """How many rules each module has, as far as it was checked."""
        self.universe = Universe(modules, findings)
        self.lets = Lets()
        self.tables = Tables(findings, lambda module, site: self.expressions(module, None, site))
        self.actions = Actions(findings, catalogue, lambda module, site: self.expressions(module, None, site))

    def expressions(self, module: ModuleScope, control: ControlNames | None, site: Site) -> Expressions:
        """What checks the expressions at ``site``."""
        return Expressions(self.findings, self.lets, self.tables, module, control, site)
