"""Containers from their runtime's configuration: the policy, and a first task in a kernel, in one call."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from shutil import copy, copytree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from nslsm.api.binding import Bindables
from nslsm.api.decisions import Denied
from nslsm.api.declared import inherited_credentials
from nslsm.api.policies import LoadedPolicy, PolicyError, load_policy
from nslsm.diagnostics import DiagnosticError

if TYPE_CHECKING:
    from nslsm.api.kernel import Kernel
    from nslsm.api.task import Task
    from nslsm.importers.oci import Imported


@dataclass(frozen=True)
class Container:
    """A container's configuration as a policy of ours."""

    made: "Imported"
    policy: LoadedPolicy = field(repr=False)
    """The policy, loaded from its text: what decides is what can be read."""

    @property
    def text(self) -> str:
        """The policy's text."""
        return self.made.text

    @property
    def lost(self) -> bool:
        """Whether something that restricts the container does not in the policy."""
        return self.made.lost

    def start(self, kernel: "Kernel", name: str | None = None, *, beside: Bindables = None) -> "Task":
        """Its first task, in a namespace of its own below the kernel's root, with its user, capabilities and no_new_privs.

        ``name`` is the namespace's; ``beside`` is what else it binds, a profile of AppArmor's that was imported, say. The task
        is about to run the container's program: ``task.execve(container.made.process.program)``.
        :class:`~nslsm.api.decisions.Denied` where the kernel refuses to make task or namespace.
        """
        who = self.made.process
        item = self.policy[f"{self.made.name}_container"]
        task = kernel.init.fork()
        if who.umask is not None:
            task.umask(who.umask)
        made = task.lsm_unshare(name or self.made.name, (*kernel.bindings(item), *kernel.bindings(beside)))
        if not made.granted:
            task.exit()
            raise Denied(made)
        declared: dict[str, object] = {"uid": who.uid, "gid": who.gid, "groups": who.groups}
        if who.no_new_privs:
            declared["no_new_privs"] = True
        declared.update(who.capabilities)
        credentials = inherited_credentials(task.credentials, declared)
        kernel.replace_task(replace(task.value, credentials=credentials))
        return task


def import_oci(
    file: str | PathLike[str],
    *,
    name: str | None = None,
    root: str = "/",
    elsewhere: Iterable[str] = (),
    capabilities: Iterable[str] | None = None,
    kernel: str = "6.12",
    apparmor: str | PathLike[str] | None = None,
    selinux: str | PathLike[str] | None = None,
) -> Container:
    """The security part of an OCI ``config.json``, or a filter of system calls alone, as a policy with findings.

    ``root`` is where the container's root is; ``elsewhere`` names modules (``apparmor``, ``selinux``) that something else bound
    beside sees to. ``apparmor`` and ``selinux`` are files of policies that were imported: the container is bound to those too,
    with the profile, the context that its configuration names. ``capabilities`` and ``kernel`` choose among the rules of a
    filter in Docker's format. Raises :class:`PolicyError` for what is neither.
    """
    files = {kind: Path(path) for kind, path in (("apparmor", apparmor), ("selinux", selinux)) if path is not None}
    made = container(
        file,
        name=name,
        root=root,
        elsewhere=elsewhere,
        capabilities=capabilities,
        kernel=kernel,
        bound={kind: path.stem for kind, path in files.items()},
    )
    with TemporaryDirectory() as folder:
        for each in files.values():
            copy(each, folder)
            if each.with_suffix("").is_dir():
                copytree(each.with_suffix(""), Path(folder) / each.stem)
        path = Path(folder) / f"{made.name}.nslsm"
        path.write_text(made.text, "utf-8")
        return Container(made, load_policy(path))


def container(
    file: str | PathLike[str],
    *,
    name: str | None = None,
    root: str = "/",
    elsewhere: Iterable[str] = (),
    capabilities: Iterable[str] | None = None,
    kernel: str = "6.12",
    bound: Mapping[str, str] | None = None,
) -> "Imported":
    """The text of that policy, not loaded. ``bound``: modules of imported policies, for ``apparmor`` and ``selinux``."""
    from nslsm.importers.oci import ELSEWHERE, import_container  # noqa: PLC0415 - it loads the language

    modules = frozenset(elsewhere)
    if modules - set(ELSEWHERE):
        raise ValueError(
            f"{min(modules - set(ELSEWHERE))!r} is no module that may be elsewhere: {', '.join(ELSEWHERE)}"
        )
    if not root.startswith("/"):
        raise ValueError(f"{root!r} is no absolute path")
    try:
        return import_container(
            Path(file),
            name=name,
            root=root,
            elsewhere=modules,
            capabilities=capabilities,
            kernel=kernel,
            bound=bound,
        )
    except DiagnosticError as error:
        raise PolicyError(error.diagnostics, error.sources) from None
