"""Integrity: files measured and appraised as IMA does, their security attributes held together as EVM does."""

from nslsm.controls.integrity.control import Integrity as Integrity
from nslsm.controls.integrity.template import Measurement as Measurement
