"""The one place that knows where grammar/, policies/ and examples/ are: in a source tree, or inside a wheel."""

from pathlib import Path


def grammar_text() -> str:
    """The text of ``grammar/policy.lark``."""
    here = Path(__file__).parent
    for folder in (here / "grammar", here.parent / "grammar"):
        if folder.is_dir():
            return (folder / "policy.lark").read_text(encoding="utf-8")
    raise FileNotFoundError("nslsm is installed without its grammar")


def policies_root() -> Path:
    """The folder of the shipped policies: ``std.operations`` is ``std/operations.nslsm`` in it."""
    here = Path(__file__).parent
    for folder in (here / "_data" / "policies", here.parent / "policies"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError("nslsm is installed without its policies")
