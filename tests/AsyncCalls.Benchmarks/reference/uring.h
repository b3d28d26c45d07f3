/*
 * A ring of io_uring(7), driven by the raw system calls, as far as the references need it.
 * One thread owns a ring: the one that called ref_ring_open.
 */
#ifndef REFERENCE_URING_H
#define REFERENCE_URING_H

#include <linux/io_uring.h>
#include <stddef.h>
#include <stdint.h>

/* Flags that are younger than the headers of some distributions. */
#ifndef IORING_SETUP_COOP_TASKRUN
#define IORING_SETUP_COOP_TASKRUN (1U << 8)
#endif
#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif

struct ring {
    int fd;
    unsigned flags;

    void *queues;
    size_t queues_bytes;
    struct io_uring_sqe *sqes;
    size_t sqes_bytes;

    unsigned *sq_tail;
    unsigned sq_mask;
    unsigned sq_local_tail;
    unsigned sq_submitted_tail;

    unsigned *cq_head;
    unsigned *cq_tail;
    unsigned cq_mask;
    struct io_uring_cqe *cqes;
};

/* The next submission entry. The caller never has more in flight than the ring has entries, so there always is one. */
static inline struct io_uring_sqe *ring_next(struct ring *ring)
{
    return &ring->sqes[ring->sq_local_tail++ & ring->sq_mask];
}

/* Hands over everything that was prepared and waits for one completion. Returns 0 or -errno. */
int ring_submit_and_wait(struct ring *ring);

/* setup_flags < 0: the fastest set of flags that this kernel accepts. Returns NULL and sets *error. */
struct ring *ref_ring_open(unsigned entries, int setup_flags, int *error);
unsigned ref_ring_flags(const struct ring *ring);
void ref_ring_close(struct ring *ring);

#endif
