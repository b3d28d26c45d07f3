/*
 * How long it takes to interrupt a blocked read(2), one way: from just before tgkill(2) on one thread to the first
 * instruction that the other one, which slept in a read of an empty pipe, runs after it. It is what a cancel of a
 * call that is blocked on a thread cannot do without. Both threads are idle for a while before each sample, as in
 * wake.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

struct parked {
    int fd;
    int tid;
    uint32_t samples;
    char apart[52]; /* The reader's words are on a cache line of their own. */
    uint32_t met;
    uint64_t met_ns;
};

static void nothing(int number)
{
    (void)number;
}

static void *reader(void *argument)
{
    struct parked *parked = argument;
    char byte;

    __atomic_store_n(&parked->tid, (int)syscall(SYS_gettid), __ATOMIC_RELEASE);
    for (uint32_t i = 1; i <= parked->samples; i++) {
        (void)!read(parked->fd, &byte, 1);
        parked->met_ns = now_ns();
        __atomic_store_n(&parked->met, i, __ATOMIC_RELEASE);
        syscall(SYS_futex, &parked->met, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
    return NULL;
}

/* Fills samples with nanoseconds. Returns 0 or -errno. */
int ref_interrupt(uint32_t samples, uint32_t idle_us, double *sample_ns)
{
    struct timespec idle = { .tv_sec = idle_us / 1000000, .tv_nsec = (long)(idle_us % 1000000) * 1000 };
    struct timespec again = { .tv_nsec = 10000000 };
    struct sigaction action = { .sa_handler = nothing };
    struct sigaction before;
    int signal = SIGRTMAX; /* The library begins at the other end. */
    int ends[2];
    pthread_t thread;

    if (pipe(ends) < 0)
        return -errno;

    struct parked parked = { .fd = ends[0], .samples = samples };
    int error = sigaction(signal, &action, &before) < 0 ? errno : pthread_create(&thread, NULL, reader, &parked);
    if (error == 0) {
        for (uint32_t i = 1; i <= samples; i++) {
            uint32_t seen;
            nanosleep(&idle, NULL);
            uint64_t from = now_ns();
            do {
                /* Again where it came before its read began, and was lost. */
                syscall(SYS_tgkill, getpid(), __atomic_load_n(&parked.tid, __ATOMIC_ACQUIRE), signal);
                if ((seen = __atomic_load_n(&parked.met, __ATOMIC_ACQUIRE)) != i)
                    syscall(SYS_futex, &parked.met, FUTEX_WAIT_PRIVATE, seen, &again, NULL, 0);
            } while (__atomic_load_n(&parked.met, __ATOMIC_ACQUIRE) != i);
            sample_ns[i - 1] = (double)(parked.met_ns - from);
        }

        pthread_join(thread, NULL);
        sigaction(signal, &before, NULL);
    }

    close(ends[0]);
    close(ends[1]);
    return -error;
}
