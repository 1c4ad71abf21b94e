"""Hypothesis strategies for operations on mounts and Linux's own namespaces: few places, so that they meet."""

from hypothesis import strategies as st

from nslsm.hooks.types import UNKNOWN
from nslsm.kernel import operations as o

PLACES = ("/", "/a", "/a/b", "/d", "/d/m", "b", ".", "..", "/l", "/a/b/c", "/new")
SOURCES = ("", "none", "/a", "/d", "/a/b/c", "/proc/1/ns/uts", "/proc/self/ns/mnt", UNKNOWN)

places = st.one_of(
    st.builds(o.At, st.sampled_from((*PLACES, UNKNOWN)), follow=st.booleans()),
    st.builds(o.At, st.sampled_from(("m", "..", None)), st.builds(o.Descriptor, st.sampled_from((3, 4, 5, 6, 7)))),
)
_changes = st.sampled_from(
    (
        frozenset(),
        frozenset({"rdonly"}),
        frozenset({"bind"}),
        frozenset({"bind", "rec"}),
        frozenset({"move"}),
        frozenset({"remount", "bind", "noexec"}),
        frozenset({"remount"}),
        frozenset({"private"}),
        frozenset({"rec", "private"}),
        frozenset({"rec", "slave"}),
        frozenset({"rec", "shared"}),
        frozenset({"unbindable"}),
        frozenset({"shared", "private"}),
        UNKNOWN,
    )
)
_types = st.sampled_from(("tmpfs", "tmpfs", "tmpfs", "proc", "overlay", "ext4", "nothing", "", UNKNOWN))
_descriptors = st.builds(o.Descriptor, st.sampled_from((0, 3, 4, 5, 6, 7)))
_space_flags = st.frozensets(
    st.sampled_from(("newns", "newns", "newuser", "newpid", "newuts", "newcgroup", "fs")), min_size=1, max_size=3
)
_own = st.frozensets(st.sampled_from(("rdonly", "noexec")))

mounting: st.SearchStrategy[o.Operation] = st.one_of(
    st.builds(
        o.Mount, places, st.sampled_from(SOURCES), _types, _changes, st.sampled_from(("", "size=1m,ro", UNKNOWN))
    ),
    st.builds(o.Mount, places, st.just("none"), st.just("tmpfs")),
    st.builds(
        o.Mount,
        places,
        st.sampled_from(("/", "/a", "/d", "/a/b")),
        st.just(""),
        st.sampled_from((frozenset({"bind"}), frozenset({"bind", "rec"}), frozenset({"move"}))),
    ),
    st.builds(
        o.Unmount, places, st.sampled_from((frozenset(), frozenset({"detach"}), frozenset({"nofollow"}), UNKNOWN))
    ),
    st.builds(o.PivotRoot, places, places),
    st.builds(o.OpenFileSystem, _types, st.booleans()),
    st.builds(o.PickFileSystem, places),
    st.builds(
        o.ConfigureFileSystem,
        _descriptors,
        st.sampled_from(("set_string", "cmd_create", "cmd_create", "cmd_reconfigure", "other", UNKNOWN)),
        st.sampled_from(("size", "source", "ro", UNKNOWN)),
        st.just("1"),
    ),
    st.builds(o.MountFileSystem, _descriptors, _own),
    st.builds(o.OpenTree, places, st.booleans(), st.booleans()),
    st.builds(o.MoveMount, places, places, st.booleans()),
    st.builds(
        o.SetMountAttributes,
        places,
        st.booleans(),
        _own,
        _own,
        st.sampled_from(("", "", "private", "shared", "slave")),
    ),
    st.builds(o.InspectMounts),
    st.builds(o.Unshare, _space_flags),
    st.builds(o.Clone, _space_flags),
    st.builds(
        o.EnterNamespaces, _descriptors, st.sampled_from((frozenset(), frozenset({"newns"}), frozenset({"newuts"})))
    ),
)
"""Any operation on mounts, and those that make and enter namespaces of Linux's own."""
