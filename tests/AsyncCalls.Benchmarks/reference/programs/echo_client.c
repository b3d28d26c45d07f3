/*
 * The client of the echo server: a number of connections with one message under way on each. A process of its own, so that only the server's CPU time is counted where the
 * server's process is.
 *
 *   echo_client PORT CONNECTIONS BYTES
 *
 * It reads numbers of round trips from standard input (8 bytes each), makes as many over all connections together, and answers each with one byte: 0, or the error number.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_EVENTS = 64 };

struct connection {
    int socket;
    unsigned received;
};

static char message[4096];

static int make_connection(int port, int epoll, struct connection *connection)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = connection } };
    int yes = 1;
    connection->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->socket < 0
        || connect(connection->socket, (struct sockaddr *)&address, sizeof(address)) < 0
        || setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)) < 0
        || epoll_ctl(epoll, EPOLL_CTL_ADD, connection->socket, &event) < 0)
        return errno;
    return 0;
}

/* A message of a few bytes goes into the buffer of a connection that has none under way. */
static int send_message(struct connection *connection, unsigned bytes)
{
    ssize_t sent = send(connection->socket, message, bytes, MSG_NOSIGNAL);
    return sent == (ssize_t)bytes ? 0 : sent < 0 ? errno : EIO;
}

static int make_trips(int epoll, struct connection *connections, unsigned count, unsigned bytes, uint64_t trips)
{
    uint64_t started = 0, ended = 0;
    for (; started < count && started < trips; started++) {
        int error = send_message(&connections[started], bytes);
        if (error != 0)
            return error;
    }

    while (ended < trips) {
        struct epoll_event events[MOST_EVENTS];
        int ready = epoll_wait(epoll, events, MOST_EVENTS, -1);
        if (ready < 0 && errno != EINTR)
            return errno;

        for (int i = 0; i < ready; i++) {
            struct connection *connection = events[i].data.ptr;
            ssize_t received = recv(connection->socket, message, bytes - connection->received, 0);
            if (received <= 0)
                return received < 0 ? errno : ECONNRESET;
            connection->received += (unsigned)received;
            if (connection->received < bytes)
                continue;

            connection->received = 0;
            ended++;
            if (started < trips) {
                int error = send_message(connection, bytes);
                if (error != 0)
                    return error;
                started++;
            }
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;

    unsigned count = (unsigned)atoi(argv[2]), bytes = (unsigned)atoi(argv[3]);
    struct connection *connections = calloc(count, sizeof(*connections));
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (connections == NULL || epoll < 0 || bytes == 0 || bytes > sizeof(message))
        return 2;
    for (unsigned i = 0; i < count; i++)
        if (make_connection(atoi(argv[1]), epoll, &connections[i]) != 0)
            return 1;

    uint64_t trips;
    while (read(STDIN_FILENO, &trips, sizeof(trips)) == sizeof(trips)) {
        unsigned char answer = (unsigned char)make_trips(epoll, connections, count, bytes, trips);
        if (write(STDOUT_FILENO, &answer, 1) != 1)
            return 1;
    }
    return 0;
}
