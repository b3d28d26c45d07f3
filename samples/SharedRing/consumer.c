/* Reaps the completions of another process. Connects to the Unix socket that it is given, receives the ring, and prints a line for each
 * event (cookie, result) until the owner closes the ring; then, on standard error, how many there were and the sum of their results.
 *
 *   cc -std=gnu11 -O2 -I runtime/include -o consumer samples/SharedRing/consumer.c
 *   ./consumer /run/app/ring.sock [events-before-exit]
 */
#include "asynccalls_ring.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>

enum { batch = 64, no_limit = -1 };

static int fail(const char *what, int error)
{
    fprintf(stderr, "consumer: %s: %s\n", what, strerror(error));
    return EXIT_FAILURE;
}

int main(int count, char **arguments)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (count < 2 || strlen(arguments[1]) >= sizeof address.sun_path)
        return fail("usage: consumer SOCKET [EVENTS]", EINVAL);

    strcpy(address.sun_path, arguments[1]);
    uint64_t left = count > 2 ? strtoull(arguments[2], NULL, 10) : UINT64_MAX;
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) != 0)
        return fail(arguments[1], errno);

    acring ring;
    int error = acring_receive(&ring, connection);
    if (error != 0)
        return fail("the ring was not received", -error);

    acring_event events[batch];
    uint64_t completions = 0, failed = 0, bytes = 0;
    while (left > 0) {
        int got = acring_wait(&ring, events, left < batch ? (uint32_t)left : batch, 1, no_limit);
        if (got == -EPIPE)
            return fail("the owner has gone and left the ring open", EPIPE);
        if (got < 0 && got != -EINTR)
            return fail("reap", -got);
        if (got == 0 && atomic_load(&ring.header->producer_flags) & ACRING_CLOSED)
            break;
        for (int i = 0; i < got; i++) {
            printf("%" PRIu64 " %" PRId64 "\n", events[i].cookie, events[i].result);
            completions++;
            if (events[i].result < 0)
                failed++;
            else
                bytes += (uint64_t)events[i].result;
        }
        if (got > 0) {
            if (fflush(stdout) != 0)
                return fail("standard output", errno);
            left -= (uint64_t)got;
        }
    }

    acring_detach(&ring);
    fprintf(stderr, "consumer: %" PRIu64 " completions, %" PRIu64 " bytes, %" PRIu64 " failed\n", completions, bytes, failed);
    return EXIT_SUCCESS;
}
