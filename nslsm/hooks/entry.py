"""What the entries of the catalogue are made with: hooks that tell instead of asking, hooks whose answer is no verdict."""

from functools import partial
from typing import Final

from nslsm.hooks.model import Hook, HookClass

VOID: Final = "LSM_RET_VOID"
"""The default of a hook that returns nothing."""

Telling: Final = partial(Hook, hook_class=HookClass.NOTIFY, default=VOID)
"""A hook of class ``notify``."""

Answering: Final = partial(Hook, hook_class=HookClass.OTHER)
"""A hook of class ``other``; needs ``why_other``."""

PROVIDES: Final = "It asks a module for something of its own; a refusal would only say that no module has it."
"""Why a hook that fetches or stores a module's label is no question of access."""

NETWORK: Final = "CONFIG_SECURITY_NETWORK"
PATH: Final = "CONFIG_SECURITY_PATH"
"""What the kernel must have been built with to have these hooks."""
