#!/bin/sh
# Records the samples anew, in an empty directory and environment, so that nothing of the machine is in them.
# Needs strace, gcc, and root for the pid namespace.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=/tmp/x/w
rm -rf "$work" && mkdir -p "$work" && cd "$work"
gcc -w -o calls "$here/calls.c" -lpthread -lrt
gcc -w -o exec_from_thread "$here/exec_from_thread.c" -lpthread
trace() { # NAME OPTIONS… -- COMMAND…
    name=$1 && shift
    env -i PATH=/usr/bin:/bin strace -o "$here/$name.strace" "$@" </dev/null >/dev/null 2>&1 || true
}
story='cat /etc/passwd | head -1; (sleep 0.05; true) & wait; umask; kill -9 $$'
trace calls-plain -f -tt ./calls
trace calls-yy -f -yy -v -T -s 64 ./calls
trace calls-raw -f -X raw -r ./calls
trace calls-verbose -f -X verbose -y -ttt ./calls
trace calls-hex -f -xx -y -t -i -n ./calls
trace pipeline -f -y sh -c "$story"
trace alone -y -ttt cat /etc/hostname
trace exec-from-thread -f -y ./exec_from_thread
trace namespaces -f -y --decode-pids=pidns,comm unshare -pf --mount-proc sh -c 'kill -0 $$; (true); true'
trace dumps -f -e read=all -e write=all -k cat /etc/hostname
trace filtered -f -z -e 'trace=!mmap' sh -c "$story"
trace injected -f -e inject=read:error=EINTR:when=2 -e inject=close:delay_exit=10 cat /etc/hostname
trace undecoded -f -e raw=all cat /etc/hostname
env -i PATH=/usr/bin:/bin strace -ff -ttt -o "$work/set" ./exec_from_thread </dev/null >/dev/null 2>&1 || true
mkdir -p "$here/set" && rm -f "$here/set/"* && cp "$work"/set.* "$here/set/"
env -i PATH=/usr/bin:/bin strace -f sh -c "$story" </dev/null >/dev/null 2>"$here/bracketed.strace" || true
env -i PATH=/usr/bin:/bin strace -f ./exec_from_thread </dev/null >/dev/null 2>"$here/bracketed-thread.strace" || true
