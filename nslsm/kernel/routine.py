"""Hooks that make room and free, in the sequences that many calls share; raised where every hook is wanted."""

from collections.abc import Generator, Iterable
from typing import TypeVar

from nslsm.kernel.context import Asking, Context
from nslsm.kernel.process import OpenSocket, Special
from nslsm.kernel.refusal import Refused
from nslsm.kernel.state import State
from nslsm.protocol.request import Request
from nslsm.protocol.things import File

_T = TypeVar("_T")


def new_file(context: Context, steps: "Generator[Request, bool, _T]") -> Asking[_T]:
    """``alloc_empty_file``, then ``steps`` that open something; where they fail, the open file is freed (``__fput``)."""
    return _new_file(context, steps) if context.every else steps


def _new_file(context: Context, steps: "Generator[Request, bool, _T]") -> Asking[_T]:
    yield from context.routine("file_alloc_security")
    try:
        return (yield from steps)
    except Refused:
        yield from context.routine("file_free_security")
        raise


def new_inode(context: Context, file: File, *, labelled: bool = True) -> Asking[None]:
    """``new_inode``, ``security_inode_init_security`` where a file system labels it, ``d_instantiate``."""
    yield from context.routine("inode_alloc_security", file)
    if labelled:
        yield from context.routine("inode_init_security", file)
    yield from context.routine("d_instantiate", file)


def freed(context: Context, candidates: Iterable[int], after: State) -> Asking[None]:
    """``__fput``: of the descriptions ``candidates`` those that ``after`` no longer has are freed.

    With an open pipe's last end, and with a socket, its inode goes too.
    """
    if not context.every:
        return
    before = context.state.descriptions
    for number in dict.fromkeys(candidates):
        known = before.get(number)
        if known is None or number in after.descriptions:
            continue
        match known.target:
            case OpenSocket():
                yield from context.routine("sk_free_security")
                yield from context.routine("inode_free_security")
            case Special() if not any(end in after.descriptions for end in known.target.ends or ()):
                if known.target.ends is not None:
                    yield from context.routine("inode_free_security")
        yield from context.routine("file_free_security")
