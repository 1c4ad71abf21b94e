"""An address space as a value: which areas are known, which files are behind them (the kernel's ``mm_struct``).

Where nobody saw a program's own segments mapped, an address that lies in no known area still tells whose it is: position
independent programs are loaded at ``ELF_ET_DYN_BASE`` (two thirds of the address space) or below, everything that is mapped
without an address, the program interpreter among it, near the top (arch/x86/include/asm/elf.h, arch/x86/mm/mmap.c).
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

PAGE: Final = 4096

_MAPPED_FROM: Final = 0x7000_0000_0000
"""Below this, nothing is mapped unless an address is asked for."""

_SIMULATED_TOP: Final = 0x7F00_0000_0000
"""Where the simulated kernel maps first, downwards."""


class Area(NamedTuple):
    """From ``start`` up to ``end``; ``description`` is the open file that is mapped there, None where there is none."""

    start: int
    end: int
    description: int | None = None
    charged: bool = False
    """It counts against the memory that may be promised: private, and writable once (``VM_ACCOUNT``)."""


@dataclass(frozen=True, slots=True)
class Memory:
    """One address space, which threads share, and a vfork(2)ed child until it executes something."""

    areas: tuple[Area, ...] = ()
    """Those that are known, by address; they do not overlap."""
    program: int | None = None
    """The description of the program's file, whose segments are mapped somewhere."""
    interpreter: int | None = None
    """The description of its interpreter's file (``ld.so``)."""
    start_of_heap: int | None = None
    end_of_heap: int | None = None
    """The program break, brk(2)."""
    charged: int = 0
    """How many areas beside the known ones count against promised memory: a program's data, its stack."""
    users: int = 1

    def within(self, start: int, end: int) -> tuple[Area, ...]:
        """The known areas that reach into a range."""
        return tuple(area for area in self.areas if area.start < end and start < area.end)

    def guess(self, address: int) -> int | None:
        """The description that an address outside all known areas belongs to; None for heap, stack, or nobody knows."""
        start, end = self.start_of_heap, self.end_of_heap
        if start is not None and end is not None and start <= address < end:
            return None
        return self.program if address < _MAPPED_FROM else self.interpreter

    def room(self, length: int) -> int:
        """An address at which ``length`` bytes are free, below whatever was mapped so before."""
        lowest = min((area.start for area in self.areas if area.start >= _MAPPED_FROM), default=_SIMULATED_TOP)
        return lowest - pages(length)

    @property
    def accounted(self) -> int:
        """How many areas a copy of it has to promise memory for (``dup_mmap``)."""
        return self.charged + sum(area.charged for area in self.areas)


def pages(length: int) -> int:
    """``length`` in whole pages, in bytes.

    >>> pages(1), pages(4096)
    (4096, 4096)
    """
    return -(-max(length, 0) // PAGE) * PAGE
