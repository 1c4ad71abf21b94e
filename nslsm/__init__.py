"""Security policy per namespace: a language, a model of the kernel's hooks, and a laboratory for composed controls.

What a program embeds is here by name; each is imported when it is first asked for, so that ``import nslsm`` costs little.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

from nslsm.version import __version__ as __version__

if TYPE_CHECKING:
    from nslsm.api.binding import Bindable as Bindable
    from nslsm.api.binding import Bindables as Bindables
    from nslsm.api.binding import PolicyItem as PolicyItem
    from nslsm.api.binding import complaining as complaining
    from nslsm.api.decisions import Decision as Decision
    from nslsm.api.decisions import Denied as Denied
    from nslsm.api.discovery import installed_controls as installed_controls
    from nslsm.api.discovery import load_control as load_control
    from nslsm.api.importing import import_apparmor as import_apparmor
    from nslsm.api.importing import import_selinux as import_selinux
    from nslsm.api.kernel import Kernel as Kernel
    from nslsm.api.kernel import Snapshot as Snapshot
    from nslsm.api.oci import import_oci as import_oci
    from nslsm.api.policies import LoadedPolicy as LoadedPolicy
    from nslsm.api.policies import PolicyError as PolicyError
    from nslsm.api.policies import load_policy as load_policy
    from nslsm.api.recordings import replay as replay
    from nslsm.api.task import Task as Task
    from nslsm.api.watching import Decisions as Decisions
    from nslsm.controls.python import Control as Control
    from nslsm.engine.decision import Verdict as Verdict
    from nslsm.hooks.linux import Capability as Capability
    from nslsm.hooks.linux import Errno as Errno
    from nslsm.hooks.linux import Signal as Signal
    from nslsm.protocol.namespace import Limits as Limits
    from nslsm.protocol.namespace import Namespace as Namespace
    from nslsm.protocol.opinion import Answer as Answer
    from nslsm.protocol.opinion import Stance as Stance
    from nslsm.protocol.request import Request as Request

O_RDONLY, O_WRONLY, O_RDWR = os.O_RDONLY, os.O_WRONLY, os.O_RDWR
O_APPEND, O_CREAT, O_EXCL, O_TRUNC = os.O_APPEND, os.O_CREAT, os.O_EXCL, os.O_TRUNC
O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_PATH = os.O_CLOEXEC, os.O_DIRECTORY, os.O_NOFOLLOW, os.O_PATH
"""Flags of open(2)."""

_WHERE = {
    "Answer": "nslsm.protocol.opinion",
    "Bindable": "nslsm.api.binding",
    "Bindables": "nslsm.api.binding",
    "Capability": "nslsm.hooks.linux",
    "Control": "nslsm.controls.python",
    "Decision": "nslsm.api.decisions",
    "Decisions": "nslsm.api.watching",
    "Denied": "nslsm.api.decisions",
    "Errno": "nslsm.hooks.linux",
    "Kernel": "nslsm.api.kernel",
    "Limits": "nslsm.protocol.namespace",
    "LoadedPolicy": "nslsm.api.policies",
    "Namespace": "nslsm.protocol.namespace",
    "PolicyError": "nslsm.api.policies",
    "PolicyItem": "nslsm.api.binding",
    "Request": "nslsm.protocol.request",
    "Signal": "nslsm.hooks.linux",
    "Snapshot": "nslsm.api.kernel",
    "Stance": "nslsm.protocol.opinion",
    "Task": "nslsm.api.task",
    "Verdict": "nslsm.engine.decision",
    "complaining": "nslsm.api.binding",
    "import_apparmor": "nslsm.api.importing",
    "import_selinux": "nslsm.api.importing",
    "import_oci": "nslsm.api.oci",
    "installed_controls": "nslsm.api.discovery",
    "load_control": "nslsm.api.discovery",
    "load_policy": "nslsm.api.policies",
    "replay": "nslsm.api.recordings",
}


def __getattr__(name: str) -> object:
    """A name of the public face, imported now."""
    where = _WHERE.get(name)
    if where is None:
        raise AttributeError(f"module 'nslsm' has no attribute {name!r}")
    found: object = getattr(import_module(where), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
