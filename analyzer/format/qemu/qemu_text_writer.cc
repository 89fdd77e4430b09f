#include "analyzer/format/qemu/qemu_text_writer.h"

#include <fmt/format.h>

#include <iterator>

#include "analyzer/base/escape.h"
#include "analyzer/format/writers.h"

namespace slotscope {
namespace {

constexpr size_t flush_size = 1 << 16;

class QemuTextWriter : public Sink {
 public:
  explicit QemuTextWriter(std::unique_ptr<ByteSink> bytes) : bytes_(std::move(bytes)) {}

  Status write(const Event& event) override {
    if (const Call* call = std::get_if<Call>(&event)) {
      if (Status one = check_vm(call->vm); !one) return one;
      write_call(*call);
    } else if (const Annotation* annotation = std::get_if<Annotation>(&event);
               annotation && !is_observed(annotation->note)) {
      if (Status one = check_vm(annotation->vm); !one) return one;
      prefix(annotation->time, annotation->tid);
      std::visit([this](const auto& note) { write_note(note); }, annotation->note);
    } else if (const CommitMark* mark = std::get_if<CommitMark>(&event)) {
      if (mark->edge == CommitMark::Edge::begin) begin_ = *mark;
    }
    return out_.size() < flush_size ? ok() : flush();
  }

  Status flush() override {
    Status written = bytes_->write({out_.data(), out_.size()});
    out_.clear();
    return written;
  }

  Status finish() override {
    if (Status flushed = flush(); !flushed) return flushed;
    return bytes_->close();
  }

 private:
  template <class... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  Status check_vm(VmId vm) {
    if (vm_.value == 0) vm_ = vm;
    if (vm == vm_) return ok();
    return Diagnostic{.fault = Fault::usage,
                      .message = "QEMU text holds one VM, the trace has more",
                      .advice = "--vm N chooses one; native and jsonl hold them all"};
  }

  void prefix(std::optional<Nanos> time, Tid tid) {
    if (time) {
      print("{}@{}.{:06}:", tid.value, time->value / 1'000'000'000,
            time->value % 1'000'000'000 / 1000);
    } else if (tid.value != 0) {
      print("qemu({}:): ", tid.value);
    }
  }

  // A commit that the trace marked is marked again, by what QEMU prints when it begins.
  void write_commit(const Call& call) {
    if (call.commit.value == 0 || call.commit == commit_) return;
    commit_ = call.commit;
    const bool marked = begin_.commit == call.commit;
    prefix(marked ? begin_.time : call.time, marked ? begin_.tid : call.tid);
    print("flatview_new 0x0 (root 0x0)\n");
  }

  void write_call(const Call& call) {
    write_commit(call);
    prefix(call.time, call.tid);
    print(
        "kvm_set_user_memory AddrSpace#{} Slot#{} flags={:#x} gpa={:#x} size={:#x} ua={:#x} "
        "guest_memfd={} guest_memfd_offset={:#x} ret={}\n",
        call.as.value, call.slot.value, call.flags, call.gpa.value, call.size.value, call.hva.value,
        call.guest_memfd, call.guest_memfd_offset.value, call.ret);
  }

  void write_note(const MemslotIoctl& ioctl) {
    print("kvm_vm_ioctl type {:#x}, arg 0x0\n", ioctl.request);
  }
  void write_note(const PciConfigWrite& write) {
    print("pci_cfg_write {} {} @{:#x} <- {:#x}\n", name(write.device), function(write.at),
          write.offset, write.value);
  }
  void write_note(const PciMapping& mapping) {
    print("pci_update_mappings_{} {} {} {},{:#x}+{:#x}\n",
          mapping.change == PciMapping::Change::add ? "add" : "del", name(mapping.device),
          function(mapping.at), mapping.bar, mapping.address, mapping.size.value);
  }
  void write_note(const MemoryAttributes&) {}  // QEMU prints no line for these
  void write_note(const GuestMemfdCreation&) {}
  void write_note(const CallPhases&) {}
  void write_note(const GuestCost&) {}
  void write_note(const GlobalDirty& dirty) {
    print("global_dirty_changed bitmask {:#x}\n", dirty.bitmask);
  }

  static std::string name(const DeviceName& device) { return escape_for_terminal(device.view()); }
  static std::string function(PciFunction at) {
    return fmt::format("{:02x}:{:02x}.{:x}", at.bus, at.device, at.function);
  }

  std::unique_ptr<ByteSink> bytes_;
  fmt::memory_buffer out_;
  VmId vm_{0};
  CommitId commit_;
  CommitMark begin_;
};

}  // namespace

std::unique_ptr<Sink> qemu_text_writer(std::unique_ptr<ByteSink> bytes) {
  return std::make_unique<QemuTextWriter>(std::move(bytes));
}

const WriterFormat qemu_output = {.name = "qemu",
                                  .endings = {".log"},
                                  .holds_losses = false,
                                  .create = [](std::unique_ptr<ByteSink> bytes, const TraceInfo&) {
                                    return Result(qemu_text_writer(std::move(bytes)));
                                  }};

}  // namespace slotscope
