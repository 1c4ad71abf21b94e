"""The catalogue as a value: find hooks by name, by family, by pattern, by kernel, or by a word."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Final

from nslsm.hooks import FAMILIES
from nslsm.hooks.model import PROFILES, Family, Hook

VERSION: Final = "1"
"""The catalogue's version, part of every policy digest: it rises with whatever changes what a policy means (Model M6.1)."""


class UnknownHook(KeyError):
    """No hook, or no family, has this name. ``near`` are those that may have been meant, the nearest first."""

    def __init__(self, what: str, name: str, near: tuple[str, ...]) -> None:
        super().__init__(name)
        self.what = what
        self.name = name
        self.near = near

    def __str__(self) -> str:
        meant = f"; did you mean {' or '.join(f'`{each}`' for each in self.near)}?" if self.near else ""
        return f"no {self.what} is called `{self.name}`{meant}"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Catalogue(Mapping[str, Hook]):
    """Hooks by name, in the order of their families. Nothing in it changes.

    >>> CATALOGUE["file_opne"]
    Traceback (most recent call last):
    ...
    nslsm.hooks.catalogue.UnknownHook: no hook is called `file_opne`; did you mean `file_open`?
    """

    families: tuple[Family, ...]
    hooks: tuple[Hook, ...] = field(init=False)
    _by_name: Mapping[str, Hook] = field(init=False)
    _by_family: Mapping[str, Family] = field(init=False)

    def __post_init__(self) -> None:
        hooks = tuple(hook for family in self.families for hook in family.hooks)
        by_name = MappingProxyType({hook.name: hook for hook in hooks})
        by_family = MappingProxyType({family.name: family for family in self.families})
        if len(by_name) != len(hooks) or len(by_family) != len(self.families):
            raise ValueError("two entries of the catalogue have one name")
        object.__setattr__(self, "hooks", hooks)
        object.__setattr__(self, "_by_name", by_name)
        object.__setattr__(self, "_by_family", by_family)

    def __getitem__(self, name: str) -> Hook:
        """The hook called ``name``; UnknownHook, a KeyError, where there is none."""
        try:
            return self._by_name[name]
        except KeyError:
            raise UnknownHook("hook", name, self.near(name)) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __repr__(self) -> str:
        return f"<catalogue {VERSION}: {len(self.hooks)} hooks in {len(self.families)} families>"

    def near(self, name: str) -> tuple[str, ...]:
        """The names of up to three hooks that look like ``name``, the nearest first."""
        return tuple(get_close_matches(name, self._by_name, n=3, cutoff=0.7))

    def family(self, name: str) -> Family:
        """The family called ``name``; UnknownHook where there is none.

        >>> [hook.name for hook in CATALOGUE.family("ptrace").hooks]
        ['ptrace_access_check', 'ptrace_traceme']
        """
        try:
            return self._by_family[name]
        except KeyError:
            near = tuple(get_close_matches(name, self._by_family, n=3))
            raise UnknownHook("family of hooks", name, near) from None

    def matching(self, pattern: str) -> tuple[Hook, ...]:
        """The hooks whose names fit ``pattern``, in which ``*`` stands for any letters: ``inode_*``.

        >>> [hook.name for hook in CATALOGUE.matching("task_fix_*")]
        ['task_fix_setuid', 'task_fix_setgid', 'task_fix_setgroups']
        """
        return tuple(hook for hook in self.hooks if fnmatchcase(hook.name, pattern))

    def search(self, text: str) -> tuple[Hook, ...]:
        """The hooks whose name or sentence has every word of ``text``; those with all of them in the name come first.

        >>> [hook.name for hook in CATALOGUE.search("rename directory")]
        ['path_rename', 'inode_rename', 'path_reparent']
        """
        words = text.casefold().split()
        found = [hook for hook in self.hooks if all(word in f"{hook.name} {hook.doc}".casefold() for word in words)]
        return tuple(sorted(found, key=lambda hook: not all(word in hook.name for word in words)))

    def in_profile(self, profile: str) -> tuple[Hook, ...]:
        """The hooks that the kernel ``profile`` has, this project's own included; ValueError for another kernel."""
        if profile not in PROFILES:
            raise ValueError(f"no kernel `{profile}` is known: there are {', '.join(PROFILES)}")
        return tuple(hook for hook in self.hooks if hook.in_profile(profile))


CATALOGUE: Final = Catalogue(FAMILIES)
"""Every hook of the kernels in :data:`~nslsm.hooks.model.PROFILES`, and this project's own."""
