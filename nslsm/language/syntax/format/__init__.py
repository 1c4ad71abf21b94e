"""The one layout of a module: what it says, and its comments, in lines that do not depend on how the author broke them."""

from nslsm.language.syntax.format.blocks import Blocks
from nslsm.language.syntax.format.columns import written
from nslsm.language.syntax.parse import parse


def format_module(text: str, source: str) -> str:
    """A module's text in the canonical layout; what it says, its doc strings and its comments stay as they are.

    Time grows with the length. Raises :class:`~nslsm.language.syntax.parse.SyntaxFailure`, as ``parse`` does: what cannot
    be read is not touched.

    >>> print(format_module("control a{deny read when subject.uid==0}", "a"), end="")
    control a {
        deny read when subject.uid == 0
    }
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    module = parse(text, source)
    blocks = Blocks(text, source, module)
    blocks.everything()
    return written(blocks.lines)
