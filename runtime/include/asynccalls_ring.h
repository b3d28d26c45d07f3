/* The completion ring of AsyncCalls, version 1, for consumers in C11. The contract is docs/ring-abi.md.
 *
 *   acring ring;
 *   int error = acring_receive(&ring, socket);           // memory, wake event and doorbell, by SCM_RIGHTS
 *   while ((n = acring_wait(&ring, events, 64, 1, -1)) > 0)
 *       ...                                              // events[0 .. n)
 *   acring_detach(&ring);
 *
 * Functions answer with a number >= 0 or -errno. Any number of threads and processes may consume at once; each event reaches one of
 * them. Nothing that a neighbour writes into the memory makes these functions read outside of it.
 *
 * With -std=c11, define _GNU_SOURCE or _POSIX_C_SOURCE 200809L before the first header.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ASYNCCALLS_RING_H
#define ASYNCCALLS_RING_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifdef __cplusplus
#error "This header is C11; compile its user as C."
#endif

#define ACRING_MAGIC 0x47524341u /* "ACRG" */
#define ACRING_VERSION 1u
#define ACRING_HEADER_MIN 512u
#define ACRING_ENTRIES_MAX (1u << 20)
#define ACRING_NOBODY UINT64_MAX
#define ACRING_TRIES_MAX (1u << 20)

/* producer_flags */
#define ACRING_OVERFLOW 1u /* completions wait outside the ring */
#define ACRING_CLOSED 2u   /* nothing will follow what is in the ring */
#define ACRING_BROKEN 4u   /* the producer has given the ring up */

/* requests */
#define ACRING_DIRECT 1u /* a consumer reads this ring directly */

/* acring_event.flags */
#define ACRING_MORE 1u      /* more events of the same call will follow */
#define ACRING_ATTRIBUTE 2u /* an attribute result travels beside */

typedef struct acring_event {
    uint64_t cookie;
    int64_t result; /* >= 0, or -errno */
    uint32_t flags;
    uint32_t operation;
    uint64_t call_id;
} acring_event;

typedef struct acring_header {
    _Atomic uint32_t magic;
    _Atomic uint32_t version;
    _Atomic uint32_t header_bytes; /* offset of entry 0 */
    _Atomic uint32_t entry_bytes;
    _Atomic uint32_t entries; /* a power of two */
    _Atomic uint32_t mask;
    _Atomic uint64_t compatible;
    _Atomic uint64_t incompatible;
    uint8_t reserved0[88];
    _Atomic uint64_t tail; /* written by the producer only, like the next two */
    _Atomic uint32_t producer_flags;
    uint32_t reserved1;
    _Atomic uint64_t overflow_count;
    uint8_t reserved2[104];
    _Atomic uint64_t head;
    uint8_t reserved3[120];
    _Atomic uint32_t requests;
    uint32_t reserved4;
    _Atomic uint64_t wake_target;
    uint8_t reserved5[112];
} acring_header;

_Static_assert(sizeof(acring_event) == 32, "an entry is 32 bytes");
_Static_assert(sizeof(acring_header) == 512, "the header is 512 bytes");
_Static_assert(offsetof(acring_header, tail) == 128, "tail");
_Static_assert(offsetof(acring_header, head) == 256, "head");
_Static_assert(offsetof(acring_header, wake_target) == 392, "wake target");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "processes share 64-bit words only where these are lock-free");

/* What a consumer knows of a ring: copied once from a header that was checked, and never read from the memory again. */
typedef struct acring {
    acring_header *header;
    const acring_event *entries;
    uint64_t capacity;
    size_t mapped_bytes;
    int memory_fd;
    int wake_fd;     /* -1: cannot wait. Belongs to this consumer alone: whoever reads it takes the wake-up from others. */
    int doorbell_fd; /* -1: what waits outside comes in when the producer publishes next */
    _Atomic int broken;
} acring;

/* Checks a header and fills in `ring`. -EINVAL: not a ring that fits into so many bytes; -ENOTSUP: unknown version or feature. */
static inline int acring_check(acring *ring, void *memory, uint64_t bytes)
{
    acring_header *header = memory;
    if (bytes < ACRING_HEADER_MIN + 2 * sizeof(acring_event))
        return -EINVAL;

    uint32_t header_bytes = atomic_load(&header->header_bytes);
    uint32_t entries = atomic_load(&header->entries);
    if (atomic_load(&header->magic) != ACRING_MAGIC)
        return -EINVAL;
    if (atomic_load(&header->version) != ACRING_VERSION || atomic_load(&header->incompatible) != 0)
        return -ENOTSUP;
    if (header_bytes < ACRING_HEADER_MIN || header_bytes % 64 != 0 || atomic_load(&header->entry_bytes) != sizeof(acring_event))
        return -EINVAL;
    if (entries < 2 || entries > ACRING_ENTRIES_MAX || (entries & (entries - 1)) != 0 || atomic_load(&header->mask) != entries - 1)
        return -EINVAL;
    if (header_bytes + (uint64_t)entries * sizeof(acring_event) > bytes)
        return -EINVAL;

    ring->header = header;
    ring->entries = (const acring_event *)((const char *)memory + header_bytes);
    ring->capacity = entries;
    atomic_init(&ring->broken, 0);
    return 0;
}

/* Maps a ring. The descriptors become the ring's own, if this succeeds. `trust_unsealed`: whoever shortens the file ends this process.
 * -EPERM: the memory is not sealed against shrinking. */
static inline int acring_attach(acring *ring, int memory_fd, int wake_fd, int doorbell_fd, int trust_unsealed)
{
    enum { get_seals = 1034, seal_shrink = 2 }; /* F_GET_SEALS, F_SEAL_SHRINK: only with _GNU_SOURCE in fcntl.h */
    struct stat file;
    if (fstat(memory_fd, &file) != 0)
        return -errno;

    int seals = fcntl(memory_fd, get_seals);
    if (!trust_unsealed && (seals < 0 || !(seals & seal_shrink)))
        return -EPERM;
    if (file.st_size < (off_t)ACRING_HEADER_MIN || (uint64_t)file.st_size > (1u << 31))
        return -EINVAL;

    size_t bytes = (size_t)file.st_size;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
    if (memory == MAP_FAILED)
        return -errno;

    int error = acring_check(ring, memory, bytes);
    if (error != 0) {
        munmap(memory, bytes);
        return error;
    }

    ring->mapped_bytes = bytes;
    ring->memory_fd = memory_fd;
    ring->wake_fd = wake_fd;
    ring->doorbell_fd = doorbell_fd;
    atomic_fetch_or(&ring->header->requests, ACRING_DIRECT);
    return 0;
}

/* Receives the one message that the owner sends: the magic number, and three descriptors. */
static inline int acring_receive(acring *ring, int socket)
{
    uint32_t magic = 0;
    union {
        char bytes[CMSG_SPACE(3 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec vector = { &magic, sizeof magic };
    struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
    ssize_t received;
    do {
        received = recvmsg(socket, &message, 0x40000000 /* MSG_CMSG_CLOEXEC */);
    } while (received < 0 && errno == EINTR);
    if (received < 0)
        return -errno;

    int descriptors[3] = { -1, -1, -1 };
    size_t passed = 0;
    struct cmsghdr *first = CMSG_FIRSTHDR(&message);
    if (first != NULL && first->cmsg_level == SOL_SOCKET && first->cmsg_type == SCM_RIGHTS) {
        passed = (first->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(descriptors, CMSG_DATA(first), (passed < 3 ? passed : 3) * sizeof(int));
    }

    int error = received == sizeof magic && magic == ACRING_MAGIC && passed == 3
        ? acring_attach(ring, descriptors[0], descriptors[1], descriptors[2], 0)
        : -EPROTO;
    if (error != 0)
        for (size_t i = 0; i < 3; i++)
            if (descriptors[i] >= 0)
                close(descriptors[i]);
    return error;
}

static inline void acring_detach(acring *ring)
{
    munmap(ring->header, ring->mapped_bytes);
    close(ring->memory_fd);
    if (ring->wake_fd >= 0)
        close(ring->wake_fd);
    if (ring->doorbell_fd >= 0)
        close(ring->doorbell_fd);
}

/* Asks the owner to move in what waits outside: room was made, or the ring was found empty, while the overflow flag was set. */
static inline void acring_ring_doorbell(acring *ring)
{
    uint64_t one = 1;
    if (ring->doorbell_fd >= 0)
        while (write(ring->doorbell_fd, &one, sizeof one) < 0 && errno == EINTR)
            ;
}

/* Takes up to `max` events, oldest first, by one swap; does not wait. The number; or -EBADMSG: the ring is broken, for good. */
static inline int acring_reap(acring *ring, acring_event *events, uint32_t max)
{
    acring_header *header = ring->header;
    for (uint32_t tries = 0; tries < ACRING_TRIES_MAX && !atomic_load(&ring->broken); tries++) {
        uint64_t head = atomic_load_explicit(&header->head, memory_order_acquire);
        uint64_t tail = atomic_load_explicit(&header->tail, memory_order_acquire);
        uint64_t available = tail - head;
        if (available == 0 || max == 0) {
            uint32_t flags = atomic_load(&header->producer_flags);
            if (flags & ACRING_BROKEN)
                break;
            if (flags & ACRING_OVERFLOW)
                acring_ring_doorbell(ring);
            return 0;
        }

        if (available > ring->capacity) {
            if (atomic_load(&header->head) == head)
                break;
            continue;
        }

        uint32_t count = available < max ? (uint32_t)available : max;
        uint64_t start = head & (ring->capacity - 1);
        uint64_t first = ring->capacity - start < count ? ring->capacity - start : count;
        memcpy(events, ring->entries + start, first * sizeof *events);
        memcpy(events + first, ring->entries, (count - first) * sizeof *events);

        /* The copies count only if head is still the same: otherwise another consumer has these events. */
        if (atomic_compare_exchange_strong(&header->head, &head, head + count)) {
            atomic_thread_fence(memory_order_seq_cst);
            if (atomic_load(&header->producer_flags) & ACRING_OVERFLOW)
                acring_ring_doorbell(ring);
            return (int)count;
        }
    }

    atomic_store(&ring->broken, 1);
    return -EBADMSG;
}

/* Asks for a wake-up at so many events. 1: sleep; 0: they are there already, or none will come. */
static inline int acring_arm(acring *ring, uint32_t count)
{
    acring_header *header = ring->header;
    uint64_t target = atomic_load(&header->head) + (count < ring->capacity ? count : ring->capacity);
    uint64_t asked = target == ACRING_NOBODY ? target - 1 : target;
    uint64_t current = atomic_load(&header->wake_target);
    for (uint32_t tries = 0; current == ACRING_NOBODY || (int64_t)(asked - current) < 0; tries++) {
        if (atomic_compare_exchange_strong(&header->wake_target, &current, asked))
            break;
        if (tries == ACRING_TRIES_MAX)
            return 0;
    }

    atomic_thread_fence(memory_order_seq_cst);
    if ((int64_t)(atomic_load(&header->tail) - target) >= 0)
        return 0;

    uint32_t flags = atomic_load(&header->producer_flags);
    if (flags & (ACRING_CLOSED | ACRING_BROKEN))
        return 0;
    if (flags & ACRING_OVERFLOW)
        acring_ring_doorbell(ring); /* the owner looks at the target, which is set, after it has moved events in */
    return 1;
}

/* Takes events, waiting until `min` of them were taken (`min` <= `max`), the time is up (-1: no limit) or the producer has gone; returns
 * what it has. With nothing taken: -EINTR, a signal came; -EPIPE, nobody will wake this consumer any more, since the owner has ended without closing the
 * ring. Never more than one thread at a time for each wake descriptor. */
static inline int acring_wait(acring *ring, acring_event *events, uint32_t max, uint32_t min, int timeout_ms)
{
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    int taken = 0;
    for (;;) {
        /* Before the look: a signal that comes after it is kept for the poll below. */
        uint64_t signal;
        struct pollfd entry = { .fd = ring->wake_fd, .events = POLLIN };
        int over = ring->wake_fd >= 0 && poll(&entry, 1, 0) == 1 && read(ring->wake_fd, &signal, sizeof signal) == 0;

        int got = acring_reap(ring, events + taken, max - (uint32_t)taken);
        if (got < 0)
            return taken > 0 ? taken : got;
        taken += got;
        if ((uint32_t)taken >= min || (got == 0 && (atomic_load(&ring->header->producer_flags) & ACRING_CLOSED)))
            return taken;
        if (got == 0 && over)
            return taken > 0 ? taken : -EPIPE;

        int left_ms = -1;
        if (timeout_ms >= 0) {
            clock_gettime(CLOCK_MONOTONIC, &now);
            int64_t passed_ms = (int64_t)(now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000;
            left_ms = passed_ms < timeout_ms ? (int)(timeout_ms - passed_ms) : 0;
        }

        if (left_ms == 0)
            return taken;
        if (!acring_arm(ring, min - (uint32_t)taken))
            continue;
        if (ring->wake_fd < 0)
            return taken;

        int ready = poll(&entry, 1, left_ms);
        if (ready < 0)
            return taken > 0 ? taken : -errno;
    }
}

#endif
