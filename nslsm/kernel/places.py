"""Current directories, roots and umasks: shared, copied, changed, let go (the kernel's ``fs_struct``)."""

from nslsm.hooks.types import Unknown
from nslsm.kernel.copying import replace
from nslsm.kernel.descriptors import Ended
from nslsm.kernel.files import ROOT, FileSystem
from nslsm.kernel.links import hold, hold_name, release
from nslsm.kernel.process import Place
from nslsm.kernel.state import State, with_files


def new_place(
    state: State, directory: str | Unknown = "/", root: str = "/", mask: int | Unknown = 0o022
) -> tuple[State, int]:
    """A place of one task."""
    files, at = hold(state.files, directory, directory=True)
    files, top = (hold_name(files, ROOT), ROOT) if root == "/" else hold(files, root, directory=True)
    number = state.next_object
    places = state.places.insert(number, Place(at, top, mask))
    return replace(state, files=files, places=places, next_object=number + 1), number


def copy_place(state: State, place: int) -> tuple[State, int]:
    """A place of its own like another, for fork(2)."""
    known = state.places[place]
    number = state.next_object
    places = state.places.insert(number, known if known.users == 1 else replace(known, users=1))
    return replace(state, files=held_again(state.files, known), places=places, next_object=number + 1), number


def held_again(files: FileSystem, place: Place) -> FileSystem:
    """The files in which one more place has the same directory and root."""
    if place.directory == place.root:
        return hold_name(files, place.root, 2)
    return hold_name(hold_name(files, place.directory), place.root)


def share_place(state: State, place: int) -> State:
    """One more task uses the place, clone(2) ``CLONE_FS``."""
    known = state.places[place]
    return replace(state, places=state.places.insert(place, replace(known, users=known.users + 1)))


def drop_place(state: State, place: int) -> Ended:
    """One fewer task uses the place; with the last, its directories are let go."""
    known = state.places[place]
    if known.users > 1:
        return Ended(replace(state, places=state.places.insert(place, replace(known, users=known.users - 1))), {})
    return let_go_of(replace(state, places=state.places.discard(place)), known)


def let_go_of(state: State, place: Place) -> Ended:
    """The state in which a place's directories are let go of, which is no more."""
    if place.directory == place.root and state.files.names[place.root].holders > 2:
        return Ended(replace(state, files=hold_name(state.files, place.root, -2)), {})
    at = release(state.files, place.directory)
    state = with_files(state, at)
    top = release(state.files, place.root)
    return Ended(with_files(state, top), {**at.rekeyed, **top.rekeyed})


def change_directory(state: State, place: int, path: str | Unknown, *, name: int | None = None) -> Ended:
    """The current directory becomes that of ``path``, or the one that is held under the number ``name``."""
    state, number = _held(state, path, name)
    known = state.places[place]
    let_go = release(state.files, known.directory)
    state = replace(state, places=state.places.insert(place, replace(known, directory=number)))
    return Ended(with_files(state, let_go), let_go.rekeyed)


def change_root(state: State, place: int, path: str | Unknown) -> Ended:
    """The root becomes that of ``path``."""
    state, number = _held(state, path, None)
    known = state.places[place]
    let_go = release(state.files, known.root)
    state = replace(state, places=state.places.insert(place, replace(known, root=number)))
    return Ended(with_files(state, let_go), let_go.rekeyed)


def _held(state: State, path: str | Unknown, name: int | None) -> tuple[State, int]:
    if name is not None:
        return replace(state, files=hold_name(state.files, name)), name
    files, number = hold(state.files, path, directory=True)
    return replace(state, files=files), number


def change_mask(state: State, place: int, mask: int | Unknown) -> State:
    """The umask becomes ``mask``."""
    return replace(state, places=state.places.insert(place, replace(state.places[place], mask=mask)))
