"""How a family of system calls says which of its functions handles which operation."""

from collections.abc import Callable
from typing import TypeAlias, TypeVar, cast

from nslsm.kernel.context import Context
from nslsm.kernel.event import Steps
from nslsm.kernel.operations.operation import Operation

_Of = TypeVar("_Of", bound=Operation)

Handler: TypeAlias = Callable[[Context, Operation], Steps]


def handles(operation: type[_Of], handler: Callable[[Context, _Of], Steps]) -> tuple[type[Operation], Handler]:
    """An entry of the table: ``handler`` is called for operations of exactly this class, so that its argument fits."""
    return operation, cast("Handler", handler)
