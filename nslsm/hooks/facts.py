"""Facts that more than one hook has, named once, so that a rule on several of them reads one thing."""

from typing import Final

from nslsm.hooks.kinds import (
    ACCESS_MASK,
    CREDENTIALS,
    FILE,
    NATURAL,
    OPEN_FLAGS,
    PORTS,
    PROTECTION,
    SOCKET,
    SOCKET_FAMILY,
    SOCKET_TYPE,
)
from nslsm.hooks.types import ADDRESS, BOOL, INT, PATH, STRING, Bounds, Fact
from nslsm.hooks.vocabulary import RENAME_FLAGS, SETID_FLAGS

# What is certain of numbers

MODES: Final = Bounds(0, 2**16 - 1)
"""``umode_t``: 16 bits without a sign."""
IDS_OR_NONE: Final = Bounds(-1, 2**32 - 1)

# Files

FLAGS: Final = Fact("flags", OPEN_FLAGS, "how the file is opened; for execve(2): read, exec")
MASK: Final = Fact("mask", ACCESS_MASK, "what is about to be done with it")
COMMAND: Final = Fact("cmd", INT, "the command's number, second argument of ioctl(2)")
REQUESTED_PROTECTION: Final = Fact("reqprot", PROTECTION, "the protection that the program asks for")
PROTECTION_IN_FORCE: Final = Fact(
    "prot", PROTECTION, "the protection that it gets: asked for, or added for READ_IMPLIES_EXEC, personality(2)"
)
MODE: Final = Fact("mode", INT, "permission bits asked for; umask(2) may yet take some away", MODES)
NEW_MODE: Final = Fact(
    "mode", INT, "permission bits to be, with set-uid, set-gid and sticky; -1 where they stay", Bounds(-1, 2**16 - 1)
)
DEVICE_NUMBER: Final = Fact(
    "device_number", INT, "the device that a device file is to stand for, makedev(3); 0 for others", NATURAL
)
TARGET: Final = Fact(
    "target", STRING, "what the symbolic link is to say, as given: it may be relative, or lead nowhere"
)
OWNER: Final = Fact("owner", INT, "user id of the owner to be; -1 where it stays", IDS_OR_NONE)
GROUP: Final = Fact("group", INT, "group id of the group to be; -1 where it stays", IDS_OR_NONE)
OLD: Final = Fact("old", FILE, "the file under its present name")
NEW: Final = Fact("new", FILE, "the name to be; where there is such a file already, that file")
RENAME: Final = Fact("flags", RENAME_FLAGS, "whether a file there may be replaced, or both change places, renameat2(2)")
REPLACES: Final = Fact(
    "replaces", BOOL, "there is a file under the new name, which goes; false where both change places"
)
XATTR_NAME: Final = Fact("name", STRING, "name of the extended attribute, with its namespace: `user.note`, xattr(7)")
XATTR_VALUE: Final = Fact("value", STRING, "its value; bytes that are not UTF-8 as surrogates")
ACL_NAME: Final = Fact("name", STRING, "`system.posix_acl_access` or `system.posix_acl_default`, acl(5)")

# Programs and credentials

FILENAME: Final = Fact("filename", STRING, "the program as execve(2) was given it: it may be relative, or a script")
OLD_CREDENTIALS: Final = Fact("old", CREDENTIALS, "the credentials until now")
NEW_CREDENTIALS: Final = Fact("new", CREDENTIALS, "the credentials to be")
SETID: Final = Fact("flags", SETID_FLAGS, "by which kind of call")

# Sockets

FAMILY: Final = Fact("family", SOCKET_FAMILY, "address family of the socket to be")
TYPE: Final = Fact("type", SOCKET_TYPE, "stream, dgram, …")
PROTOCOL: Final = Fact("protocol", INT, "protocol number; 0 for the family's usual one")
KERN: Final = Fact("kern", BOOL, "made by the kernel for its own use")
ADDRESS_FAMILY: Final = Fact("family", SOCKET_FAMILY, "address family of the address; unspec where none is given")
HOST: Final = Fact("address", ADDRESS, "the IPv4 or IPv6 address; no address, in no network, for other families")
PORT: Final = Fact("port", INT, "the port; 0 where there is none", PORTS)
SOCKET_PATH: Final = Fact("path", PATH, "a unix socket's path; empty where there is none")
ABSTRACT: Final = Fact(
    "abstract", STRING, "a unix socket's abstract name, without the zero byte; empty where there is none"
)
SOCKET_ADDRESS: Final = (ADDRESS_FAMILY, HOST, PORT, SOCKET_PATH, ABSTRACT)
LEVEL: Final = Fact("level", INT, "the protocol that the option belongs to: 1 is SOL_SOCKET")
OPTION: Final = Fact("option", INT, "the option's number within its level")
SIZE: Final = Fact("size", INT, "how many bytes", NATURAL)
PEER: Final = Fact("peer", SOCKET, "the socket of the other party")
OWN: Final = Fact("own", SOCKET, "the caller's own socket")
