"""Random texts of traces: whole calls, calls in two and three parts, all that comes between, and damage."""

from random import Random
from typing import Final

from tests.columns.recordings import recording

ARGUMENTS: Final = (
    "",
    "3",
    "3</etc/passwd>",
    "3</tmp/#2>(deleted)",
    "4<TCP:[10.0.0.1:5->10.0.0.2:80]>, SOL_SOCKET, SO_ERROR, [0], [4]",
    '4<UNIX-STREAM:[12->13,"/run/x"]>, "abc", 3',
    "4<TCP:[a->b>, 4",
    "3</dev/null<char 1:3>>",
    'AT_FDCWD</home/u>, "/etc/passwd", O_RDONLY|O_CLOEXEC',
    'AT_FDCWD, "a) = 3", O_RDONLY',
    'AT_FDCWD, "<unfinished ...>) = ?", O_RDONLY',
    '"/bin/sh", ["sh", "-c", "x\\ny"...], 0x7ffe /* 4 vars */',
    '1, "\\303\\244\\0\\7\\x41", 5',
    '1, "\\9", 2',
    '1, "open',
    "3, {st_mode=S_IFREG|0644, st_size=1343, ...}",
    "{sa_family=AF_INET, sin_port=htons(80)}, 16",
    "-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL",
    "0x7f00, 8192*1024, [128 => 16], ~[RTMIN RT_1]",
    "%%%, 3",
    "a[b]=3, c[d",
    "3, 4",
    "3 = 4, 5",
    'äö, "ü"',
    "child_stack=NULL, flags=CLONE_VM|SIGCHLD",
    "{{{, 1",
    "1, " * 70 + "1",
    "x(y(z)), 3) = 4",
)
RESULTS: Final = (
    "0",
    "3",
    "3</a b>",
    "3</a) = b>",
    "-1 ENOENT (No such file or directory)",
    "-1 EPERM (Operation not permitted) (INJECTED)",
    "? ERESTARTSYS (To be restarted if SA_RESTART is set)",
    "?",
    "? <unavailable>",
    "0x7f00ffffffffffff",
    "0x8002 (flags O_RDWR|O_LARGEFILE)",
    "5 (x]>)",
    "2 /* 1002 in strace's PID NS */",
    "1 ([{fd=16, revents=POLLIN}])",
    "0 (Timeout)",
    "-1 EXXX",
    "nothing",
    "",
    "0 = 0",
    "12",
    "13",
)
NAMES: Final = ("read", "openat", "close", "execve", "clone", "vfork", "exit_group", "?", "wait4", "fcntl")
OTHERS: Final = (
    "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=12, si_status=3} ---",
    "--- stopped by SIGSTOP ---",
    "--- NONSENSE ---",
    "+++ exited with 0 +++",
    "+++ killed by SIGKILL +++",
    "+++ superseded by execve in pid 12 +++",
    "+++ gone +++",
)
BARE: Final = (
    "strace: Process 12 attached",
    "strace: Process 13 detached",
    "",
    " > /lib/libc.so(write+0x10) [0x1]",
    "not a line",
    '# nslsm-record 1 {"command": ["x"], "cwd": "/"}',
    "# nslsm-record 1 {}",
    "% time     seconds",
    ", 5) = 3",
)
BETWEEN: Final = (" = ", " = ", " = ", "            = ", "= ", " ")


def text(seed: int, lines: int = 60) -> bytes:
    """A trace of about so many lines. Half of the seeds give what strace may write, the others what nobody should."""
    chance = Random(seed)
    if chance.random() < 0.2:
        return recording(seed, lines).encode()
    wild = chance.random() < 0.5
    told = [_line(chance, wild, seconds) for seconds in range(lines)]
    whole = "".join(told).encode("utf-8", "surrogateescape")
    if wild and chance.random() < 0.3:
        whole = whole[: chance.randrange(len(whole))]
    return whole


def _line(chance: Random, wild: bool, seconds: int) -> str:
    if wild and chance.random() < 0.1:
        return chance.choice(BARE) + "\n"
    line = _begins(chance, wild, seconds) + _says(chance, wild)
    if wild and chance.random() < 0.08:
        place = chance.randrange(len(line) + 1)
        line = line[:place] + chance.choice(("", "\udcff", "\0", "\r", '"', ")", "strace: Process 14 attached"))
    return line + chance.choice(("\n", "\n", "\n", "\r\n") if wild else ("\n",))


def _begins(chance: Random, wild: bool, seconds: int) -> str:
    task = chance.choice((10, 11, 12, 13))
    pids = (f"{task} ", f"{task}   ", f"[pid {task}] ", "", f"{task}<sh> ") if wild else (f"{task} ",)
    clock = f"{chance.choice((0, 23))}:{seconds % 60:02}:07.5 ".zfill(12)
    times = (f"{1795401467 + seconds}.{seconds:06} ", clock, "     0.000123 ", "", f"{clock[:8]} ") if wild else ("",)
    return chance.choice(pids) + chance.choice(times)


def _says(chance: Random, wild: bool) -> str:
    name = chance.choice(NAMES if wild else NAMES[:-3])
    arguments = chance.choice(ARGUMENTS)
    lasted = chance.choice(("", "", "", " <0.000012>", " <unavailable>")) if wild else ""
    result = chance.choice(RESULTS) + lasted
    between = chance.choice(BETWEEN) if wild else " = "
    match chance.randrange(12):
        case 0 | 1 | 2 | 3:
            return f"{name}({arguments}){between}{result}"
        case 4 | 5:
            shown = arguments[: chance.randrange(len(arguments) + 1)]
            return f"{name}({shown}{chance.choice(('', ' ', ', '))}<unfinished ...>"
        case 6 | 7:
            return f"<... {name} resumed>{arguments}){between}{result}"
        case 8:
            return f"<... {name} resumed>{arguments}, <unfinished ...>"
        case 9:
            return f"{name}({arguments} <unfinished ...>{chance.choice((') = ?', '', ' <detached ...>'))}"
        case 10 if wild:
            return f"{name}({arguments} <pid changed to 11 ...>"
        case _:
            return chance.choice(OTHERS if wild else OTHERS[:2])
