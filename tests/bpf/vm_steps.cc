// Does what it is told with VMs, their files and processes, to be watched by tests.
//   vm_steps STEPS
// A step is a letter and what it needs; N and M are variables 0 to 7 that hold files:
//   cN   create a VM        sN   set a slot of it       bN   a call with a bad pointer
//   rN   remove the slot    vN   create a vCPU          dNM  M is a duplicate of N
//   xN   close              oN   put a socket over it   e    exec, as which the rest is done
//   f(STEPS)   a child does them and ends; nobody waits for it
//   pN(STEPS)  the same, in a child that has no file but N, by SCM_RIGHTS
//   w    wait for all children        zMS  sleep so many milliseconds
//   qS   end with status S            k    end by SIGKILL
// Files are what the kernel makes them: those of VMs don't survive an exec. A step on a file that
// is not there does nothing. Calls that KVM refuses are part of the game.
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr int variables = 8;
constexpr int none = -1;
int files[variables] = {none, none, none, none, none, none, none, none};

[[noreturn]] void fail(const char* what) {
  perror(what);
  _exit(1);
}

// Close-on-exec, as KVM opens its own.
int checked(int fd, const char* what) {
  if (fd < 0) fail(what);
  return fd;
}

int create_vm() {
  const int kvm = checked(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
  const int vm = checked(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
  close(kvm);
  return vm;
}

void set_slot(int vm, uint64_t size) {
  kvm_userspace_memory_region region = {};
  region.slot = 3;
  region.guest_phys_addr = 0x5000;
  region.memory_size = size;
  region.userspace_addr = 0x10000000;  // KVM checks the range only
  ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

void close_variable(int& file) {
  if (file != none) close(file);
  file = none;
}

// A message of one byte and, if there is one, a file.
void send_file(int socket, int file) {
  char byte = 0, room[CMSG_SPACE(sizeof(int))] = {};
  iovec data = {&byte, 1};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  if (file != none) {
    message.msg_control = room;
    message.msg_controllen = sizeof room;
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &file, sizeof file);
  }
  if (sendmsg(socket, &message, MSG_NOSIGNAL) != 1) fail("sendmsg");
}

int receive_file(int socket) {
  char byte = 0, room[CMSG_SPACE(sizeof(int))] = {};
  iovec data = {&byte, 1};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = room;
  message.msg_controllen = sizeof room;
  if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1) return none;
  const cmsghdr* head = CMSG_FIRSTHDR(&message);
  int file = none;
  if (head) memcpy(&file, CMSG_DATA(head), sizeof file);
  return file;
}

// The steps between the brackets at `at`, which is moved behind them.
std::string bracketed(const char*& at) {
  if (*at != '(') fail("a bracket is missing");
  const char* begin = ++at;
  for (int depth = 1; depth > 0; ++at) {
    if (!*at) fail("a bracket is not closed");
    depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
  }
  return {begin, at - 1};
}

unsigned number(const char*& at) {
  char* end = nullptr;
  const unsigned value = strtoul(at, &end, 10);
  at = end;
  return value;
}

void run(const char* at);

void fork_child(const std::string& steps) {
  const int pid = fork();
  if (pid < 0) fail("fork");
  if (pid > 0) return;
  run(steps.c_str());
  _exit(0);
}

void pass_to_child(int variable, const std::string& steps) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) fail("socketpair");
  const int pid = fork();
  if (pid < 0) fail("fork");
  if (pid == 0) {
    for (int& file : files) close_variable(file);
    close(pair[0]);
    files[variable] = receive_file(pair[1]);
    close(pair[1]);
    run(steps.c_str());
    _exit(0);
  }
  close(pair[1]);
  send_file(pair[0], files[variable]);
  close(pair[0]);
}

void sleep_ms(unsigned ms) {
  const timespec time = {ms / 1000, ms % 1000 * 1'000'000L};
  nanosleep(&time, nullptr);
}

void step_on(char what, int& file, const char*& at) {
  switch (what) {
    case 'c':
      close_variable(file);
      file = create_vm();
      return;
    case 's':
      set_slot(file, 4096);
      return;
    case 'r':
      set_slot(file, 0);
      return;
    case 'b':
      ioctl(file, KVM_SET_USER_MEMORY_REGION, reinterpret_cast<void*>(1));
      return;
    case 'v':
      close(ioctl(file, KVM_CREATE_VCPU, 0));
      return;
    case 'd': {
      int& to = files[*at++ - '0'];
      if (file == none || &to == &file) return;
      close_variable(to);
      to = checked(fcntl(file, F_DUPFD_CLOEXEC, 0), "F_DUPFD_CLOEXEC");
      return;
    }
    case 'x':
      close_variable(file);
      return;
    case 'o': {
      const int socket = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
      if (file != none) dup3(socket, file, O_CLOEXEC);
      close(socket);
      return;
    }
    case 'p':
      pass_to_child(static_cast<int>(&file - files), bracketed(at));
      return;
    default:
      fprintf(stderr, "vm_steps: no step %c\n", what);
      _exit(2);
  }
}

void run(const char* at) {
  while (*at) {
    const char what = *at++;
    switch (what) {
      case ' ':
        break;
      case 'e':
        execl("/proc/self/exe", "vm_steps", at, nullptr);
        fail("exec");
      case 'f':
        fork_child(bracketed(at));
        break;
      case 'w':
        while (wait(nullptr) > 0) {
        }
        break;
      case 'z':
        sleep_ms(number(at));
        break;
      case 'q':
        _exit(static_cast<int>(number(at)));
      case 'k':
        raise(SIGKILL);
        break;
      default: {
        const int variable = *at++ - '0';
        if (variable < 0 || variable >= variables) fail("a variable is missing");
        step_on(what, files[variable], at);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fputs("usage: vm_steps STEPS\n", stderr);
    return 2;
  }
  run(argv[1]);
}
