#include "analyzer/cli/trace_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "analyzer/base/escape.h"
#include "analyzer/format/writers.h"

namespace slotscope {
namespace {

// Reading that many calls takes a few milliseconds, which is what `map --at` then costs.
constexpr uint64_t calls_between_checkpoints = 65536;

Result<const WriterFormat*> writer_of(const std::string& path, const std::string& format) {
  const WriterFormat* writer = format.empty() ? writer_for_file(path) : writer_named(format);
  if (writer) return writer;
  return Diagnostic{
      .fault = Fault::usage,
      .message =
          format.empty()
              ? fmt::format("'{}' does not tell which format to write", escape_for_terminal(path))
              : fmt::format("no format '{}' to write", escape_for_terminal(format)),
      .advice = "--to " + writer_names()};
}

Call as_snapshot(const Slot& slot, VmId vm) {
  Call call;
  call.vm = vm;
  call.as = slot.as;
  call.slot = slot.id;
  call.gpa = slot.gpa;
  call.size = slot.size;
  call.hva = slot.hva;
  call.flags = slot.flags;
  call.guest_memfd = slot.guest_memfd;
  call.guest_memfd_offset = slot.guest_memfd_offset;
  call.origin = Origin::snapshot;
  return call;
}

}  // namespace

Result<TraceOutput> TraceOutput::create(const std::string& path, const std::string& format,
                                        const TraceInfo& info) {
  Result<const WriterFormat*> writer = writer_of(path, format);
  if (!writer) return std::move(writer).error();
  Result<std::unique_ptr<ByteSink>> bytes = create_bytes(path, info.path);
  if (!bytes) return std::move(bytes).error();
  TraceOutput output;
  output.bytes_ = bytes->get();
  output.holds_losses_ = (*writer)->holds_losses;
  Result<std::unique_ptr<Sink>> sink = (*writer)->create(*std::move(bytes), info);
  if (!sink) return std::move(sink).error();
  output.sink_ = *std::move(sink);
  return output;
}

Status TraceOutput::write(const Event& event, const Model& model) {
  if (const Loss* loss = std::get_if<Loss>(&event)) {
    losses_ = saturating_sum(losses_, std::max<uint64_t>(loss->count, 1));
  }
  Status written = sink_->write(event);
  if (!written) return written;
  if (model.calls().value < checkpointed_.value + calls_between_checkpoints) return written;
  return checkpoint(model);
}

Status TraceOutput::tear(const std::string& reason) {
  ++losses_;
  sink_->set_end_reason(reason);
  return sink_->write(Loss{.time = {}, .reason = Loss::Reason::damaged});
}

Status TraceOutput::checkpoint(const Model& model) {
  checkpointed_ = model.calls();
  std::vector<Call> live;
  for (const auto& [id, vm] : model.vms()) {
    const VmId owner = id;
    for (const auto& space : vm->state.address_spaces()) {
      space->slots.for_each([&](const Slot& slot) { live.push_back(as_snapshot(slot, owner)); });
    }
  }
  return sink_->checkpoint(live);
}

Status TraceOutput::finish() { return sink_->finish(); }

Status TraceOutput::give_up() {
  bytes_->discard();
  return sink_->finish();
}

}  // namespace slotscope
