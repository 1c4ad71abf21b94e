/* Makes one of almost every kind of system call, so that a recording of it holds almost every notation of strace.
 *
 *     gcc -w -o calls calls.c -lpthread -lrt && strace -f -o calls.strace ./calls
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
static char buffer[256];
static char large[8192];

static void nothing(int number) { (void)number; }

static void *reader(void *ends)
{
    char octet;
    read(*(int *)ends, &octet, 1);
    return 0;
}

static void unix_sockets(void)
{
    struct sockaddr_un abstract = {.sun_family = AF_UNIX}, named = {.sun_family = AF_UNIX};
    int pair[2];

    strcpy(abstract.sun_path + 1, "abs\tname");
    strcpy(named.sun_path, "./so<ck>\xc3\xa4");
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bind(server, (void *)&abstract, 2 + 1 + 8);
    listen(server, 5);
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect(client, (void *)&abstract, 2 + 1 + 8);
    unlink(named.sun_path);
    int datagrams = socket(AF_UNIX, SOCK_DGRAM, 0);
    bind(datagrams, (void *)&named, sizeof named);
    getsockname(datagrams, (void *)&named, &(socklen_t){sizeof named});
    unlink("./so<ck>\xc3\xa4");
    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);

    struct iovec parts[2] = {{"ab", 2}, {"c\"d\n", 4}}, whole = {buffer, 200};
    char control[CMSG_SPACE(8)];
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    *rights = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(8)};
    memcpy(CMSG_DATA(rights), (int[2]){server, 1}, 8);
    sendmsg(pair[0], &message, 0);
    struct msghdr received = {.msg_iov = &whole, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    recvmsg(pair[1], &received, MSG_CMSG_CLOEXEC);
}

static void internet_sockets(void)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT, .sin6_port = htons(9)};
    struct linger linger = {1, 2};
    int one = 1;

    int server = socket(AF_INET, SOCK_STREAM, 0);
    bind(server, (void *)&four, sizeof four);
    listen(server, 3);
    getsockname(server, (void *)&four, &(socklen_t){sizeof four});
    int client = socket(AF_INET, SOCK_STREAM, 0);
    connect(client, (void *)&four, sizeof four);
    int accepted = accept4(server, (void *)&four, &(socklen_t){sizeof four}, SOCK_CLOEXEC);
    send(client, "hi", 2, MSG_NOSIGNAL);
    recv(accepted, buffer, 9, 0);
    shutdown(client, SHUT_RDWR);
    int datagrams = socket(AF_INET6, SOCK_DGRAM, 0);
    sendto(datagrams, "x", 1, 0, (void *)&six, sizeof six);
    connect(datagrams, (void *)&six, sizeof six);
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, 4);
    getsockopt(server, SOL_SOCKET, SO_ERROR, &one, &(socklen_t){4});
    setsockopt(server, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    int netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    struct sockaddr_nl route = {.nl_family = AF_NETLINK};
    bind(netlink, (void *)&route, sizeof route);
    struct {
        struct nlmsghdr head;
        struct rtgenmsg body;
    } request = {{.nlmsg_len = NLMSG_LENGTH(1), .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
    send(netlink, &request, request.head.nlmsg_len, 0);
}

static void waiting(void)
{
    int ends[2];
    sigset_t set;
    fd_set ready;
    struct timeval soon = {0, 1000};
    struct iovec whole = {buffer, 200}, parts[2] = {{"", 0}, {"\0", 1}};

    pipe2(ends, O_CLOEXEC | O_NONBLOCK);
    write(ends[1], "0123456789\0\1\2" "7\377\x80", 16);
    read(ends[0], buffer, 99);
    readv(ends[0], &whole, 1);
    int poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = ends[0]};
    epoll_ctl(poller, EPOLL_CTL_ADD, ends[0], &event);
    write(ends[1], "x", 1);
    epoll_wait(poller, &event, 5, 10);
    struct pollfd polled[2] = {{ends[0], POLLIN, 0}, {ends[1], POLLOUT, 0}};
    poll(polled, 2, 10);
    polled[0].events = polled[1].events = 0;
    poll(polled, 2, 1);
    FD_ZERO(&ready);
    FD_SET(ends[0], &ready);
    FD_SET(ends[1], &ready);
    select(99, &ready, 0, 0, &soon);
    eventfd(3, EFD_NONBLOCK);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN + 3);
    sigprocmask(SIG_BLOCK, &set, 0);
    signalfd(-1, &set, SFD_CLOEXEC);
    sigfillset(&set);
    sigdelset(&set, SIGHUP);
    sigprocmask(SIG_SETMASK, &set, &set);
    sigemptyset(&set);
    sigprocmask(SIG_SETMASK, &set, 0);
    struct itimerspec timer = {{0, 0}, {0, 1000}};
    timerfd_settime(timerfd_create(CLOCK_MONOTONIC, 0), 0, &timer, 0);
    inotify_add_watch(inotify_init1(0), ".", IN_CREATE | IN_ISDIR);
}

static void files(void)
{
    const char *strange = "del<e>ted\n\xc3\xa4.txt";
    struct stat status;
    struct statx extended;
    struct flock lock = {F_WRLCK, SEEK_SET, 0, 0, 0};
    struct termios terminal;
    struct winsize size;
    int number;

    stat("/etc/passwd", &status);
    lstat("/proc/self/exe", &status);
    statx(AT_FDCWD, "/etc/passwd", AT_SYMLINK_NOFOLLOW, STATX_ALL, &extended);
    access("/nonexist\tent", R_OK | W_OK);
    faccessat(AT_FDCWD, "/etc", X_OK, AT_EACCESS);
    int file = open(strange, O_RDWR | O_CREAT | O_TRUNC, 0640);
    unlink(strange);
    fcntl(file, F_GETFL);
    fcntl(file, F_SETFL, O_APPEND | O_NONBLOCK);
    fcntl(file, F_SETFD, FD_CLOEXEC);
    fcntl(file, F_GETFD);
    fcntl(file, F_DUPFD_CLOEXEC, 40);
    fcntl(file, F_SETLK, &lock);
    fcntl(file, F_GETLK, &lock);
    write(file, "abc", 3);
    void *memory = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    mprotect(memory, 4096, PROT_READ | PROT_EXEC);
    madvise(memory, 4096, MADV_DONTNEED);
    munmap(memory, 4096);
    mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    fsetxattr(file, "user.a", "v\0w", 3, XATTR_CREATE);
    getxattr("/etc/passwd", "security.selinux", buffer, 200);
    fchmod(file, 04755);
    fchown(file, -1, 0);
    umask(027);
    umask(0);
    openat(AT_FDCWD, "/tmp", O_TMPFILE | O_RDWR, 0600);
    open("/etc/shadow", O_PATH | O_NOFOLLOW);
    open((char *)1, 0);
    int directory = open("/proc/self/ns", O_RDONLY | O_DIRECTORY);
    syscall(SYS_getdents64, directory, large, 2000);
    getcwd(buffer, 200);
    readlink("/proc/self/exe", buffer, 200);
    syscall(SYS_openat2, AT_FDCWD, "/etc", &(unsigned long[3]){O_RDONLY, 0, 8}, 24);
    syscall(SYS_memfd_create, "m<x>y", 1);
    syscall(SYS_close_range, 900, 999, 4);
    ioctl(0, TCGETS, &terminal);
    ioctl(0, TIOCGWINSZ, &size);
    ioctl(0, 0x12345678, &number);
    ioctl(file, _IOWR('x', 3, int), &number);
    mount("none", "/nonexist/x", "tmpfs", MS_NOSUID | MS_NODEV, "size=1k");
    umount2("/nonexist/x", MNT_DETACH);
}

static void credentials(void)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2] = {0};
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xc000003e, 0, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {3, program};
    gid_t groups[3] = {1, 2, 3};

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_NAME, "n<a>me \"x");
    prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN);
    prctl(PR_SET_PTRACER, -1L);
    prctl(PR_SET_SECUREBITS, 1 << 4);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(0x12345, 1, 2, 3, 4);
    prctl(PR_GET_SECCOMP);
    syscall(SYS_capget, &head, sets);
    sets[0].effective &= ~3;
    syscall(SYS_capset, &head, sets);
    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
    setresuid(-1, 0, -1);
    setgroups(3, groups);
    getgroups(3, groups);
    syscall(SYS_setfsuid, 0);
    getsid(0);
    setpgid(0, 0);
    syscall(SYS_unshare, 0x12345678);
    syscall(SYS_keyctl, 0, -3, 0);
}

static void resources(void)
{
    struct rlimit limit;
    struct sysinfo system;
    struct utsname name;
    struct tms times_;
    struct rusage usage;
    struct timespec moment = {0, 100};
    struct sched_param parameters = {0};
    struct sembuf operation = {0, 1, SEM_UNDO};
    struct shmid_ds segment;
    struct {
        long type;
        char text[5];
    } message = {1, "hey"};
    cpu_set_t processors;

    getrlimit(RLIMIT_NOFILE, &limit);
    setpriority(PRIO_PROCESS, 0, 5);
    getpriority(PRIO_PROCESS, 0);
    sysinfo(&system);
    uname(&name);
    times(&times_);
    getrusage(RUSAGE_SELF, &usage);
    clock_nanosleep(CLOCK_REALTIME, 0, &moment, &moment);
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &moment);
    syscall(SYS_time, 0);
    sched_getaffinity(0, sizeof processors, &processors);
    sched_setaffinity(0, sizeof processors, &processors);
    sched_setscheduler(0, SCHED_OTHER, &parameters);
    int shared = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
    shmdt(shmat(shared, 0, 0));
    shmctl(shared, IPC_STAT, &segment);
    shmctl(shared, IPC_RMID, 0);
    int semaphores = semget(IPC_PRIVATE, 1, 0600);
    semop(semaphores, &operation, 1);
    semctl(semaphores, 0, IPC_RMID);
    int queue = msgget(IPC_PRIVATE, 0600);
    msgsnd(queue, &message, 4, IPC_NOWAIT);
    msgrcv(queue, &message, 4, 0, 0);
    msgctl(queue, IPC_RMID, 0);
    mq_open("/nslsm-test", O_CREAT | O_RDWR, 0600, 0);
    mq_unlink("/nslsm-test");
    syscall(999, 1, 2, 3, 4, 5, 6);
    syscall(SYS_getrandom, buffer, 4, 1);
    syscall(SYS_landlock_create_ruleset, 0, 0, 1);
    syscall(SYS_pidfd_open, getpid(), 0);
    syscall(SYS_kcmp, getpid(), getpid(), 0, 1, 2);
    syscall(SYS_rseq, 0, 0, 0, 0);
    syscall(SYS_membarrier, 0, 0, 0);
    syscall(SYS_bpf, 0, memset(buffer, 0x71, 48), 48);
    syscall(SYS_io_uring_setup, 8, memset(large, 0, 120));
}

static void signals(void)
{
    struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
    struct itimerval timer = {{0, 0}, {0, 20000}};

    sigaction(SIGALRM, &action, 0);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, &action);
    setitimer(ITIMER_REAL, &timer, 0);
    action = (struct sigaction){.sa_handler = nothing};
    sigaction(SIGUSR1, &action, 0);
    sigaction(SIGRTMIN + 3, &action, 0);
    pause();
    kill(getpid(), SIGUSR1);
    raise(SIGRTMIN + 3);
}

static void processes(void)
{
    char *arguments[] = {"true", "a\\b\x01", 0};
    struct rusage usage;
    int status, ends[2];
    pid_t child = fork();

    if (!child) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGKILL);
    }
    waitpid(child, &status, 0);
    child = fork();
    if (!child) {
        pause();
        _exit(0);
    }
    ptrace(PTRACE_SEIZE, child, 0, PTRACE_O_TRACECLONE);
    kill(child, SIGSTOP);
    waitpid(child, &status, WUNTRACED);
    ptrace(PTRACE_DETACH, child, 0, 0);
    kill(child, SIGCONT);
    usleep(1000);
    kill(child, SIGTERM);
    waitid(P_PID, child, (siginfo_t *)large, WEXITED);
    child = fork();
    if (!child)
        *(volatile int *)0 = 1;
    wait4(child, &status, 0, &usage);
    posix_spawn(&child, "/bin/true", 0, 0, arguments, environ);
    waitpid(child, 0, 0);
    if (!vfork()) {
        execl("/bin/false", "false", (char *)0);
        _exit(9);
    }
    wait(&status);
    wait(&status);

    pthread_t thread;
    pipe(ends);
    pthread_create(&thread, 0, reader, ends);
    usleep(1000);
    write(ends[1], "q", 1);
    pthread_join(thread, 0);
    pthread_create(&thread, 0, reader, ends);
    pthread_create(&thread, 0, reader, ends);
    usleep(2000);
}

int main(void)
{
    alarm(5);
    unix_sockets();
    internet_sockets();
    waiting();
    files();
    credentials();
    resources();
    signals();
    alarm(5);
    processes();
    return 3;
}
