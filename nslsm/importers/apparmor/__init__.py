"""AppArmor's profiles, as people write them: read, understood as AppArmor's own parser does, written down in our language.

:func:`import_profiles` reads files and writes a policy; what is not taken over is told as findings (``codes``).
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from nslsm.diagnostics.sources import Sources
from nslsm.importers.apparmor.emit import Imported as Imported
from nslsm.importers.apparmor.emit import emit
from nslsm.importers.apparmor.lexer import Reading
from nslsm.importers.apparmor.parse import read
from nslsm.importers.apparmor.text import name_of

SEARCH = (Path("/etc/apparmor.d"),)
"""Where files that are included are looked for, unless folders are named."""


def import_profiles(
    files: Sequence[Path],
    folders: Sequence[Path] = (),
    *,
    name: str | None = None,
    defines: Mapping[str, bool] | None = None,
    enforce: bool = False,
    peers: Iterable[str] = (),
) -> Imported:
    """The profiles of files as one policy. Raises :class:`~nslsm.diagnostics.DiagnosticError` at the first that is wrong.

    ``folders`` is where included files are looked for; ``defines`` gives boolean variables their values; ``enforce`` ignores
    complain mode, as aa-enforce(8) would; ``peers`` are names of profiles elsewhere of which rules may speak.
    """
    reading = Reading(tuple(folders) or SEARCH)
    modules = [read(file, reading, dict(defines or {})) for file in files]
    called = name_of(name or files[0].name.removesuffix(".flat"))
    return emit(modules, Sources(dict(reading.texts)), name=called, enforce=enforce, peers=peers)
