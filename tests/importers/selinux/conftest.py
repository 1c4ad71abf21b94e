"""Policies that are made of the table of what SELinux asks, loaded once."""

from collections.abc import Callable

import pytest

import nslsm
from tests.importers.selinux.asking import observing, policy


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], nslsm.LoadedPolicy]:
    path = tmp_path_factory.mktemp("selinux") / "rules.nslsm"

    def loaded(text: str) -> nslsm.LoadedPolicy:
        path.write_text(text)
        return nslsm.load_policy(str(path))

    return loaded


@pytest.fixture(scope="module")
def observer(load: Callable[[str], nslsm.LoadedPolicy]) -> nslsm.LoadedPolicy:
    return load(policy(observing()))
