/*
 * How long a wake-up takes, one way: from just before FUTEX_WAKE on one thread to the first instruction that the
 * other one, which slept in FUTEX_WAIT, runs after it. Both threads are idle for a while before each sample, as
 * the thread that cancels and the worker that is parked in a read are.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

struct exchange {
    uint32_t request;
    char apart[60]; /* The two words are on cache lines of their own. */
    uint32_t answer;
    uint32_t samples;
    uint64_t woken_ns;
};

static void futex_await(uint32_t *word, uint32_t wanted)
{
    uint32_t seen;
    while ((seen = __atomic_load_n(word, __ATOMIC_ACQUIRE)) != wanted)
        syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static void futex_set(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *sleeper(void *argument)
{
    struct exchange *exchange = argument;
    for (uint32_t i = 1; i <= exchange->samples; i++) {
        futex_await(&exchange->request, i);
        exchange->woken_ns = now_ns();
        futex_set(&exchange->answer, i);
    }
    return NULL;
}

/* Fills samples with nanoseconds. Returns 0 or -errno. */
int ref_wake(uint32_t samples, uint32_t idle_us, double *sample_ns)
{
    struct exchange exchange = { .samples = samples };
    struct timespec idle = { .tv_sec = idle_us / 1000000, .tv_nsec = (long)(idle_us % 1000000) * 1000 };
    pthread_t thread;

    int error = pthread_create(&thread, NULL, sleeper, &exchange);
    if (error != 0)
        return -error;

    for (uint32_t i = 1; i <= samples; i++) {
        nanosleep(&idle, NULL);
        uint64_t from = now_ns();
        futex_set(&exchange.request, i);
        futex_await(&exchange.answer, i);
        sample_ns[i - 1] = (double)(exchange.woken_ns - from);
    }

    pthread_join(thread, NULL);
    return 0;
}
