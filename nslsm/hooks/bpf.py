"""BPF: programs that the kernel runs for others, and the maps in which they keep their data, bpf(2)."""

from functools import partial
from typing import Final

from nslsm.hooks.commands import BPF_COMMAND, BPF_MAP_TYPE, BPF_PROGRAM_TYPE
from nslsm.hooks.entry import Telling
from nslsm.hooks.facts import MASK
from nslsm.hooks.kinds import BPF
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Consequence, Family, Hook
from nslsm.hooks.types import CAPABILITY, Fact

_CONFIG: Final = "CONFIG_BPF_SYSCALL"
_asks: Final = partial(Hook, object=BPF, default_errno=Errno.EPERM, config=_CONFIG)
_tells: Final = partial(Telling, object=BPF, config=_CONFIG)
_COMMAND: Final = Fact("cmd", BPF_COMMAND, "the command; `other` for one that is not described here")
_MAP: Final = Fact("map_type", BPF_MAP_TYPE, "what kind of map")
_PROGRAM: Final = Fact("program_type", BPF_PROGRAM_TYPE, "what kind of program")

FAMILY: Final = Family.of(
    "bpf",
    "BPF: programs that the kernel runs for others, and the maps in which they keep their data, bpf(2).",
    Hook(
        "bpf",
        doc="The call bpf(2) is about to be made, whatever for.",
        prototype="int bpf(int cmd, union bpf_attr *attr, unsigned int size, bool kernel)",
        earlier=(("6.12", "int bpf(int cmd, union bpf_attr *attr, unsigned int size)"),),
        default_errno=Errno.EPERM,
        config=_CONFIG,
        facts=(_COMMAND,),
    ),
    _asks(
        "bpf_map",
        doc="A program is about to be given a descriptor of a BPF map.",
        prototype="int bpf_map(struct bpf_map *map, fmode_t fmode)",
        object_is="the map",
        facts=(MASK,),
    ),
    _asks(
        "bpf_prog",
        doc="A program is about to be given a descriptor of a BPF program.",
        prototype="int bpf_prog(struct bpf_prog *prog)",
        object_is="the BPF program",
    ),
    _asks(
        "bpf_map_create",
        doc="A BPF map is about to be made.",
        prototype=(
            "int bpf_map_create(struct bpf_map *map, union bpf_attr *attr, struct bpf_token *token, bool kernel)"
        ),
        earlier=(("6.12", "int bpf_map_create(struct bpf_map *map, union bpf_attr *attr, struct bpf_token *token)"),),
        object_is="the map to be",
        since="6.12",
        facts=(_MAP,),
    ),
    _tells(
        "bpf_map_free",
        doc="What modules kept about a BPF map is being freed.",
        prototype="void bpf_map_free(struct bpf_map *map)",
        since="6.12",
    ),
    _asks(
        "bpf_prog_load",
        doc="A BPF program is about to be loaded.",
        prototype=(
            "int bpf_prog_load(struct bpf_prog *prog, union bpf_attr *attr, struct bpf_token *token, bool kernel)"
        ),
        earlier=(("6.12", "int bpf_prog_load(struct bpf_prog *prog, union bpf_attr *attr, struct bpf_token *token)"),),
        object_is="the BPF program to be",
        since="6.12",
        facts=(_PROGRAM,),
    ),
    _tells(
        "bpf_prog_free",
        doc="What modules kept about a BPF program is being freed.",
        prototype="void bpf_prog_free(struct bpf_prog *prog)",
        since="6.12",
    ),
    _asks(
        "bpf_token_create",
        doc="A token by which an unprivileged program may use parts of bpf(2) is about to be made.",
        prototype=("int bpf_token_create(struct bpf_token *token, union bpf_attr *attr, const struct path *path)"),
        object_is="the token to be",
        since="6.12",
    ),
    _tells(
        "bpf_token_free",
        doc="What modules kept about a BPF token is being freed.",
        prototype="void bpf_token_free(struct bpf_token *token)",
        since="6.12",
    ),
    _asks(
        "bpf_token_cmd",
        doc="A BPF token is about to count for one command of bpf(2).",
        prototype="int bpf_token_cmd(const struct bpf_token *token, enum bpf_cmd cmd)",
        object_is="the token",
        consequence=Consequence.PROBE,
        since="6.12",
        errno_lost="`bpf_token_allow_cmd` makes a yes or no of the answer; what fails without the token, fails with EPERM.",
        errno_seen=Errno.EPERM,
        facts=(_COMMAND,),
    ),
    _asks(
        "bpf_token_capable",
        doc="A BPF token is about to stand for a capability.",
        prototype="int bpf_token_capable(const struct bpf_token *token, int cap)",
        object_is="the token",
        consequence=Consequence.PROBE,
        since="6.12",
        errno_lost="`bpf_token_capable` makes a yes or no of the answer; what then fails, fails with EPERM.",
        errno_seen=Errno.EPERM,
        facts=(Fact("cap", CAPABILITY, "the capability that it stands for"),),
    ),
    _asks(
        "bpf_map_alloc_security",
        doc="The kernel is about to make what it keeps about a BPF map; a denial fails its making.",
        prototype="int bpf_map_alloc_security(struct bpf_map *map)",
        object_is="the map to be",
        until="6.1",
        facts=(_MAP,),
    ),
    _tells(
        "bpf_map_free_security",
        doc="What modules kept about a BPF map is being freed.",
        prototype="void bpf_map_free_security(struct bpf_map *map)",
        until="6.1",
    ),
    _asks(
        "bpf_prog_alloc_security",
        doc="The kernel is about to make what it keeps about a BPF program; a denial fails its loading.",
        prototype="int bpf_prog_alloc_security(struct bpf_prog_aux *aux)",
        object_is="the BPF program to be",
        until="6.1",
        facts=(_PROGRAM,),
    ),
    _tells(
        "bpf_prog_free_security",
        doc="What modules kept about a BPF program is being freed.",
        prototype="void bpf_prog_free_security(struct bpf_prog_aux *aux)",
        until="6.1",
    ),
)
