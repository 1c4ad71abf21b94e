"""Statements that say what has which context: files, ports, nodes, file systems, the kernel's own; and what is inherited."""

from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address
from typing import Final, Literal, cast

from nslsm.importers.selinux.cil.finish import Finish, parts
from nslsm.importers.selinux.cil.forms import Form, Item, fault
from nslsm.importers.selinux.cil.names import Unresolved, given
from nslsm.importers.selinux.cil.structure import Scope
from nslsm.importers.selinux.codes import SYNTAX
from nslsm.importers.selinux.policy import Default, FileContext, Node, Port

KINDS: Final = ("any", "file", "dir", "char", "block", "socket", "pipe", "symlink")


def _file(finish: Finish, form: Form, scope: Scope) -> None:
    parts(form, 3)
    path, _ = given(form[1], scope)
    if form[2] not in KINDS:
        raise fault(SYNTAX, form, f"a kind of file is one of {', '.join(KINDS)}")
    item, where = given(form[3], scope)
    context = None if isinstance(item, Form) and not item else finish.context(item, where, form)
    kind = cast("Literal['any', 'file', 'dir', 'char', 'block', 'socket', 'pipe', 'symlink']", form[2])
    finish.files.append(FileContext(str(path).strip('"'), kind, context))


def _port(finish: Finish, form: Form, scope: Scope) -> None:
    parts(form, 3)
    item, _ = given(form[2], scope)
    ends = [item, item] if isinstance(item, str) else list(item)
    if form[1] not in ("tcp", "udp", "dccp", "sctp") or len(ends) != 2 or not all(str(each).isdigit() for each in ends):
        raise fault(SYNTAX, form, "a port is `(portcon PROTOCOL NUMBER CONTEXT)`, or has `(LOW HIGH)` for the number")
    first, last = (int(str(each)) for each in ends)
    if not 0 <= first <= last <= 65_535:
        raise fault(SYNTAX, form, f"{first} to {last} are no ports")
    finish.ports.append(Port(str(form[1]), first, last, finish.context(form[3], scope, form)))


def _node(finish: Finish, form: Form, scope: Scope) -> None:
    parts(form, 3)
    address, mask = (_address(finish, each, scope, form) for each in form[1:3])
    finish.nodes.append(Node(address, mask, finish.context(form[3], scope, form)))


def _address(finish: Finish, item: Item, scope: Scope, form: Form) -> str:
    item, scope = given(item, scope)
    if isinstance(item, str):
        try:
            written = finish.build.names.declared["ipaddr"][finish.build.names.find("ipaddr", item, scope)][1]
            item = written[2] if len(written) > 2 else item
        except Unresolved:
            if not any(each in item for each in ".:"):
                raise
    text = str(item[0]) if isinstance(item, Form) and len(item) == 1 else str(item)
    try:
        return str(ip_address(text))
    except ValueError:
        raise fault(SYNTAX, form, f"`{text[:60]}` is no address") from None


def _interface(finish: Finish, form: Form, scope: Scope) -> None:
    parts(form, 3)
    name, _ = given(form[1], scope)
    one, other = (finish.context(each, scope, form) for each in form[2:4])
    finish.interfaces.append((str(name), one, other))


def _use(finish: Finish, form: Form, scope: Scope) -> None:
    parts(form, 3)
    if form[1] not in ("xattr", "task", "trans"):
        raise fault(SYNTAX, form, "`fsuse` is one of xattr, task and trans")
    name, _ = given(form[2], scope)
    finish.file_systems[str(name)] = (str(form[1]), finish.context(form[3], scope, form))


def _generic(finish: Finish, form: Form, scope: Scope) -> None:
    parts(form, 3, 4)
    system, _ = given(form[1], scope)
    path, _ = given(form[2], scope)
    kind = str(form[3]) if len(form) == 5 else "any"
    if kind not in KINDS:
        raise fault(SYNTAX, form, f"a kind of file is one of {', '.join(KINDS)}")
    finish.generic.append((str(system), str(path).strip('"'), kind, finish.context(form[-1], scope, form)))


def _initial(finish: Finish, form: Form, scope: Scope) -> None:
    parts(form, 2)
    finish.initial[finish.build.names.find("sid", form[1], scope)] = finish.context(form[2], scope, form)


def _default(finish: Finish, form: Form, scope: Scope) -> None:
    parts(form, 2, 3)
    item = form[1]
    names: Iterable[Item] = [item] if isinstance(item, str) else item
    part = str(form[0]).removeprefix("default")
    value: object
    if part == "range":
        whole = form[2] in ("source", "target") and len(form) == 4 and form[3] in ("low", "high", "low-high")
        if not whole and form[2:] != ["glblub"]:
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
