/* Synchronous reads, one after the other, block by block through the file and again from its start. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Returns 0 or -errno. */
int ref_pread(int file, char *buffer, unsigned block, uint64_t blocks, uint64_t calls)
{
    uint64_t index = 0;

    while (calls-- > 0) {
        long result = syscall(SYS_pread64, file, buffer, (size_t)block, (off_t)(index * block));
        if (result != (long)block)
            return result < 0 ? -errno : -EIO;
        if (++index == blocks)
            index = 0;
    }
    return 0;
}
