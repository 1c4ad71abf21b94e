"""The programs of the examples, loaded from where they are; and how an attempt that must fail is held to what is said of it."""

import sys
from collections.abc import Callable
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

import nslsm
from nslsm.resources import examples_root


@cache
def program(folder: str, name: str) -> ModuleType:
    """A program of an example, as a module."""
    spec = spec_from_file_location(name, examples_root() / folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def told(decision: nslsm.Decision) -> tuple[str, str]:
    """Errno and blame, as short as tests say them: ``("EPERM", "apart#no_signals in host.beta")``."""
    assert not decision
    assert decision.errno is not None
    rule, _, where = str(decision.blame).partition(" in ")
    return decision.errno.name, f"{rule.rpartition('.')[2]} in {where}" if where else rule


def attempted(kernel: nslsm.Kernel, attempt: Callable[[], nslsm.Decision]) -> tuple[str, str]:
    """What came of an attempt that is refused: errno and blame; and it has left nothing behind (law L4)."""
    before = kernel.state
    decision = attempt()

    assert kernel.state == before
    return told(decision)
