"""System calls as a trace carries them."""

from nslsm.kernel.call import ABSENT, Changed, Named, Pointer, Struct, Symbols, SystemCall, Value


def call(*arguments: Value) -> SystemCall:
    return SystemCall(1, "clone", arguments, 2, 1)


def test_an_argument_is_found_by_place_without_its_name() -> None:
    found = call(Named("child_stack", None), 7)

    assert (found.argument(0), found.argument(1), found.argument(2)) == (None, 7, ABSENT)


def test_an_argument_is_found_by_name_whether_it_stands_alone_or_in_a_structure() -> None:
    flags = Symbols(frozenset({"CLONE_VM"}))

    assert call(Named("child_stack", None), Named("flags", flags)).named("flags") == flags
    assert call(Struct((("flags", flags), ("exit_signal", 0))), 88).named("flags") == flags
    assert call(Changed(Struct((("flags", flags),)), Struct(())), 88).named("flags") == flags
    assert call(7).named("flags") == ABSENT


def test_one_symbol_has_a_name_and_several_have_none() -> None:
    assert Symbols(frozenset({"AF_UNIX"})).name == "AF_UNIX"
    assert Symbols(frozenset({"A", "B"})).name == ""


def test_an_address_is_a_number_that_remembers_how_it_was_written() -> None:
    assert Pointer(16) == 16
    assert repr(Pointer(16)) == "Pointer(0x10)"
