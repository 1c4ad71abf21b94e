"""Other systems' policies, as policies of ours."""

from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from nslsm.api.policies import PolicyError
from nslsm.diagnostics import DiagnosticError

if TYPE_CHECKING:
    from nslsm.importers.apparmor import Imported
    from nslsm.importers.selinux import Imported as ImportedSelinux


def import_apparmor(
    *files: str | PathLike[str],
    folders: Iterable[str | PathLike[str]] = (),
    name: str | None = None,
    defines: Mapping[str, bool] | None = None,
    enforce: bool = False,
    peers: Iterable[str] = (),
) -> "Imported":
    """AppArmor's profiles as the text of a policy, with findings about what it does not take over.

    ``folders`` is where included files are looked for (``/etc/apparmor.d``), ``name`` the name of the control, else the first
    file's. ``defines`` gives boolean variables their values, ``enforce`` ignores complain mode, ``peers`` are names of
    profiles elsewhere that rules may speak of. Raises :class:`PolicyError` for what is no profile, ValueError without a file.
    """
    from nslsm.importers.apparmor import import_profiles  # noqa: PLC0415 - it loads the language

    if not files:
        raise ValueError("no file was named")
    try:
        return import_profiles(
            [Path(file) for file in files],
            [Path(folder) for folder in folders],
            name=name,
            defines=defines,
            enforce=enforce,
            peers=peers,
        )
    except DiagnosticError as error:
        raise PolicyError(error.diagnostics, error.sources) from None


def import_selinux(
    *modules: str | PathLike[str],
    name: str | None = None,
    booleans: Mapping[str, bool] | None = None,
    tunables: Mapping[str, bool] | None = None,
    parameters: Iterable[str] = (),
) -> "ImportedSelinux":
    """A policy of SELinux, in its Common Intermediate Language, as a policy of ours: a text, and the files of its tables.

    ``modules`` are files, folders and archives, which make the policy together; ``name`` is that of the control, else the first
    file's. ``booleans`` and ``tunables`` have other values than their defaults; booleans of ``parameters`` stay parameters of
    the control. Raises :class:`PolicyError` for what is no policy, ValueError without a file.
    """
    from nslsm.importers.selinux import import_modules  # noqa: PLC0415 - it loads the language

    if not modules:
        raise ValueError("no file was named")
    try:
        return import_modules(
            [Path(module) for module in modules],
            name=name,
            booleans=booleans,
            tunables=tunables,
            parameters=parameters,
        )
    except DiagnosticError as error:
        raise PolicyError(error.diagnostics, error.sources) from None
