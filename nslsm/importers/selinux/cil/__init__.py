"""The Common Intermediate Language: from its text to a flat policy."""

from nslsm.importers.selinux.cil.read import read

__all__ = ["read"]
