"""Random recordings as strace writes them: several tasks and all that policies keep track of, on the paths that those name."""

from dataclasses import dataclass, field
from random import Random

from nslsm.testing.programs import PATHS, PORTS

NETWORKS = ("10.1.2.3", "192.0.2.9", "198.51.100.4")
FILES = (*PATHS, "/srv/d/f", "/srv/e/f", "/srv/new", "relative")
DIRECTORIES = ("/srv/d", "/srv/e", "/srv")
FAILURES = ("EACCES (Permission denied)", "ENOENT (No such file or directory)", "EPERM (Operation not permitted)")


@dataclass
class Machine:
    """Some tasks, and what they do next."""

    chance: Random
    lines: list[str] = field(default_factory=list)
    tasks: list[int] = field(default_factory=lambda: [100])
    next: int = 101

    def said(self, task: int, line: str) -> None:
        self.lines.append(f"{task} {len(self.lines) + 1}.{self.chance.randint(0, 9)} {line}")

    def call(self) -> None:  # noqa: C901 - one case for each call
        """One more line, or two."""
        chance, task = self.chance, self.chance.choice(self.tasks)
        path, other = chance.choice(FILES), chance.choice(FILES)
        number = chance.randint(3, 6)
        match chance.randrange(24):
            case 0 | 1 | 2 | 3:
                mode = chance.choice(("O_RDONLY", "O_RDWR", "O_WRONLY|O_CREAT", "O_RDONLY|O_CLOEXEC"))
                result = f"{number}<{path}>" if path.startswith("/") else str(number)
                self.said(task, f'openat(AT_FDCWD, "{path}", {mode}, 0644) = {self.result(result)}')
            case 4 | 5 | 6:
                result = self.result("0")
                self.said(task, f'execve("{path}", ["x"], 0x7ffe /* 4 vars */) = {result}')
            case 7 | 8 if len(self.tasks) < 6:
                self.clone(task)
            case 9 | 10:
                self.said(task, f'rename("{path}", "{other}") = {self.result("0")}')
            case 11:
                one, two = chance.sample(DIRECTORIES, 2)
                self.said(task, f'rename("{one}", "{two}") = {self.result("0")}')
            case 12 | 13:
                target = chance.choice((*self.tasks, -100, 0, 7777))
                self.said(task, f"kill({target}, SIGTERM) = {self.result('0')}")
            case 14:
                self.said(task, f'unlink("{path}") = {self.result("0")}')
            case 15:
                self.said(task, f"setuid({chance.choice((0, 1000, 1001))}) = {self.result('0')}")
            case 16 | 17:
                self.connect(task, number)
            case 18:
                self.said(task, f"ptrace(PTRACE_ATTACH, {chance.choice(self.tasks)}) = {self.result('0')}")
            case 19:
                self.said(task, f'setxattr("{path}", "user.note", "x", 1, 0) = {self.result("0")}')
            case 20:
                self.said(task, f"prctl(PR_SET_PTRACER, {chance.choice(self.tasks)}) = 0")
            case 21 if len(self.tasks) > 1:
                self.end(task)
            case 22:
                self.said(task, f'read({number}, "x", 1) = {self.result("1")}')
            case _:
                self.said(task, f"close({number}) = {self.result('0')}")

    def result(self, result: str) -> str:
        return result if self.chance.random() < 0.8 else f"-1 {self.chance.choice(FAILURES)}"

    def clone(self, task: int) -> None:
        child, self.next = self.next, self.next + 1
        thread = "CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|"
        flags = self.chance.choice(("", "", thread))
        early = self.chance.random() < 0.3
        if early:
            self.said(child, 'openat(AT_FDCWD, "/srv/a", O_RDONLY) = 3</srv/a>')
        self.said(task, f"clone(child_stack=NULL, flags={flags}SIGCHLD) = {child}")
        self.tasks.append(child)

    def connect(self, task: int, number: int) -> None:
        self.said(task, f"socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = {number}")
        port, address = self.chance.choice(PORTS), self.chance.choice(NETWORKS)
        where = f'{{sa_family=AF_INET, sin_port=htons({port}), sin_addr=inet_addr("{address}")}}'
        self.said(task, f"connect({number}, {where}, 16) = {self.result('0')}")

    def end(self, task: int) -> None:
        self.tasks.remove(task)
        if self.chance.random() < 0.5:
            self.said(task, "exit_group(0) = ?")
        self.said(task, self.chance.choice(("+++ exited with 0 +++", "+++ killed by SIGKILL +++")))


def recording(seed: int, calls: int = 40) -> str:
    """The text of a trace with so many calls, or a few more."""
    machine = Machine(Random(seed))
    machine.said(100, 'execve("/usr/bin/x", ["x"], 0x7ffe /* 4 vars */) = 0')
    for _ in range(calls):
        machine.call()
    return "\n".join(machine.lines) + "\n"
