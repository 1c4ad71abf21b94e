"""TEMPORARY"""
from nslsm.diagnostics import Code, Severity
from nslsm.diagnostics.span import Span
from nslsm.hooks.types import UNKNOWN, NO_ADDRESS
from nslsm.hooks.vocabulary import CLONE_FLAGS as CW
from nslsm.kernel import constants as c, operations as op
from nslsm.kernel.call import SystemCall, Text
from nslsm.kernel.event import Recorded, FileStatus
from nslsm.kernel.occurrence import Occurrence
from nslsm.kernel.spelling import *
from nslsm.kernel.spelling import flags_of, fd_of, text_of, name_of, number_of, signal_of, child_of, items_of, socket_address_of, process_of, struct_of

UNKNOWN_CALL = Code("trace-unknown-call", Severity.WARNING)

def path(v):
    t = text_of(v)
    return UNKNOWN if t is None or t.cut else t.value
def desc(v):
    f = fd_of(v)
    return op.Descriptor(-1) if f is None else op.Descriptor(f.number, f.path, f.deleted)
def at(call, d, p, follow=True):
    return op.At(path(call.arguments[p]), op.CWD if d is None else desc(call.arguments[d]), follow)
OPENW = {"O_APPEND":"append","O_TRUNC":"truncate","O_CREAT":"create","O_EXCL":"exclusive","O_DIRECTORY":"directory","O_NOFOLLOW":"nofollow","O_PATH":"path","O_TMPFILE":"temporary","O_CLOEXEC":"close_on_exec","O_NONBLOCK":"nonblock"}
def oflags(v):
    s = flags_of(v, c.OPEN_FLAGS)
    if s is None: return UNKNOWN
    out = {OPENW[n] for n in s.names if n in OPENW}
    if "O_WRONLY" in s.names: out.add("write")
    elif "O_RDWR" in s.names: out |= {"read","write"}
    elif "path" not in out: out.add("read")
    return frozenset(out)
def has(v, table, name):
    s = flags_of(v, table)
    return s is not None and name in s.names
def num(v, table=None):
    n = number_of(v, table)
    return UNKNOWN if n is None else n
def stat(call, d, p, flags=None):
    a = call.arguments
    if p is None: return op.Status(op.At(None, desc(a[d])))
    text = path(a[p])
    if text == "": return op.Status(op.At(None, desc(a[d])))
    return op.Status(at(call, d, p, not (flags is not None and has(a[flags], c.AT_FLAGS, "AT_SYMLINK_NOFOLLOW"))))
def prot(v):
    s = flags_of(v, c.PROTECTION)
    return UNKNOWN if s is None else frozenset(n.removeprefix("PROT_").lower() for n in s.names) & {"read","write","exec"}
def mmap(call):
    a = call.arguments
    f = flags_of(a[3], c.MAP_FLAGS)
    words = UNKNOWN if f is None else frozenset(n.removeprefix("MAP_").lower() for n in f.names)
    anon = f is not None and "MAP_ANONYMOUS" in f.names
    from nslsm.hooks.vocabulary import MMAP_FLAGS
    if f is not None: words = words & frozenset(MMAP_FLAGS.members)
    return op.Map(None if anon else desc(a[4]), prot(a[2]), words, num(a[1]))
def clone(call):
    names = frozenset()
    v = call.named("flags")
    s = flags_of(v, c.CLONE_FLAGS) if v is not None else None
    if s is not None: names = frozenset(n.removeprefix("CLONE_").lower() for n in s.names) & frozenset(CW.members)
    return op.Clone(names)
FAM = {"AF_UNIX":"unix","AF_INET":"inet","AF_INET6":"inet6","AF_NETLINK":"netlink"}
def addr(v):
    s = socket_address_of(v)
    if s is None: return op.NetworkAddress(UNKNOWN, UNKNOWN, UNKNOWN)
    fam = FAM.get(s.family, "other")
    host = s.host if s.host is not None else (UNKNOWN if fam.startswith("inet") else NO_ADDRESS)
    return op.NetworkAddress(fam, host, s.port if s.port is not None else 0, s.path or "", s.abstract or "")
def sock(call):
    a = call.arguments
    t = flags_of(a[1], c.SOCKET_TYPES)
    ty = next((n.removeprefix("SOCK_").lower() for n in (t.names if t else ()) if n in ("SOCK_STREAM","SOCK_DGRAM","SOCK_RAW","SOCK_SEQPACKET")), "other")
    return op.MakeSocket(FAM.get(name_of(a[0], c.SOCKET_FAMILIES) or "", "other"), ty, 0)
def fcntl(call):
    a = call.arguments
    name = (name_of(a[1], c.FCNTL_COMMANDS) or "").removeprefix("F_").lower()
    if name in ("dupfd","dupfd_cloexec"):
        return op.Duplicate(desc(a[0]), None, num(a[2]), name.endswith("cloexec"), True)
    return op.Fcntl(desc(a[0]), name or "other", None, has(a[2], c.FD_FLAGS, "FD_CLOEXEC") if name=="setfd" else None)
def acc(v):
    s = flags_of(v, c.ACCESS_MODES)
    return frozenset({"R_OK":"read","W_OK":"write","X_OK":"exec"}[n] for n in s.names if n in ("R_OK","W_OK","X_OK"))
A = lambda i: lambda call: call.arguments[i]
D = {
 "open": lambda k: op.Open(at(k,None,0), oflags(k.arguments[1])),
 "openat": lambda k: op.Open(at(k,0,1), oflags(k.arguments[2])),
 "close": lambda k: op.Close(desc(k.arguments[0])),
 "dup": lambda k: op.Duplicate(desc(k.arguments[0])),
 "dup2": lambda k: op.Duplicate(desc(k.arguments[0]), desc(k.arguments[1]).number),
 "dup3": lambda k: op.Duplicate(desc(k.arguments[0]), desc(k.arguments[1]).number),
 "fcntl": fcntl,
 "ioctl": lambda k: op.Ioctl(desc(k.arguments[0]), UNKNOWN),
 "mmap": mmap, "mprotect": lambda k: op.Protect(num(k.arguments[0]), num(k.arguments[1]), prot(k.arguments[2])),
 "munmap": lambda k: op.Unmap(num(k.arguments[0]), num(k.arguments[1])),
 "pipe": lambda k: op.Pipe(), "pipe2": lambda k: op.Pipe(has(k.arguments[1], c.OPEN_FLAGS, "O_CLOEXEC")),
 "stat": lambda k: stat(k,None,0), "lstat": lambda k: stat(k,None,0), "fstat": lambda k: stat(k,0,None), "newfstatat": lambda k: stat(k,0,1,3), "statx": lambda k: stat(k,0,1,2),
 "access": lambda k: op.Access(at(k,None,0), acc(k.arguments[1])), "faccessat2": lambda k: op.Access(at(k,0,1), acc(k.arguments[2])), "faccessat": lambda k: op.Access(at(k,0,1), acc(k.arguments[2])),
 "execve": lambda k: op.Execute(at(k,None,0)),
 "clone": clone, "clone3": clone, "fork": lambda k: op.Clone(), "vfork": lambda k: op.Clone(frozenset({"vm","vfork"})),
 "exit_group": lambda k: op.Exit(num(k.arguments[0])), "exit": lambda k: op.Exit(num(k.arguments[0]), False),
 "wait4": lambda k: op.Wait(-1),
 "mkdir": lambda k: op.MakeDirectory(at(k,None,0)), "mkdirat": lambda k: op.MakeDirectory(at(k,0,1)),
 "unlink": lambda k: op.Unlink(at(k,None,0)), "unlinkat": lambda k: op.Unlink(at(k,0,1), has(k.arguments[2], c.AT_FLAGS, "AT_REMOVEDIR")), "rmdir": lambda k: op.Unlink(at(k,None,0), True),
 "rename": lambda k: op.Rename(at(k,None,0), at(k,None,1)), "renameat": lambda k: op.Rename(at(k,0,1), at(k,2,3)), "renameat2": lambda k: op.Rename(at(k,0,1), at(k,2,3)),
 "chmod": lambda k: op.ChangeMode(at(k,None,0), num(k.arguments[1])), "fchmod": lambda k: op.ChangeMode(op.At(None, desc(k.arguments[0])), num(k.arguments[1])), "fchmodat": lambda k: op.ChangeMode(at(k,0,1), num(k.arguments[2])),
 "chdir": lambda k: op.ChangeDirectory(at(k,None,0)), "getcwd": lambda k: op.GetDirectory(), "umask": lambda k: op.SetMask(num(k.arguments[0])),
 "readlink": lambda k: op.ReadLink(at(k,None,0)), "socket": sock,
 "connect": lambda k: op.Connect(desc(k.arguments[0]), addr(k.arguments[1])), "bind": lambda k: op.Bind(desc(k.arguments[0]), addr(k.arguments[1])),
 "kill": lambda k: op.Kill(process_of(k.arguments[0]) or 0, signal_of(k.arguments[1]) or UNKNOWN),
 "utimensat": lambda k: op.SetTimes(op.At(None, desc(k.arguments[0])) if text_of(k.arguments[1]) is None else at(k,0,1)),
 "copy_file_range": lambda k: op.Transfer(desc(k.arguments[0]), desc(k.arguments[2])),
 "prlimit64": lambda k: op.Quiet("prlimit64"),
}
for n in "read pread64 readv getdents64".split(): D[n] = lambda k: op.Read(desc(k.arguments[0]))
for n in "write pwrite64 writev fallocate".split(): D[n] = lambda k: op.Write(desc(k.arguments[0]))
for n in "geteuid getuid getgid getegid".split(): D[n] = lambda k, n=n: op.GetIds((n.removeprefix("get"),))
SILENT = set("brk rt_sigaction rt_sigprocmask arch_prctl set_tid_address set_robust_list rseq getrandom lseek getpid getppid futex sysinfo uname getpgrp sigaltstack rt_sigreturn poll ppoll select pselect6 gettid clock_gettime getrusage madvise fadvise64 getrlimit setrlimit sched_getaffinity restart_syscall setpgid getpgid".split())

def decoded(trace):
    for item in trace:
        if not isinstance(item, SystemCall):
            yield item; continue
        f = D.get(item.name)
        res = None
        rd = item.result_fd
        rec = Recorded(item.result if item.errno is None else None, item.errno, None if rd is None else op.Descriptor(rd.number, rd.path, rd.deleted))
        if item.name in ("pipe","pipe2"):
            items = items_of(item.arguments[0])
            if items: rec = rec._replace(descriptors=tuple(desc(x) for x in items))
        if item.name in ("clone","clone3","fork","vfork","wait4"): rec = rec._replace(result=child_of(item))
        if f is not None: yield Occurrence(item.task, item.name, f(item), "", rec, item.time, item.line)
        elif item.name in SILENT: yield Occurrence(item.task, item.name, None, "x", rec, item.time, item.line)
        else: yield UNKNOWN_CALL.at(None, f"line {item.line}: no such call `{item.name}`")
