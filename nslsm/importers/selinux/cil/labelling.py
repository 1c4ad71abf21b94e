"""Statements that say what has which context: files, ports, nodes, file systems, the kernel's own; and what is inherited."""

from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address
from typing import Final, Literal, cast

from nslsm.importers.selinux.cil.finish import Finish
from nslsm.importers.selinux.cil.forms import Form, Item, fault
from nslsm.importers.selinux.cil.places import Scope, given
from nslsm.importers.selinux.codes import CONFLICT, SYNTAX
from nslsm.importers.selinux.policy import Default, FileContext, Node, Port

KINDS: Final = ("any", "file", "dir", "char", "block", "socket", "pipe", "symlink")


def _file(finish: Finish, form: Form, scope: Scope) -> None:
    path, _ = given(form[1], scope)
    if form[2] not in KINDS:
        raise fault(SYNTAX, form, f"a kind of file is one of {', '.join(KINDS)}")
    item, where = given(form[3], scope)
    context = None if isinstance(item, Form) and not item else finish.context(item, where, form)
    kind = cast("Literal['any', 'file', 'dir', 'char', 'block', 'socket', 'pipe', 'symlink']", form[2])
    finish.files.append(FileContext(str(path), kind, context))


def _port(finish: Finish, form: Form, scope: Scope) -> None:
    item, _ = given(form[2], scope)
    ends = [item, item] if isinstance(item, str) else list(item)
    if form[1] not in ("tcp", "udp", "dccp", "sctp") or len(ends) != 2 or not all(str(each).isdigit() for each in ends):
        raise fault(SYNTAX, form, "a port is `(portcon PROTOCOL NUMBER CONTEXT)`, or has `(LOW HIGH)` for the number")
    first, last = (int(str(each)) for each in ends)
    if not 0 <= first <= last <= 65_535:
        raise fault(SYNTAX, form, f"{first} to {last} are no ports")
    finish.ports.append(Port(str(form[1]), first, last, finish.context(form[3], scope, form)))


def _node(finish: Finish, form: Form, scope: Scope) -> None:
    address, mask = (_address(finish, each, scope, form) for each in form[1:3])
    if (":" in address) != (":" in mask):
        raise fault(SYNTAX, form, "address and mask are both of IPv4, or both of IPv6")
    finish.nodes.append(Node(address, mask, finish.context(form[3], scope, form)))


def _address(finish: Finish, item: Item, scope: Scope, form: Form) -> str:
    item, scope = given(item, scope)
    if isinstance(item, str):
        full = finish.build.names.find("ipaddr", item, scope)
        item = finish.build.names.declared["ipaddr"][full][1][2]
    text = str(item[0]) if isinstance(item, Form) and len(item) == 1 else str(item)
    try:
        return str(ip_address(text))
    except ValueError:
        raise fault(SYNTAX, form, f"`{text[:60]}` is no address") from None


def _interface(finish: Finish, form: Form, scope: Scope) -> None:
    name, _ = given(form[1], scope)
    one, other = (finish.context(each, scope, form) for each in form[2:4])
    finish.interfaces.append((str(name), one, other))


def _use(finish: Finish, form: Form, scope: Scope) -> None:
    if form[1] not in ("xattr", "task", "trans"):
        raise fault(SYNTAX, form, "`fsuse` is one of xattr, task and trans")
    name, _ = given(form[2], scope)
    finish.file_systems.setdefault(str(name), (str(form[1]), finish.context(form[3], scope, form)))


def _generic(finish: Finish, form: Form, scope: Scope) -> None:
    system, _ = given(form[1], scope)
    path, _ = given(form[2], scope)
    kind = str(form[3]) if len(form) == 5 else "any"
    if kind not in KINDS:
        raise fault(SYNTAX, form, f"a kind of file is one of {', '.join(KINDS)}")
    finish.generic.append((str(system), str(path), kind, finish.context(form[-1], scope, form)))


def _initial(finish: Finish, form: Form, scope: Scope) -> None:
    name = finish.build.names.find("sid", form[1], scope)
    if name in finish.initial:
        raise fault(CONFLICT, form, f"`{name}` has a context already")
    finish.initial[name] = finish.context(form[2], scope, form)


def _default(finish: Finish, form: Form, scope: Scope) -> None:
    item = form[1]
    names: Iterable[Item] = [item] if isinstance(item, str) else item
    part = str(form[0]).removeprefix("default")
    value: object
    if part == "range":
        whole = form[2] in ("source", "target") and len(form) == 4 and form[3] in ("low", "high", "low-high")
        if not whole and form[2] != "glblub":
            raise fault(
                SYNTAX, form, "a range is that of `source` or `target`, `low`, `high` or `low-high`; or `glblub`"
            )
        value = (form[2], form[3] if whole else None)
    else:
        if form[2:] not in (["source"], ["target"]):
            raise fault(SYNTAX, form, "the default is that of `source` or of `target`")
        value = form[2]
    for each in names:
        class_ = finish.build.names.find("class", each, scope)
        known = finish.defaults.get(class_, Default())
        if getattr(known, part) not in (None, value):
            raise fault(CONFLICT, form, f"class `{class_}` has another default for the {part}")
        finish.defaults[class_] = known._replace(**cast("dict[str, None]", {part: value}))


HANDLERS: Final[Mapping[str, Callable[[Finish, Form, Scope], None]]] = {
    "filecon": _file,
    "portcon": _port,
    "nodecon": _node,
    "netifcon": _interface,
    "fsuse": _use,
    "genfscon": _generic,
    "sidcontext": _initial,
    "defaultuser": _default,
    "defaultrole": _default,
    "defaulttype": _default,
    "defaultrange": _default,
}
