"""What a program declares instead of doing: credentials and files, said in Python's words, as the kernel's values."""

from collections.abc import Mapping
from dataclasses import replace

from nslsm.api.values import value_of
from nslsm.hooks.kinds import CREDENTIALS, FILE, TASK
from nslsm.hooks.types import Kind, Unknown
from nslsm.kernel.boot import changed_credentials, declared_credentials, ordinary_credentials
from nslsm.protocol.things import Credentials, NamespaceId


def fresh_credentials(said: Mapping[str, object], namespace: NamespaceId) -> Credentials:
    """Those of a process that nobody has forked: an ordinary user's unless ``uid`` says.

    TypeError for a name that credentials have not, ValueError for a value that is of another type.
    """
    return declared_credentials(_facts(said), namespace)


def inherited_credentials(inherited: Credentials, said: Mapping[str, object]) -> Credentials:
    """A child's, some of them declared anew; ``uid`` stands for all four ids, and for no capabilities unless it is 0."""
    given = _facts(said)
    if "uid" in given:
        uid, gid = given.pop("uid"), given.pop("gid", None)
        if not isinstance(uid, int) or not (gid is None or isinstance(gid, int)):
            raise TypeError("who a child is, is known")
        fresh = ordinary_credentials(uid, gid, inherited.namespace)
        inherited = replace(fresh, no_new_privs=inherited.no_new_privs, securebits=inherited.securebits)
    return changed_credentials(inherited, given)


def file_facts(said: Mapping[str, object]) -> dict[str, object]:
    """A file's facts; TypeError for a name that no file has, ValueError for a value that is of another type."""
    facts: dict[str, object] = {}
    for name, value in said.items():
        if name in ("target", "interpreter"):
            if not (isinstance(value, str) and value):
                raise ValueError(f"{name}={value!r:.80} is no path")
            facts[name] = value
        elif name == "xattrs":
            facts[name] = _attributes(value)
        elif name not in ("type", "owner", "group", "mode", "sha256", "inode", "device", "filesystem"):
            raise TypeError(f"a file has no `{name}`")
        else:
            facts[name] = _fact(FILE, name, value)
    return facts


def _attributes(said: object) -> dict[str, str]:
    if not isinstance(said, Mapping) or not all(isinstance(text, str) for pair in said.items() for text in pair):
        raise ValueError(f"xattrs={said!r:.80} is no mapping of names to texts")
    return dict(said)


def _facts(said: Mapping[str, object]) -> dict[str, object]:
    known = {name for name in Credentials.__slots__ if name not in ("__weakref__", "namespace")}
    unknown = sorted(set(said) - known)
    if unknown:
        raise TypeError(f"credentials have no `{unknown[0]}`")
    return {name: _fact(CREDENTIALS, name, value) for name, value in said.items()}


def _fact(kind: Kind, name: str, said: object) -> object:
    fact = kind.fact(name) or TASK.fact(name)
    assert fact is not None, name
    if isinstance(said, Unknown):
        return said
    found = value_of(name, said, fact.type)
    least, most = (None, None) if fact.bounds is None else (fact.bounds.least, fact.bounds.most)
    if isinstance(found, int) and ((least is not None and found < least) or (most is not None and found > most)):
        raise ValueError(f"{name}={found} is not between {least} and {most}")
    return found
