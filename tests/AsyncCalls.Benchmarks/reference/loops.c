/*
 * The work of the io_uring references: a number of calls in flight, refilled as they complete, with one
 * io_uring_enter for each turn of the loop, which submits what was refilled and waits for what is next.
 * Neither files nor buffers are registered with the ring: a call of the library may name any file and any buffer.
 */
#include "uring.h"
#include "random.h"

#include <errno.h>
#include <string.h>

static void prepare_nop(struct ring *ring)
{
    struct io_uring_sqe *sqe = ring_next(ring);
    memset(sqe, 0, sizeof(*sqe));
    sqe->opcode = IORING_OP_NOP;
}

static void prepare_read(struct ring *ring, int file, char *buffers, unsigned slot, unsigned bytes, uint64_t offset)
{
    struct io_uring_sqe *sqe = ring_next(ring);
    memset(sqe, 0, sizeof(*sqe));
    sqe->opcode = IORING_OP_READ;
    sqe->fd = file;
    sqe->addr = (uint64_t)(uintptr_t)(buffers + (size_t)slot * bytes);
    sqe->len = bytes;
    sqe->off = offset;
    sqe->user_data = slot;
}

/* Returns 0 or -errno. */
int ref_ring_nop(struct ring *ring, unsigned depth, uint64_t calls)
{
    uint64_t started = 0, completed = 0;

    for (; started < depth && started < calls; started++)
        prepare_nop(ring);

    while (completed < calls) {
        int error = ring_submit_and_wait(ring);
        if (error < 0)
            return error;

        unsigned head = *ring->cq_head;
        unsigned tail = __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE);
        for (; head != tail; head++) {
            int result = ring->cqes[head & ring->cq_mask].res;
            if (result < 0)
                return result;
            completed++;
            if (started < calls) {
                prepare_nop(ring);
                started++;
            }
        }
        __atomic_store_n(ring->cq_head, head, __ATOMIC_RELEASE);
    }
    return 0;
}

/* Reads whole blocks at random places. buffers has room for depth blocks. Returns 0 or -errno. */
int ref_ring_read(struct ring *ring, int file, char *buffers, unsigned depth, unsigned block, uint64_t blocks, uint64_t seed, uint64_t calls)
{
    uint64_t started = 0, completed = 0;

    for (; started < depth && started < calls; started++)
        prepare_read(ring, file, buffers, (unsigned)started, block, random_below(&seed, blocks) * block);

    while (completed < calls) {
        int error = ring_submit_and_wait(ring);
        if (error < 0)
            return error;

        unsigned head = *ring->cq_head;
        unsigned tail = __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE);
        for (; head != tail; head++) {
            const struct io_uring_cqe *cqe = &ring->cqes[head & ring->cq_mask];
            if (cqe->res != (int)block)
                return cqe->res < 0 ? cqe->res : -EIO;
            completed++;
            if (started < calls) {
                prepare_read(ring, file, buffers, (unsigned)cqe->user_data, block, random_below(&seed, blocks) * block);
                started++;
            }
        }
        __atomic_store_n(ring->cq_head, head, __ATOMIC_RELEASE);
    }
    return 0;
}
