"""What can be wrong with profiles, and what an import tells of rules that our language does not take over."""

from typing import Final

from nslsm.diagnostics import Code
from nslsm.diagnostics.diagnostic import Severity

SYNTAX: Final = Code("apparmor-syntax")
"""A text that is no profile."""
CYCLE: Final = Code("apparmor-include-cycle")
"""A file that includes itself, directly or by others."""
NO_INCLUDE: Final = Code("apparmor-include-missing")
"""An included file that is in no folder of the search path."""
UNREADABLE: Final = Code("apparmor-unreadable")
"""A file that cannot be read, or is no text."""
VARIABLE: Final = Code("apparmor-variable")
"""A variable that has no value, has two, or hangs on itself."""
RULE: Final = Code("apparmor-rule")
"""A rule whose parts are not what AppArmor's parser takes."""
ABI: Final = Code("apparmor-abi")
"""An ABI that is not known, or whose file is none."""
CONFLICT: Final = Code("apparmor-exec-conflict")
"""Two rules that say different things about what becomes of a program."""
LIMIT: Final = Code("apparmor-over-limit")
"""More text, nesting or values than an import goes through."""
LOST: Final = Code("apparmor-restriction-lost")
"""A rule that forbids, and that the policy does not take over: the import is weaker than the profile."""
NARROWED: Final = Code("apparmor-permission-lost", Severity.WARNING)
"""A rule that permits, and that the policy does not take over: the import is stricter than the profile."""
NOTED: Final = Code("apparmor-not-modelled", Severity.NOTE)
"""Something that decides nothing here, such as what is written into a log."""
