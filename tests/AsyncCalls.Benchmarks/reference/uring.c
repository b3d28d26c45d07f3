#define _GNU_SOURCE
#include "uring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int enter(int fd, unsigned submit, unsigned wait, unsigned flags)
{
    long result = syscall(SYS_io_uring_enter, fd, submit, wait, flags, NULL, 0);
    return result < 0 ? -errno : (int)result;
}

static int map(struct ring *ring, const struct io_uring_params *params)
{
    size_t sq_bytes = params->sq_off.array + params->sq_entries * sizeof(unsigned);
    size_t cq_bytes = params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe);

    if (!(params->features & IORING_FEAT_SINGLE_MMAP))
        return -ENOSYS;

    ring->queues_bytes = sq_bytes > cq_bytes ? sq_bytes : cq_bytes;
    ring->queues = mmap(NULL, ring->queues_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_SQ_RING);
    if (ring->queues == MAP_FAILED) {
        ring->queues = NULL;
        return -errno;
    }

    ring->sqes_bytes = params->sq_entries * sizeof(struct io_uring_sqe);
    ring->sqes = mmap(NULL, ring->sqes_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_SQES);
    if (ring->sqes == MAP_FAILED) {
        ring->sqes = NULL;
        return -errno;
    }

    char *base = ring->queues;
    ring->sq_tail = (unsigned *)(base + params->sq_off.tail);
    ring->sq_mask = *(unsigned *)(base + params->sq_off.ring_mask);
    ring->sq_local_tail = ring->sq_submitted_tail = *ring->sq_tail;
    ring->cq_head = (unsigned *)(base + params->cq_off.head);
    ring->cq_tail = (unsigned *)(base + params->cq_off.tail);
    ring->cq_mask = *(unsigned *)(base + params->cq_off.ring_mask);
    ring->cqes = (struct io_uring_cqe *)(base + params->cq_off.cqes);

    /* Entry i of the queue is always submission entry i: the indirection is filled in once. */
    unsigned *array = (unsigned *)(base + params->sq_off.array);
    for (unsigned i = 0; i < params->sq_entries; i++)
        array[i] = i;
    return 0;
}

struct ring *ref_ring_open(unsigned entries, int setup_flags, int *error)
{
    /* Fastest first, as measured with the no-op and the O_DIRECT loops; older kernels know fewer of them. */
    static const unsigned fastest_first[] = {
        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
        IORING_SETUP_COOP_TASKRUN,
        0,
    };

    struct ring *ring = calloc(1, sizeof(*ring));
    if (ring == NULL) {
        *error = ENOMEM;
        return NULL;
    }

    struct io_uring_params params;
    ring->fd = -1;
    *error = EINVAL;
    for (size_t i = 0; ring->fd < 0 && *error == EINVAL && i < sizeof(fastest_first) / sizeof(fastest_first[0]); i++) {
        memset(&params, 0, sizeof(params));
        params.flags = setup_flags < 0 ? fastest_first[i] : (unsigned)setup_flags;
        ring->flags = params.flags;
        ring->fd = (int)syscall(SYS_io_uring_setup, entries, &params);
        *error = ring->fd < 0 ? errno : 0;
        if (setup_flags >= 0)
            break;
    }
    if (ring->fd >= 0)
        *error = -map(ring, &params);
    if (*error != 0) {
        ref_ring_close(ring);
        return NULL;
    }
    return ring;
}

unsigned ref_ring_flags(const struct ring *ring)
{
    return ring->flags;
}

void ref_ring_close(struct ring *ring)
{
    if (ring->sqes != NULL)
        munmap(ring->sqes, ring->sqes_bytes);
    if (ring->queues != NULL)
        munmap(ring->queues, ring->queues_bytes);
    if (ring->fd >= 0)
        close(ring->fd);
    free(ring);
}

int ring_submit_and_wait(struct ring *ring)
{
    __atomic_store_n(ring->sq_tail, ring->sq_local_tail, __ATOMIC_RELEASE);
    for (;;) {
        int taken = enter(ring->fd, ring->sq_local_tail - ring->sq_submitted_tail, 1, IORING_ENTER_GETEVENTS);
        if (taken >= 0) {
            ring->sq_submitted_tail += (unsigned)taken;
            return 0;
        }
        if (taken != -EINTR)
            return taken;
    }
}
