/* Synchronous reads, one after the other, block by block through the file and again from its start. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* linux/fs.h; headers of libc may lack it. */
#ifndef RWF_NOWAIT
#define RWF_NOWAIT 8
#endif

/*
 * next: the block to begin with, and afterwards the one to go on with. no_wait: by preadv2, which takes what is in memory
 * and waits for nothing. Returns 0 or -errno.
 */
int ref_pread(int file, char *buffer, unsigned block, uint64_t blocks, uint64_t *next, int no_wait, uint64_t calls)
{
    struct iovec whole = { buffer, block };
    uint64_t index = *next;

    while (calls-- > 0) {
        off_t offset = (off_t)(index * block);
        long result = no_wait ? syscall(SYS_preadv2, file, &whole, 1, offset, 0, RWF_NOWAIT)
                              : syscall(SYS_pread64, file, buffer, (size_t)block, offset);
        if (result != (long)block)
            return result < 0 ? -errno : -EIO;
        if (++index == blocks)
            index = 0;
    }
    *next = index;
    return 0;
}
