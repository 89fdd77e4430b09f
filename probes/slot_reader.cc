#include "probes/slot_reader.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "analyzer/base/unique_fd.h"
#include "probes/environment.h"
#include "probes/slots.skel.h"

namespace slotscope {

struct SlotReader::Programs {
  SkeletonPtr<slots_bpf> skeleton;
};

SlotReader::SlotReader() = default;
SlotReader::~SlotReader() = default;

namespace {

enum class Layout : uint8_t { hashed, arrayed };  // 5.17 on, and before

int load(SkeletonPtr<slots_bpf>& skeleton, Layout layout, const bpf_object* shared,
         bool everything) {
  skeleton.reset(slots_bpf::open());
  if (!skeleton) return -errno;
  skeleton->rodata->follow_everything = everything;
  const bool hashed = layout == Layout::hashed;
  bpf_program__set_autoload(skeleton->progs.hashed_slots, hashed);
  bpf_program__set_autoload(skeleton->progs.hashed_slots_at_exit, hashed);
  bpf_program__set_autoload(skeleton->progs.hashed_slots_at_close, hashed);
  bpf_program__set_autoload(skeleton->progs.arrayed_slots, !hashed);
  if (!share_maps(skeleton->obj, shared)) return -EINVAL;
  return slots_bpf::load(skeleton.get());
}

// EAGAIN: bpf_seq_read pauses after a million files without output.
ssize_t read_on(const UniqueFd& iteration, void* to, size_t size) {
  ssize_t n = 0;
  while ((n = ::read(iteration.get(), to, size)) < 0 && (errno == EAGAIN || errno == EINTR)) {
  }
  return n;
}

}  // namespace

Result<std::unique_ptr<SlotReader>> SlotReader::open(const bpf_object* shared, bool everything) {
  SkeletonPtr<slots_bpf> skeleton;
  Layout layout = Layout::hashed;
  int error = load(skeleton, layout, shared, everything);
  if (error < 0) {
    layout = Layout::arrayed;
    if (load(skeleton, layout, shared, everything) < 0) {
      Diagnostic why = explain_refusal("reading the kernel's slots", error);
      if (why.advice.empty()) {
        why.advice =
            "the kernel must know struct kvm: is the kvm module loaded, and has it BTF "
            "(/sys/kernel/btf/kvm)?";
      }
      return why;
    }
  }
  std::unique_ptr<SlotReader> reader(new SlotReader());
  const auto& programs = skeleton->progs;
  const bool hashed = layout == Layout::hashed;
  reader->iterator_.reset(
      bpf_program__attach_iter(hashed ? programs.hashed_slots : programs.arrayed_slots, nullptr));
  if (!reader->iterator_) return explain_refusal("an iterator over open files", -errno);
  reader->holders_.reset(bpf_program__attach_iter(programs.vm_holders, nullptr));
  if (!reader->holders_) return explain_refusal("an iterator over open files", -errno);
  if (hashed) {
    reader->at_exit_.reset(bpf_program__attach(programs.hashed_slots_at_exit));
    if (!reader->at_exit_) return explain_refusal("tp_btf/sched_process_exit", -errno);
    reader->at_close_.reset(bpf_program__attach(programs.hashed_slots_at_close));
  }
  reader->programs_ = std::make_unique<Programs>(Programs{std::move(skeleton)});
  return reader;
}

Status SlotReader::read() {
  const UniqueFd iteration(bpf_iter_create(bpf_link__fd(iterator_.get())));
  if (!iteration) return explain_refusal("an iteration over open files", -errno);
  char nothing[64];
  ssize_t n = 0;
  while ((n = read_on(iteration, nothing, sizeof nothing)) > 0) {
  }
  return n == 0 ? ok() : Status(explain_refusal("reading the kernel's slots", -errno));
}

std::optional<Pid> SlotReader::holder() const {
  const UniqueFd iteration(bpf_iter_create(bpf_link__fd(holders_.get())));
  uint32_t pid = 0;
  if (!iteration || read_on(iteration, &pid, sizeof pid) != sizeof pid) return std::nullopt;
  return Pid{pid};
}

}  // namespace slotscope
