"""Files rewritten in place: whole or not at all, with the mode that they had."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp


def rewrite(path: Path, text: str) -> None:
    """Put ``text``, as UTF-8, in place of a file's contents. A link stays one: what it leads to is rewritten.

    Raises OSError, and then the file is as it was: the new text is written beside it and takes its place in one step.
    """
    target = path.resolve()
    mode = stat.S_IMODE(target.stat().st_mode)
    descriptor, name = mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as new:
            new.write(text.encode())
            new.flush()
            os.fsync(new.fileno())
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
