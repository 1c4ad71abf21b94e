"""Contexts of ports, of addresses and of file systems, as tables and as expressions."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from nslsm.importers.policy_text import quoted
from nslsm.importers.selinux.policy import Policy
from nslsm.importers.selinux.tables import Table, context_text

MOST_ROWS: Final = 64
"""Ports of a range that are written out as rows; a wider one is compared with."""


def initial(policy: Policy, sid: str) -> str:
    """The context of an initial SID, or of what has none."""
    found = policy.initial.get(sid) or policy.initial.get("unlabeled")
    return "" if found is None else context_text(found)


def tables(policy: Policy) -> Iterator[Table]:
    """Contexts by port, as far as ranges are short, and by file system."""
    rows = {}
    for each in sorted(policy.ports, key=lambda each: each.first - each.last):
        if each.last - each.first < MOST_ROWS:
            for port in range(each.first, each.last + 1):
                rows[each.protocol, port] = context_text(each.context)
    keys = (("protocol", "string"), ("port", "int"))
    yield Table("context_by_port", keys, "string", '""', tuple((*key, text) for key, text in sorted(rows.items())))
    systems = {system: context_text(context) for system, path, _, context in policy.generic if path == "/"}
    systems.update((system, context_text(context)) for system, (_, context) in policy.file_systems.items())
    unlabeled = quoted(initial(policy, "unlabeled"))
    yield Table(
        "context_by_filesystem", (("filesystem", "string"),), "string", unlabeled, tuple(sorted(systems.items()))
    )


def context_of_port(policy: Policy) -> str:
    """The context of `port` with the let `port_protocol`: the narrowest range counts."""
    wide = sorted(
        (each for each in policy.ports if each.last - each.first >= MOST_ROWS), key=lambda each: each.last - each.first
    )
    chain = "".join(
        f"{quoted(context_text(each.context))} if port_protocol == {quoted(each.protocol)} "
        f"and port >= {each.first} and port <= {each.last} else "
        for each in wide
    )
    row = "context_by_port(port_protocol, port)"
    return f'{row} if {row} != "" else {chain}{quoted(initial(policy, "port"))}'


def context_of_node(policy: Policy) -> tuple[str, tuple[str, ...]]:
    """The context of `address`, the narrowest network first; and the masks that are no network's."""
    found: list[tuple[int, str, str]] = []
    unsaid: list[str] = []
    for each in policy.nodes:
        bits = _bits(ip_address(each.mask))
        if bits is None:
            unsaid.append(f"{each.address} {each.mask}")
            continue
        network = ip_network(f"{each.address}/{bits}", strict=False)
        text = f"[{network}]" if network.version == 6 else str(network)
        found.append((bits, text, context_text(each.context)))
    chain = "".join(f"{quoted(context)} if address in {text} else " for _, text, context in sorted(found, reverse=True))
    return f"{chain}{quoted(initial(policy, 'node'))}", tuple(unsaid)


def _bits(mask: IPv4Address | IPv6Address) -> int | None:
    """How many bits a mask has in front; None where they are not all in front."""
    width = mask.max_prefixlen
    bits = int(mask).bit_count()
    return bits if int(mask) == ((1 << bits) - 1) << (width - bits) else None
