// What a process inherits from the one that runs the proofs. Compiled into a library that is loaded into it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

// Reads from fd into out until its end: the number of bytes, or -errno.
static long collect(int fd, char *out, long size)
{
    long total = 0;
    while (total < size) {
        ssize_t got = read(fd, out + total, (size_t)(size - total));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        total += got;
    }
    return total;
}

static long finish(int fd, pid_t child, char *out, long size)
{
    long total = collect(fd, out, size);
    close(fd);
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return total < 0 ? total : WIFEXITED(status) && WEXITSTATUS(status) == 0 ? total : -ECHILD;
}

// fork(2) without exec: the child answers with the mappings that it has. Only calls that are safe after a fork of a process with threads.
long child_fork(char *out, long size)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -errno;
    pid_t child = fork();
    if (child < 0)
        return -errno;
    if (child == 0) {
        char buffer[4096];
        int maps = open("/proc/self/maps", O_RDONLY);
        ssize_t got;
        while ((got = read(maps, buffer, sizeof buffer)) > 0)
            for (ssize_t done = 0; done < got;) {
                ssize_t written = write(ends[1], buffer + done, (size_t)(got - done));
                if (written <= 0)
                    _exit(2);
                done += written;
            }
        _exit(maps < 0 || got < 0 ? 1 : 0);
    }
    close(ends[1]);
    return finish(ends[0], child, out, size);
}

// posix_spawn(3) of ls: the child answers with the descriptors that it has.
long child_spawn(char *out, long size)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -errno;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    char *arguments[] = { "ls", "-l", "/proc/self/fd", NULL };
    pid_t child;
    int error = posix_spawnp(&child, "ls", &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (error != 0) {
        close(ends[0]);
        return -error;
    }
    return finish(ends[0], child, out, size);
}
