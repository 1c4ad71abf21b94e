"""Lists of arguments that are written as most are: what this matches can be read by itself, whatever follows on the line."""

import re
from typing import Final

_NUMBER = r"-?(?:0x[0-9a-f]{1,16}+|[0-9]{1,20}+)"
_NAME = r"[A-Za-z_][A-Za-z0-9_]*+"
_NAMES = rf"{_NAME}(?:\|(?:{_NAME}|0x[0-9a-f]{{1,16}}+|[0-9]{{1,20}}+))*+"
_ESCAPE = r"\\(?:[0-3][0-7][0-7]|[0-7]{1,2}+(?![0-7])|x[0-9a-f]{2}|[nrtvf\"\\'])"
_STRING = rf'"[^"\\]*+(?:{_ESCAPE}[^"\\]*+)*+"(?:\.\.\.)?+'
_FILE = r'(?![A-Z][\w-]*+:\[)[^<>"\\]*+(?:<(?:char|block)\ [0-9a-f]++:[0-9a-f]++>)?+'
_SOCKET = r'[A-Z][\w-]*+:\[(?:->|[^"<>\]])*+\]'
_DESCRIPTOR = rf"(?:AT_FDCWD|-?[0-9]{{1,20}}+)<(?:{_FILE}|{_SOCKET})>(?:\(deleted\))?+"
_REMARKED = rf"{_NUMBER}\ /\*\ [^*<]{{0,200}}+(?<=\ )\*/"
_SCALAR = rf"(?:{_STRING}|{_NUMBER}(?![\w:.|<-])|{_NAMES})"
_SET = rf"~?+\[(?:{_NAME}(?:\ {_NAME}){{0,70}}+)?+\]"
_MEMBER = rf"[a-z_][a-z0-9_]*+=(?:{_SCALAR}|{_SET})"
_STRUCTURE = rf"\{{(?:{_MEMBER},\ ){{0,20}}+(?:{_MEMBER}|\.\.\.)\}}"
_ITEM = rf"(?:{_DESCRIPTOR}|{_SCALAR})"
_ARRAY = rf"\[(?:{_ITEM}(?:,\ {_ITEM}){{0,50}}+(?:,\ \.\.\.)?+)?+\]"
_CHANGED = rf"\[{_NUMBER}\ =>\ {_NUMBER}\]"
_ARGUMENT = rf"(?:{_REMARKED}|{_DESCRIPTOR}|{_SCALAR}|{_STRUCTURE}|{_ARRAY}|{_SET}|{_CHANGED})"

LIST: Final = re.compile(rf"(?:{_ARGUMENT}(?:,\ {_ARGUMENT}){{0,15}}+)?+\)", re.ASCII | re.DOTALL | re.VERBOSE)
"""A list of up to sixteen arguments, with the parenthesis that closes it."""
