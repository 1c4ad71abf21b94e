"""The findings that the checker makes while it resolves names and types; each has a page of its own to explain it.

Findings about a program that is whole, one to a file, are in :mod:`nslsm.language.check.rules`.
"""

from typing import Final

from nslsm.diagnostics.diagnostic import Code, Severity

# Modules and names
UNKNOWN_MODULE: Final = Code("unknown-module")
IMPORT_CYCLE: Final = Code("import-cycle")
EMPTY_MODULE: Final = Code("empty-module")
MODULE_NAME_MISMATCH: Final = Code("module-name-mismatch")
DUPLICATE_NAME: Final = Code("duplicate-name")
RESERVED_NAME: Final = Code("reserved-name")
UNKNOWN_NAME: Final = Code("unknown-name")
SHADOWED_NAME: Final = Code("shadowed-name", Severity.WARNING)
CYCLIC_DEFINITION: Final = Code("cyclic-definition")

# Hooks and facts
UNKNOWN_HOOK: Final = Code("unknown-hook")
UNKNOWN_FACT: Final = Code("unknown-fact")
FACT_NOT_ON_HOOK: Final = Code("fact-not-on-hook")
NOT_A_THING: Final = Code("not-a-thing")
UNDENIABLE_HOOK: Final = Code("undeniable-hook")
INBOUND_WITHOUT_HOME: Final = Code("inbound-without-home")
ALLOW_OUTSIDE_REGION: Final = Code("allow-outside-region-actions")

# Types
UNKNOWN_TYPE: Final = Code("unknown-type")
TYPE_MISMATCH: Final = Code("type-mismatch")
NOT_A_CONDITION: Final = Code("not-a-condition")
NOT_ORDERED: Final = Code("not-ordered")
NOT_COMPARABLE: Final = Code("not-comparable")
NOT_A_SET: Final = Code("not-a-set")
NOT_A_VALUE: Final = Code("not-a-value")
NOT_CALLABLE: Final = Code("not-callable")
WRONG_ARGUMENTS: Final = Code("wrong-arguments")
UNTYPED_SET: Final = Code("untyped-set")
NOT_CONSTANT: Final = Code("not-constant")
BAD_GLOB: Final = Code("bad-glob")
BAD_PATH: Final = Code("bad-path")

# Attributes
UNKNOWN_KIND: Final = Code("unknown-kind")
ATTRIBUTE_SHADOWS_FACT: Final = Code("attribute-shadows-fact")
MISSING_DEFAULT: Final = Code("missing-default")
BAD_JOIN: Final = Code("bad-join")
NOT_ASSIGNABLE: Final = Code("not-assignable")

# Tables
TABLE_DATA: Final = Code("table-data")
TABLE_OUTSIDE_ROOT: Final = Code("table-outside-root")
TABLE_HEADER: Final = Code("table-header")
TABLE_CELL: Final = Code("table-cell")
TABLE_DUPLICATE: Final = Code("table-duplicate")
TABLE_OTHERWISE: Final = Code("table-otherwise")
TABLE_TYPE: Final = Code("table-type")
TABLE_EMPTY: Final = Code("table-empty", Severity.WARNING)

# Policies and namespaces
UNKNOWN_CONTROL: Final = Code("unknown-control")
UNKNOWN_ARGUMENT: Final = Code("unknown-argument")
MISSING_ARGUMENT: Final = Code("missing-argument")
BINDING_CLASH: Final = Code("binding-clash")
ENTER_WITHOUT_PARENT: Final = Code("enter-without-parent")
REPEATED_CLAUSE: Final = Code("repeated-clause")
UNKNOWN_LIMIT: Final = Code("unknown-limit")

# Annotations
UNKNOWN_ANNOTATION: Final = Code("unknown-annotation")
BAD_ANNOTATION: Final = Code("bad-annotation")
UNKNOWN_CATALOGUE: Final = Code("unknown-catalogue")
UNKNOWN_REQUIREMENT: Final = Code("unknown-requirement")
BAD_CATALOGUE: Final = Code("bad-catalogue")

# Tests
UNKNOWN_CALL: Final = Code("unknown-call")
UNKNOWN_TASK: Final = Code("unknown-task")
UNKNOWN_NAMESPACE: Final = Code("unknown-namespace")
UNKNOWN_RULE: Final = Code("unknown-rule")
BAD_STEP: Final = Code("bad-step")
BAD_EXPECTATION: Final = Code("bad-expectation")

# Claims
BAD_CLAIM: Final = Code("bad-claim")
