"""What can be wrong with a policy of SELinux, and what an import tells of what our language does not take over."""

from typing import Final

from nslsm.diagnostics import Code
from nslsm.diagnostics.diagnostic import Severity

SYNTAX: Final = Code("selinux-syntax")
"""A text that is not the Common Intermediate Language, or a statement whose parts are not what it takes."""
UNDEFINED: Final = Code("selinux-undefined")
"""A name that nothing declares."""
DUPLICATE: Final = Code("selinux-duplicate")
"""A name that is declared twice."""
CYCLE: Final = Code("selinux-cycle")
"""Something that is made of itself: a macro, a block, an attribute."""
CONFLICT: Final = Code("selinux-conflict")
"""Two rules that say different things of the same: two transitions of one kind."""
NEVERALLOW: Final = Code("selinux-neverallow")
"""An allow rule that a neverallow rule forbids."""
UNREADABLE: Final = Code("selinux-unreadable")
"""A file, folder or archive that cannot be read, or is none."""
LIMIT: Final = Code("selinux-over-limit")
"""More text, nesting or statements than an import goes through."""
LOST: Final = Code("selinux-restriction-lost")
"""Something that forbids, and that the policy does not take over: the import is weaker than what was imported."""
NARROWED: Final = Code("selinux-permission-lost", Severity.WARNING)
"""Something that permits, and that the policy does not take over: the import is stricter."""
NOTED: Final = Code("selinux-not-modelled", Severity.NOTE)
"""Something that decides nothing here."""
