"""Programs: a task is about to run another one, execve(2)."""

from functools import partial
from typing import Final

from nslsm.hooks.entry import Telling
from nslsm.hooks.facts import FILENAME, NEW_CREDENTIALS
from nslsm.hooks.kinds import FILE
from nslsm.hooks.model import Family, Hook

_asks: Final = partial(Hook, object=FILE)
_tells: Final = partial(Telling, object=FILE)

FAMILY: Final = Family.of(
    "exec",
    "Programs: a task is about to run another one, execve(2).",
    _asks(
        "bprm_creds_for_exec",
        doc="A program is about to be run, and the credentials that it starts with are being prepared, once an execve(2).",
        prototype="int bprm_creds_for_exec(struct linux_binprm *bprm)",
        object_is="the file that execve(2) names, also where it is a script",
        facts=(FILENAME,),
    ),
    _asks(
        "bprm_check_security",
        doc="A program is about to be run: first the file that is named and then, for a script, each interpreter.",
        prototype="int bprm_check_security(struct linux_binprm *bprm)",
        object_is="the script or program at this step",
        facts=(FILENAME,),
        repeats="execve(2) asks for a script and for each of its interpreters",
    ),
    _asks(
        "bprm_creds_from_file",
        doc="The set-uid and set-gid bits and the capabilities of a program's file are about to count for the task.",
        prototype="int bprm_creds_from_file(struct linux_binprm *bprm, const struct file *file)",
        object_is="the program that will run: for a script, its interpreter",
        facts=(FILENAME, NEW_CREDENTIALS),
    ),
    _tells(
        "bprm_committing_creds",
        doc="There is no way back: the program is being installed, and its credentials are taken next.",
        prototype="void bprm_committing_creds(const struct linux_binprm *bprm)",
        object_is="the program that will run: for a script, its interpreter",
        facts=(FILENAME, NEW_CREDENTIALS),
    ),
    _tells(
        "bprm_committed_creds",
        doc="The program is installed, and the task has its new credentials.",
        prototype="void bprm_committed_creds(const struct linux_binprm *bprm)",
        object_is="the program that runs: for a script, its interpreter",
        facts=(FILENAME,),
    ),
)
