"""What a control says about itself, for records and explanations: references to catalogues, severity, title, owner."""

from typing import Final

from nslsm.controls.policy import PolicyControl
from nslsm.language.check.ir import Annotations
from nslsm.protocol.namespace import Binding

NOTHING_SAID: Final = Annotations()


def annotations_of(binding: Binding) -> Annotations:
    """The annotations of the control that is bound; none for a control in Python."""
    control = binding.control
    return control.program.annotations if isinstance(control, PolicyControl) else NOTHING_SAID
