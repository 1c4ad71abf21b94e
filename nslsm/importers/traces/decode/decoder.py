"""What decodes one system call."""

from collections.abc import Callable
from typing import TypeAlias

from nslsm.kernel.call import SystemCall
from nslsm.kernel.operations import Operation

Decoder: TypeAlias = Callable[[SystemCall], Operation]
"""Raises :class:`nslsm.importers.traces.decode.words.Undecodable` where the arguments are not what the call takes."""
