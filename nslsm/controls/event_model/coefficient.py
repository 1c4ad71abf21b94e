"""Coefficients of security events, and what is made of them: measurement and state, as the documentation of TSEM defines them.

The kernel document is ``Documentation/admin-guide/LSM/tsem.rst`` of the patches that propose TSEM (version 4, August 2024). An
event has a coefficient: the hash of the event's name, of who its parent is, of who it is, of the context that it acts in and of
what it acts on,

    ``H(H(event) || parent task || task || H(context) || H(cell))``

with ``H`` the digest of the model. How context and cell are written down is this project's own: canonical JSON of the
catalogue's facts, where the kernel hashes the bytes of its structures. Coefficients of the two can therefore not be exchanged.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Final

DIGESTS: Final = ("sha256", "sha384", "sha512", "sha3_256", "sha3_512", "sha1")
"""The digests that a model may use."""


def zeros(digest: str) -> bytes:
    """The identity of nobody: as many zero bytes as the digest has."""
    return bytes(hashlib.new(digest, usedforsecurity=False).digest_size)


def hashed(digest: str, *parts: bytes) -> bytes:
    """The digest of the parts, one behind the other.

    >>> hashed("sha256", b"a", b"b") == hashed("sha256", b"ab")
    True
    """
    made = hashlib.new(digest, usedforsecurity=False)
    for part in parts:
        made.update(part)
    return made.digest()


def written(facts: Mapping[str, object]) -> bytes:
    """Facts as bytes: canonical JSON, so that equal facts are equal bytes."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def coefficient(
    digest: str, event: str, parent: bytes, task: bytes, context: Mapping[str, object], cell: Mapping[str, object]
) -> bytes:
    """The coefficient of an event, by its name, the identities of the parent and of the task, its context and its cell."""
    return hashed(
        digest,
        hashed(digest, event.encode()),
        parent,
        task,
        hashed(digest, written(context)),
        hashed(digest, written(cell)),
    )


def point(digest: str, base: bytes, coefficient: bytes) -> bytes:
    """A coefficient as it enters sums: permuted by the model's base nonce, so that two models of one workload differ."""
    return hashed(digest, base, coefficient)


def extended(digest: str, total: bytes, base: bytes, coefficient: bytes) -> bytes:
    """A sum with one more coefficient, as a TPM extends a register."""
    return hashed(digest, total, point(digest, base, coefficient))


def measurement(digest: str, base: bytes, coefficients: Iterable[bytes]) -> bytes:
    """The extension of all coefficients in the order in which they were first seen."""
    total = zeros(digest)
    for each in coefficients:
        total = extended(digest, total, base, each)
    return total


def state(digest: str, base: bytes, coefficients: Iterable[bytes]) -> bytes:
    """The extension of all coefficients in the order of their values: however a workload was scheduled, it is the same.

    >>> state("sha256", b"", [b"b", b"a"]) == state("sha256", b"", [b"a", b"b"])
    True
    """
    return measurement(digest, base, sorted(coefficients))
