"""What tests have seen of policies, for people: a table for a terminal, a page that shows the source."""

from nslsm.report.coverage.document import coverage_document
from nslsm.report.coverage.table import render_coverage

__all__ = ["coverage_document", "render_coverage"]
