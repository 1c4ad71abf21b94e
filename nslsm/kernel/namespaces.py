"""Security namespaces in a kernel: a process is moved, a namespace is made (Model M5)."""

from dataclasses import replace

from nslsm.kernel.state import State
from nslsm.protocol.things import Credentials, NamespaceId


def move(state: State, tgid: int, namespace: NamespaceId) -> State:
    """The state with all threads of a process in ``namespace``. Whether they may go there is decided before."""
    process = state.processes.get(tgid)
    pids = (
        process.threads if process is not None else tuple(pid for pid in state.tasks if state.tasks[pid].tgid == tgid)
    )
    moved: dict[Credentials, Credentials] = {}
    tasks = state.tasks
    for pid in pids:
        task = tasks[pid]
        if task.credentials not in moved:
            moved[task.credentials] = replace(task.credentials, namespace=namespace)
        tasks = tasks.insert(pid, replace(task, credentials=moved[task.credentials]))
    return replace(state, tasks=tasks)
