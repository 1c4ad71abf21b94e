"""SELinux's policies, from the Common Intermediate Language, as policies of ours."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from re import sub

from nslsm.importers.selinux.cil import read
from nslsm.importers.selinux.emit import Imported, emit

__all__ = ["Imported", "import_modules"]


def import_modules(
    paths: Sequence[Path],
    *,
    name: str | None = None,
    booleans: Mapping[str, bool] | None = None,
    tunables: Mapping[str, bool] | None = None,
    parameters: Iterable[str] = (),
) -> Imported:
    """The policy that modules make together, as text and tables of ours, and what was not taken over.

    ``paths``: files, folders and archives of modules. ``name``: of the control, else as the first of them. ``parameters``:
    booleans that stay parameters of the control. Raises :class:`~nslsm.diagnostics.DiagnosticError` for what is no policy.
    """
    policy, findings, sources = read(paths, booleans=booleans, tunables=tunables)
    return emit(policy, sources, findings, name=name or _name(paths[0]), parameters=parameters)


def _name(path: Path) -> str:
    """A name of ours, from a file's.

    >>> _name(Path("refpolicy-trixie_cil.tar.xz"))
    'refpolicy_trixie_cil'
    """
    made = sub(r"[^A-Za-z0-9]+", "_", path.name.split(".")[0]).strip("_").lower()
    return made if made[:1].isalpha() else f"policy_{made}".rstrip("_")
