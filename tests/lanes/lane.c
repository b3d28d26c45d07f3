/*
 * Runs a program on a lane that a machine may have and this one has not: with a seccomp filter that answers io_uring_setup(2) with an error, without locked memory.
 *
 *   lane [--deny ERRNO] [--largest ENTRIES] [--no-memlock] PROGRAM ARGUMENT...
 *
 * --deny: io_uring_setup answers that error number. --largest: more entries than that answer ENOMEM. --no-memlock: RLIMIT_MEMLOCK is 0, and nothing lifts it.
 * Ends with 125 and a message where the lane cannot be set up here.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#endif

static int fail(const char *what)
{
    fprintf(stderr, "lane: %s: %s\n", what, strerror(errno));
    return 125;
}

/* Calls of other architectures pass: .NET makes none. */
static int filter(unsigned errno_answer, unsigned largest)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCH, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, largest, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | errno_answer),
    };
    struct sock_fprog installed = { sizeof(program) / sizeof(program[0]), program };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return -1;
    }

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &installed);
}

/* CAP_IPC_LOCK lifts the limit: it is taken away for good, root included. */
static int no_locked_memory(void)
{
    struct rlimit none = { 0, 0 };
    if (setrlimit(RLIMIT_MEMLOCK, &none) != 0) {
        return -1;
    }

    return prctl(PR_CAPBSET_DROP, CAP_IPC_LOCK, 0, 0, 0) == 0 || geteuid() != 0 ? 0 : -1;
}

int main(int count, char **arguments)
{
    int at = 1;
    for (; at < count && strncmp(arguments[at], "--", 2) == 0; at++) {
        if (strcmp(arguments[at], "--no-memlock") == 0) {
            if (no_locked_memory() != 0) {
                return fail("RLIMIT_MEMLOCK");
            }
        } else if (at + 1 < count && strcmp(arguments[at], "--deny") == 0) {
            if (filter((unsigned)atoi(arguments[++at]), 0) != 0) {
                return fail("seccomp");
            }
        } else if (at + 1 < count && strcmp(arguments[at], "--largest") == 0) {
            if (filter(ENOMEM, (unsigned)atoi(arguments[++at])) != 0) {
                return fail("seccomp");
            }
        } else {
            break;
        }
    }

    if (at >= count || strncmp(arguments[at], "--", 2) == 0) {
        fprintf(stderr, "usage: lane [--deny ERRNO] [--largest ENTRIES] [--no-memlock] PROGRAM ARGUMENT...\n");
        return 125;
    }

    execvp(arguments[at], arguments + at);
    return fail(arguments[at]);
}
