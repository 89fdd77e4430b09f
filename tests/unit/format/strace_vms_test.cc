#include "analyzer/format/strace/strace_vms.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/format/strace_support.h"

using namespace slotscope;
using namespace slotscope::test;

namespace {

std::string call_by(uint32_t tid, int fd) {
  return std::to_string(tid) + " ioctl(" + std::to_string(fd) + region.substr(7) + " = 0\n";
}

std::string create(uint32_t tid, int fd) {
  return std::to_string(tid) + " ioctl(3, KVM_CREATE_VM, 0) = " + std::to_string(fd) + "\n";
}

std::string thread(uint32_t parent, uint32_t child) {
  return std::to_string(parent) + " clone3({flags=CLONE_VM|CLONE_FILES|CLONE_THREAD, stack=0x7f} " +
         "=> {parent_tid=[" + std::to_string(child) + "]}, 88) = " + std::to_string(child) + "\n";
}

// The events in short: "1+100" and "1-100" a VM starts and ends with the process that made it,
// "1:100" a call for VM 1 by process 100.
std::string in_short(const std::string& text) {
  std::string all;
  for (const Event& event : must_read(text).events) {
    if (!all.empty()) all += ' ';
    if (const VmMark* mark = std::get_if<VmMark>(&event)) {
      all += std::to_string(mark->vm.value) + (mark->edge == VmMark::Edge::start ? '+' : '-') +
             std::to_string(mark->pid.value);
    } else if (const Call* call = std::get_if<Call>(&event)) {
      all += std::to_string(call->vm.value) + ':' + std::to_string(call->pid.value);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("strace VMs: a call belongs to the VM of its descriptor") {
  struct Story {
    const char* what;
    std::string text, expected;
  };
  const Story stories[] = {
      {"two VMs of a process", create(100, 4) + create(100, 5) + call_by(100, 5) + call_by(100, 4),
       "1+100 2+100 2:100 1:100"},
      {"the same number in two processes",
       create(100, 4) + create(200, 4) + call_by(100, 4) + call_by(200, 4),
       "1+100 2+200 1:100 2:200"},
      {"threads whose making was not seen",
       create(100, 4) + create(200, 4) + call_by(150, 4) + call_by(250, 4) + call_by(199, 4),
       "1+100 2+200 1:100 2:200 1:100"},
      {"a thread stays where it was first seen",
       create(100, 4) + call_by(250, 4) + create(200, 4) + call_by(250, 4) + call_by(251, 4),
       "1+100 1:100 2+200 1:100 2:200"},
      {"a thread made by clone, with a larger id than another process",
       create(100, 4) + create(200, 4) + thread(100, 300) + call_by(300, 4) + call_by(301, 4),
       "1+100 2+200 1:100 2:200"},
      {"a thread of a thread",
       create(100, 4) + thread(100, 300) + create(200, 4) + thread(300, 400) + call_by(400, 4),
       "1+100 2+200 1:100"},
      {"a VM made by a thread", thread(100, 300) + create(300, 4) + call_by(100, 4), "1+100 1:100"},
      {"clone as threads were made before clone3",
       create(100, 4) + create(200, 4) +
           "100 clone(child_stack=0x7f, flags=CLONE_VM|CLONE_THREAD|CLONE_SETTLS, "
           "parent_tid=[300], tls=0x7f) = 300\n" +
           call_by(300, 4),
       "1+100 2+200 1:100"},
      {"clone with -X raw",
       create(100, 4) + create(200, 4) + "100 clone3({flags=0x3d0f00, stack=0x7f}, 88) = 300\n" +
           call_by(300, 4),
       "1+100 2+200 1:100"},
      {"clone with -Y and another PID namespace",
       create(100, 4) + create(200, 4) +
           "100 clone3({flags=CLONE_THREAD}, 88) = 3<CPU 0/KVM> /* 300 in strace's PID NS */\n" +
           call_by(300, 4),
       "1+100 2+200 1:100"},
      {"clone in two parts",
       create(100, 4) + create(200, 4) + "100 clone3({flags=CLONE_THREAD} <unfinished ...>\n" +
           call_by(200, 4) + "100 <... clone3 resumed> => {parent_tid=[300]}, 88) = 300\n" +
           call_by(300, 4),
       "1+100 2+200 2:200 1:100"},
      {"a clone that failed",
       create(100, 4) + create(200, 4) +
           "100 clone3({flags=CLONE_THREAD}, 88) = -1 EAGAIN (Again)\n" + call_by(300, 4),
       "1+100 2+200 2:200"},
      {"a forked child on its parent's descriptor",
       create(100, 4) + "100 fork() = 101\n" + call_by(101, 4), "1+100 1:101"},
      {"a VM whose making was not seen", call_by(100, 8) + call_by(103, 8) + call_by(99, 8),
       "1:0 1:0 1:0"},
      {"the same, with the process known",
       thread(100, 103) + call_by(103, 8) + call_by(100, 8) + call_by(102, 8), "1:100 1:100 1:100"},
      {"no ids at all",
       "ioctl(3, KVM_CREATE_VM, 0) = 4\n" + region + " = 0\n" + "[pid 7] " + region + " = 0\n",
       "1+0 1:0 1:0"},
      {"ids that come late and go again",
       "[pid 7] ioctl(3, KVM_CREATE_VM, 0) = 4\n" + region + " = 0\n", "1+7 1:7"},
      {"VM creation in two parts",
       "100 ioctl(3, KVM_CREATE_VM, 0 <unfinished ...>\n101 getppid() = 1\n"
       "100 <... ioctl resumed>) = 4<anon_inode:kvm-vm>\n" +
           call_by(101, 4),
       "1+100 1:100"},
      {"VM creation with -X",
       "100 ioctl(3, 0xae01 /* KVM_CREATE_VM */, 0) = 4\n"
       "100 ioctl(0x3, 0xae01, 0) = 0x5\n" +
           call_by(100, 5),
       "1+100 2+100 2:100"},
  };
  for (const Story& story : stories) {
    INFO(story.what);
    CHECK(in_short(story.text) == story.expected);
  }
}

TEST_CASE("strace VMs: a VM ends with its last descriptor, its process, or its program") {
  struct Story {
    const char* what;
    std::string text, expected;
  };
  const Story stories[] = {
      {"close, and the number again",
       create(100, 4) + "100 close(4) = 0\n" + create(100, 4) + call_by(100, 4),
       "1+100 1-100 2+100 2:100"},
      {"a close that was not seen", create(100, 4) + create(100, 4) + call_by(101, 4),
       "1+100 1-100 2+100 2:100"},
      {"close by a thread of the owner", create(100, 4) + thread(100, 101) + "101 close(4) = 0\n",
       "1+100 1-100"},
      {"close by a forked child",
       create(100, 4) + "100 fork() = 101\n101 close(4) = 0\n" + call_by(100, 4), "1+100 1:100"},
      {"close by a vforked child",
       create(100, 4) + "100 clone(child_stack=0x7f, flags=CLONE_VM|CLONE_VFORK|SIGCHLD) = 101\n" +
           "101 close(4) = 0\n101 execve(\"/bin/sh\", [\"sh\"], 0x7f /* 9 vars */) = 0\n" +
           call_by(100, 4),
       "1+100 1:100"},
      {"close by who knows whom",
       create(100, 4) + call_by(105, 4) + "105 close(4) = 0\n" + "106 close(4) = 0\n" +
           call_by(100, 4),
       "1+100 1:100 1:100"},
      {"a close that failed", create(100, 4) + "100 close(4) = -1 EBADF (Bad file descriptor)\n",
       "1+100"},
      {"close with -yy, in two parts",
       create(100, 4) + "100 close(4<anon_inode:kvm-vm> <unfinished ...>\n" +
           "100 <... close resumed>) = 0\n",
       "1+100 1-100"},
      {"dup",
       create(100, 4) + "100 dup(4) = 7\n100 close(4) = 0\n" + call_by(100, 7) +
           "100 close(7) = 0\n",
       "1+100 1:100 1-100"},
      {"dup2 and dup3",
       create(100, 4) + "100 dup2(4, 7) = 7\n100 dup3(7, 9, O_CLOEXEC) = 9\n" +
           "100 close(4) = 0\n100 close(7) = 0\n" + call_by(100, 9),
       "1+100 1:100"},
      {"dup2 of a descriptor on itself", create(100, 4) + "100 dup2(4, 4) = 4\n" + call_by(100, 4),
       "1+100 1:100"},
      {"dup2 over a VM", create(100, 4) + create(100, 5) + "100 dup2(4, 5) = 5\n" + call_by(100, 5),
       "1+100 2+100 2-100 1:100"},
      {"dup2 of something else over a VM", create(100, 4) + "100 dup2(1</dev/null>, 4) = 4\n",
       "1+100 1-100"},
      {"fcntl",
       create(100, 4) + "100 fcntl(4<anon_inode:kvm-vm>, F_DUPFD_CLOEXEC, 0) = 5\n" +
           "100 fcntl(5, F_DUPFD, 6) = 6\n100 fcntl(6, 0x406 /* F_DUPFD_CLOEXEC */, 0) = 7\n" +
           "100 fcntl(6, F_GETFD) = 8\n" + call_by(100, 7) + call_by(100, 8),
       "1+100 1:100 2:0"},
      {"exit of the owner",
       create(100, 4) + create(100, 5) + create(200, 4) + "100 +++ exited with 0 +++\n" +
           call_by(200, 4),
       "1+100 2+100 3+200 1-100 2-100 3:200"},
      {"exit of a thread of the owner",
       create(100, 4) + thread(100, 101) + "101 +++ exited with 0 +++\n" + call_by(100, 4) +
           "100 +++ killed by SIGKILL +++\n",
       "1+100 1:100 1-100"},
      {"exit of the only process", "ioctl(3, KVM_CREATE_VM, 0) = 4\n+++ exited with 0 +++\n",
       "1+0 1-0"},
      {"exit of the last process, which has no id any more",
       create(100, 4) + "[pid 101] +++ exited with 0 +++\n+++ killed by SIGINT +++\n",
       "1+100 1-100"},
      {"an id that is used again",
       create(100, 4) + thread(100, 101) + "101 +++ exited with 0 +++\n" + create(101, 4) +
           call_by(101, 4),
       "1+100 2+101 2:101"},
      {"another program", create(100, 4) + "100 execve(\"/bin/qemu\", [], 0x7f /* 9 vars */) = 0\n",
       "1+100 1-100"},
      {"a program that could not be run",
       create(100, 4) +
           "100 execve(\"/bin/none\", [], 0x7f /* 9 vars */) = -1 ENOENT (No such file)\n",
       "1+100"},
      {"another program, run by a thread",
       create(100, 4) + thread(100, 101) + "101 execve(\"/bin/qemu\", [], 0x7f <unfinished ...>\n" +
           "100 +++ superseded by execve in pid 101 +++\n100 <... execve resumed>) = 0\n",
       "1+100 1-100"},
  };
  for (const Story& story : stories) {
    INFO(story.what);
    CHECK(in_short(story.text) == story.expected);
  }
}

TEST_CASE("strace VMs: only the lines that tell something are used") {
  const ReadTrace trace = must_read(create(100, 4) + thread(100, 101) + "100 close(9) = 0\n" +
                                    "100 dup(9) = 10\n100 fcntl(4, F_GETFD) = 1\n" +
                                    "101 +++ exited with 0 +++\n102 +++ exited with 0 +++\n" +
                                    call_by(100, 4) + "100 close(4) = 0\n");
  CHECK(trace.summary.skipped_lines == 4);
}

TEST_CASE("strace VMs: marks carry the time at which the line's call returned") {
  const ReadTrace trace = must_read(
      "7 1795343444.000001 ioctl(3, KVM_CREATE_VM, 0) = 4 <0.000386>\n"
      "7 1795343445.000001 close(4 <unfinished ...>\n"
      "8 1795343445.000002 getppid() = 1\n"
      "7 1795343445.000009 <... close resumed>) = 0\n"
      "7 1795343446.000001 ioctl(3, KVM_CREATE_VM, 0) = 4\n"
      "7 1795343447.000001 +++ exited with 0 +++\n");
  const auto marks = trace.all<VmMark>();
  REQUIRE(marks.size() == 4);
  CHECK(marks[0].time == Nanos{1795343444'000387000});
  CHECK(marks[1].time == Nanos{1795343445'000009000});
  CHECK(marks[2].time == Nanos{1795343446'000001000});
  CHECK(marks[3].time == Nanos{1795343447'000001000});
}
