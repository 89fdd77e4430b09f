/* Preloaded into a program: writes down each memslot call as the program makes it, and what came
 * back, to $WITNESS.PID. Before a VM's file is closed the process stops, so that somebody can look
 * at the slots that the VM has then. Without $WITNESS it does neither. Alarms come $PATIENCE times
 * as late: an emulated machine is slow. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CREATED = 1, CALLED = 2, CLOSING = 3, MOST_FILES = 65536 };

/* As witness.py reads it. */
struct seen {
  uint32_t what, tid, vm, pid;
  uint32_t slot, flags;
  uint64_t gpa, size, hva;
  int64_t ret;
};

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static int is_vm[MOST_FILES];
static int output = -1;
static pid_t owner;

static int known(int fd) { return getenv("WITNESS") && fd >= 0 && fd < MOST_FILES && is_vm[fd]; }

static void write_down(struct seen seen) {
  pthread_mutex_lock(&one_at_a_time);
  if (owner != getpid()) { /* the first time, and in each child */
    char path[4096];
    owner = getpid();
    snprintf(path, sizeof path, "%s.%d", getenv("WITNESS"), owner);
    output =
        (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }
  seen.tid = (uint32_t)syscall(SYS_gettid);
  seen.pid = (uint32_t)owner;
  if (syscall(SYS_write, output, &seen, sizeof seen) != sizeof seen) abort();
  pthread_mutex_unlock(&one_at_a_time);
}

int ioctl(int fd, unsigned long request, ...) {
  static int (*next)(int, unsigned long, ...);
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  if (!next) next = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
  const int ret = next(fd, request, argument);
  const int error = errno;
  if ((uint32_t)request == KVM_CREATE_VM && getenv("WITNESS") && ret >= 0 && ret < MOST_FILES) {
    is_vm[ret] = 1;
    write_down((struct seen){.what = CREATED, .vm = (uint32_t)ret, .ret = ret});
  } else if ((uint32_t)request == KVM_SET_USER_MEMORY_REGION && known(fd)) {
    struct kvm_userspace_memory_region region;
    memcpy(&region, argument, sizeof region);
    write_down((struct seen){.what = CALLED,
                             .vm = (uint32_t)fd,
                             .slot = region.slot,
                             .flags = region.flags,
                             .gpa = region.guest_phys_addr,
                             .size = region.memory_size,
                             .hva = region.userspace_addr,
                             .ret = ret < 0 ? -error : ret});
  }
  errno = error;
  return ret;
}

unsigned alarm(unsigned seconds) {
  static unsigned (*next)(unsigned);
  const char* patience = getenv("PATIENCE");
  if (!next) next = (unsigned (*)(unsigned))dlsym(RTLD_NEXT, "alarm");
  return next(patience ? seconds * (unsigned)atoi(patience) : seconds);
}

int close(int fd) {
  static int (*next)(int);
  if (!next) next = (int (*)(int))dlsym(RTLD_NEXT, "close");
  if (known(fd)) {
    write_down((struct seen){.what = CLOSING, .vm = (uint32_t)fd});
    raise(SIGSTOP);
    is_vm[fd] = 0;
  }
  return next(fd);
}
