"""The reader of what strace(1) writes, versions 5 and 6."""

from collections.abc import Iterable, Iterator

from nslsm.importers.traces.reader import Item
from nslsm.importers.traces.strace.short import StraceReader

__all__ = ["Item", "StraceReader", "read"]


def read(lines: Iterable[bytes], source: str = "<trace>") -> Iterator[Item]:
    r"""Events and findings of ``lines``, in order; ``source`` is what findings call the trace.

    >>> [event] = read([b'7 close(3</etc/passwd>) = 0\n'])
    >>> event.name, event.arguments[0].path, event.result
    ('close', '/etc/passwd', 0)
    """
    return StraceReader(source).read(lines)
