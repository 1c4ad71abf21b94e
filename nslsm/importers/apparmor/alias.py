"""Other names of paths: rules, links and attachments that an alias gives a second time."""

from collections.abc import Sequence
from dataclasses import replace

from nslsm.importers.apparmor.rule import FileRule, Profile
from nslsm.importers.apparmor.variables import plain_slashes


def aliased(profile: Profile, aliases: Sequence[tuple[str, str]]) -> Profile:
    """The profile with a second rule for each about a path that has another name by an alias; it attaches to both."""
    more = [
        replace(rule, path=path, link_to=link_to)
        for rule in profile.rules
        if isinstance(rule, FileRule)
        for alias in aliases
        for path, link_to in [(_renamed(rule.path, alias), _renamed(rule.link_to, alias))]
        if (path, link_to) != (rule.path, rule.link_to)
    ]
    attached = (_renamed(profile.attachment, alias) for alias in aliases)
    return replace(
        profile,
        rules=(*profile.rules, *more),
        children=tuple(aliased(child, aliases) for child in profile.children),
        also=tuple(each for each in dict.fromkeys(attached) if each != profile.attachment),
    )


def doubled(profile: Profile, aliases: Sequence[tuple[str, str]]) -> int:
    """How many rules that makes."""
    beginnings = [old for old, _ in aliases]
    return sum(
        rule.path.startswith(old) or rule.link_to.startswith(old)
        for each in profile.all()
        for rule in each.rules
        if isinstance(rule, FileRule)
        for old in beginnings
    )


def _renamed(path: str, alias: tuple[str, str]) -> str:
    old, new = alias
    return plain_slashes(new + path.removeprefix(old)) if path.startswith(old) else path
