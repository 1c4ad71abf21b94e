/* A thread, not the process's first, executes a program. */
#include <pthread.h>
#include <unistd.h>

static void *execute(void *unused)
{
    usleep(20000);
    execl("/bin/true", "true", (char *)0);
    return unused;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, 0, execute, 0);
    pause();
    return 0;
}
