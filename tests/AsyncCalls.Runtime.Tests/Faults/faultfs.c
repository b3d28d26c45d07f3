/*
 * A file system that fails as it is told to by the names of its files:
 *
 *     OPERATION.FAULT[.NUMBER][.anything]      read.fail.5   write.full.100   open.deaf   sync.hang.second
 *
 * Every such file is there, has 4,096 bytes of data, and does what is asked for, but for one operation (open, read, write, sync, or size: truncation and allocation):
 *
 *     fail N         answers with that error number
 *     short N        transfers N bytes at most
 *     full N         takes bytes up to that offset, and then says ENOSPC
 *     interrupted N  answers EINTR that many times, then once as if nothing were wrong, and so on
 *     late N         answers after so many milliseconds
 *     hang           is held until it is released or interrupted
 *     deaf           is held until it is released, whatever interrupts it
 *
 * Usage: faultfs FOLDER. Standard output says "mounted", and then "held" and "interrupted" as that happens. Standard input takes "release"; its end ends the
 * program and the mount, so that neither outlives the tests.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#define FUSE_USE_VERSION 34
#include <errno.h>
#include <fuse3/fuse_lowlevel.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

enum { FILES_MAX = 512, FILE_BYTES = 4096, TIMEOUT_S = 1000 };
enum operation { OPEN, READ, WRITE, SYNC, SIZE, OTHER };
enum fault { NONE, FAIL, SHORT, FULL, INTERRUPTED, LATE, HANG, DEAF };

struct file {
    char name[256];
    enum operation operation;
    enum fault fault;
    long number;
    long count;
    char data[FILE_BYTES];
};

/* A request that is not answered yet. What it needs is copied: the original belongs to the loop. */
struct held {
    struct held *next;
    fuse_req_t request;
    enum operation operation;
    struct file *file;
    size_t length;
    off_t offset;
    struct fuse_file_info info;
    long delay_ms;
    char data[];
};

static struct file *files[FILES_MAX];
static struct held *all_held;
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static const char *mount_point;

static void say(const char *what)
{
    printf("%s\n", what);
    fflush(stdout);
}

static int word(const char **text, const char *const words[], int count)
{
    for (int i = 0; i < count; i++) {
        size_t length = strlen(words[i]);
        if (strncmp(*text, words[i], length) == 0 && ((*text)[length] == '.' || (*text)[length] == 0)) {
            *text += length + ((*text)[length] == '.');
            return i;
        }
    }
    return -1;
}

static int parse(struct file *file, const char *name)
{
    static const char *const operations[] = { "open", "read", "write", "sync", "size", "other" };
    static const char *const faults[] = { "none", "fail", "short", "full", "interrupted", "late", "hang", "deaf" };
    const char *rest = name;
    int operation = word(&rest, operations, 6);
    int fault = operation < 0 ? -1 : word(&rest, faults, 8);
    if (fault < 0 || strlen(name) >= sizeof file->name)
        return 0;
    strcpy(file->name, name);
    file->operation = operation;
    file->fault = fault;
    file->number = strtol(rest, NULL, 10);
    for (int i = 0; i < FILE_BYTES; i++)
        file->data[i] = (char)(i * 7 + 3);
    return 1;
}

static struct file *file_of(fuse_ino_t inode) { return inode >= 2 && inode < FILES_MAX ? files[inode] : NULL; }

static void attributes(fuse_ino_t inode, struct stat *st)
{
    memset(st, 0, sizeof *st);
    st->st_ino = inode;
    st->st_mode = inode == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0666;
    st->st_nlink = 1;
    st->st_size = inode == FUSE_ROOT_ID ? 0 : FILE_BYTES;
}

/* Does what was asked for, within the limits of the fault, and answers. */
static void perform(fuse_req_t request, struct file *file, enum operation operation, const char *data, size_t length, off_t offset, struct fuse_file_info *info)
{
    size_t most = offset < FILE_BYTES ? (size_t)(FILE_BYTES - offset) : 0;
    if (length > most)
        length = most;
    if (file->operation == operation && file->fault == SHORT && length > (size_t)file->number)
        length = (size_t)file->number;
    if (operation == WRITE && file->operation == WRITE && file->fault == FULL) {
        if (offset >= file->number) {
            fuse_reply_err(request, ENOSPC);
            return;
        }
        if (offset + (off_t)length > file->number)
            length = (size_t)(file->number - offset);
    }
    switch (operation) {
    case OPEN:
        info->direct_io = 1;
        fuse_reply_open(request, info);
        break;
    case READ:
        fuse_reply_buf(request, file->data + offset, length);
        break;
    case WRITE:
        if (length == 0) {
            fuse_reply_err(request, EFBIG);
            break;
        }
        memcpy(file->data + offset, data, length);
        fuse_reply_write(request, length);
        break;
    default:
        fuse_reply_err(request, 0);
    }
}

static struct held *take(fuse_req_t request)
{
    struct held *found = NULL;
    pthread_mutex_lock(&lock);
    for (struct held **link = &all_held; *link; link = &(*link)->next)
        if ((*link)->request == request) {
            found = *link;
            *link = found->next;
            break;
        }
    pthread_mutex_unlock(&lock);
    return found;
}

static void release(struct held *held)
{
    perform(held->request, held->file, held->operation, held->data, held->length, held->offset, &held->info);
    free(held);
}

static void interrupted(fuse_req_t request, void *deaf)
{
    struct held *held = deaf ? NULL : take(request);
    say("interrupted");
    if (held) {
        free(held);
        fuse_reply_err(request, EINTR);
    }
}

static void *release_later(void *argument)
{
    struct held *held = argument;
    usleep((useconds_t)(held->delay_ms * 1000));
    release(held);
    return NULL;
}

static void hold(fuse_req_t request, struct file *file, enum operation operation, const char *data, size_t length, off_t offset, const struct fuse_file_info *info)
{
    struct held *held = calloc(1, sizeof *held + (data ? length : 0));
    *held = (struct held){ .request = request, .operation = operation, .file = file, .length = length, .offset = offset, .delay_ms = file->number };
    if (info)
        held->info = *info;
    if (data)
        memcpy(held->data, data, length);
    if (file->fault == LATE) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, release_later, held) == 0)
            pthread_detach(thread);
        return;
    }
    pthread_mutex_lock(&lock);
    held->next = all_held;
    all_held = held;
    say("held");
    fuse_req_interrupt_func(request, interrupted, file->fault == DEAF ? file : NULL);
    pthread_mutex_unlock(&lock);
}

static void handle(fuse_req_t request, fuse_ino_t inode, enum operation operation, const char *data, size_t length, off_t offset, struct fuse_file_info *info)
{
    struct file *file = file_of(inode);
    if (!file) {
        fuse_reply_err(request, ENOENT);
        return;
    }
    switch (file->operation == operation ? file->fault : NONE) {
    case FAIL:
        fuse_reply_err(request, (int)file->number);
        break;
    case INTERRUPTED:
        if (file->count++ % (file->number + 1) < file->number)
            fuse_reply_err(request, EINTR);
        else
            perform(request, file, operation, data, length, offset, info);
        break;
    case LATE:
    case HANG:
    case DEAF:
        hold(request, file, operation, data, length, offset, info);
        break;
    default:
        perform(request, file, operation, data, length, offset, info);
    }
}

static void do_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
    struct fuse_entry_param entry = { .attr_timeout = TIMEOUT_S, .entry_timeout = TIMEOUT_S };
    if (parent == FUSE_ROOT_ID)
        for (fuse_ino_t inode = 2; inode < FILES_MAX; inode++) {
            if (!files[inode]) {
                struct file *file = calloc(1, sizeof *file);
                if (!parse(file, name)) {
                    free(file);
                    break;
                }
                files[inode] = file;
            }
            if (strcmp(files[inode]->name, name) == 0) {
                entry.ino = inode;
                attributes(inode, &entry.attr);
                fuse_reply_entry(request, &entry);
                return;
            }
        }
    fuse_reply_err(request, ENOENT);
}

static void do_getattr(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info)
{
    struct stat st;
    (void)info;
    attributes(inode, &st);
    fuse_reply_attr(request, &st, TIMEOUT_S);
}

static void do_setattr(fuse_req_t request, fuse_ino_t inode, struct stat *st, int which, struct fuse_file_info *info)
{
    struct file *file = file_of(inode);
    (void)st;
    if (file && (which & FUSE_SET_ATTR_SIZE) && file->operation == SIZE && file->fault == FAIL)
        fuse_reply_err(request, (int)file->number);
    else
        do_getattr(request, inode, info);
}

static void do_open(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info) { handle(request, inode, OPEN, NULL, 0, 0, info); }

static void do_read(fuse_req_t request, fuse_ino_t inode, size_t length, off_t offset, struct fuse_file_info *info)
{
    handle(request, inode, READ, NULL, length, offset, info);
}

static void do_write(fuse_req_t request, fuse_ino_t inode, const char *data, size_t length, off_t offset, struct fuse_file_info *info)
{
    handle(request, inode, WRITE, data, length, offset, info);
}

static void do_fsync(fuse_req_t request, fuse_ino_t inode, int data_only, struct fuse_file_info *info)
{
    (void)data_only;
    handle(request, inode, SYNC, NULL, 0, 0, info);
}

static void do_fallocate(fuse_req_t request, fuse_ino_t inode, int mode, off_t offset, off_t length, struct fuse_file_info *info)
{
    (void)mode, (void)offset, (void)length;
    handle(request, inode, SIZE, NULL, 0, 0, info);
}

static const struct fuse_lowlevel_ops operations = {
    .lookup = do_lookup, .getattr = do_getattr, .setattr = do_setattr, .open = do_open, .read = do_read, .write = do_write, .fsync = do_fsync, .fallocate = do_fallocate,
};

static void *control(void *argument)
{
    char line[64];
    while (fgets(line, sizeof line, stdin))
        if (strcmp(line, "release\n") == 0) {
            /* Those that are held now: one that comes while others are released is held. */
            pthread_mutex_lock(&lock);
            struct held *next = all_held;
            all_held = NULL;
            pthread_mutex_unlock(&lock);
            for (struct held *held; (held = next);) {
                next = held->next;
                release(held);
            }
        }
    umount2(mount_point, MNT_DETACH);
    _exit(0);
    return argument;
}

int main(int count, char **arguments)
{
    struct fuse_args none = FUSE_ARGS_INIT(0, NULL);
    pthread_t thread;
    if (count != 2)
        return 2;
    mount_point = arguments[1];
    fuse_opt_add_arg(&none, "faultfs");
    struct fuse_session *session = fuse_session_new(&none, &operations, sizeof operations, NULL);
    if (!session || fuse_session_mount(session, mount_point) != 0)
        return 1;
    pthread_create(&thread, NULL, control, NULL);
    say("mounted");
    fuse_session_loop(session);
    fuse_session_unmount(session);
    return 0;
}
