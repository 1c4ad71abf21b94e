import hashlib
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nslsm.controls.event_model.coefficient import DIGESTS, coefficient, measurement, state, zeros

octets = st.binary(min_size=1, max_size=8)


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def test_a_coefficient_is_the_hash_of_its_five_parts_in_order() -> None:
    expected = sha(sha(b"file_open"), b"P" * 32, b"T" * 32, sha(b'{"uid":1}'), sha(b'{"path":"/a"}'))

    assert coefficient("sha256", "file_open", b"P" * 32, b"T" * 32, {"uid": 1}, {"path": "/a"}) == expected


def test_a_measurement_extends_in_order_from_zeros_each_coefficient_permuted_by_the_base() -> None:
    one = sha(bytes(32), sha(b"base", b"x"))

    assert measurement("sha256", b"base", [b"x"]) == one
    assert measurement("sha256", b"base", [b"x", b"y"]) == sha(one, sha(b"base", b"y"))


@given(st.sets(octets, max_size=4), octets)
def test_the_state_is_the_same_in_every_order_and_the_measurement_of_the_sorted(found: set[bytes], base: bytes) -> None:
    states = {state("sha256", base, order) for order in permutations(found)}

    assert states == {measurement("sha256", base, sorted(found))}


@given(st.lists(octets, min_size=2, max_size=2, unique=True))
def test_the_measurement_tells_orders_apart(found: list[bytes]) -> None:
    assert measurement("sha256", b"", found) != measurement("sha256", b"", found[::-1])


@pytest.mark.parametrize("digest", DIGESTS)
def test_every_digest_gives_coefficients_of_its_size(digest: str) -> None:
    nobody = zeros(digest)

    assert len(coefficient(digest, "file_open", nobody, nobody, {}, {})) == len(nobody) == len(state(digest, b"", []))
