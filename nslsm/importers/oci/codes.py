"""What can be wrong with a container's configuration, and what an import tells of what it does not take over."""

from typing import Final

from nslsm.diagnostics import Code
from nslsm.diagnostics.diagnostic import Severity

SYNTAX: Final = Code("oci-syntax")
"""A text that is no JSON, or says one thing twice."""
UNREADABLE: Final = Code("oci-unreadable")
"""A file that cannot be read, or is no text."""
LIMIT: Final = Code("oci-over-limit")
"""More text or nesting than an import goes through."""
VALUE: Final = Code("oci-value")
"""A value that is not what the runtime specification has there."""
LOST: Final = Code("oci-restriction-lost")
"""Something that restricts a container, and that the policy does not take over: the import is weaker."""
STRICTER: Final = Code("oci-stricter", Severity.WARNING)
"""Something that the policy has in a stricter way, or that permits and is not taken over."""
NOTED: Final = Code("oci-not-modelled", Severity.NOTE)
"""Something that decides nothing here."""
