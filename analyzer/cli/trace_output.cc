#include "analyzer/cli/trace_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "analyzer/base/escape.h"
#include "analyzer/format/bytes/byte_sink.h"
#include "analyzer/format/qemu/qemu_text_writer.h"
#include "analyzer/format/tables/csv.h"
#include "analyzer/format/tables/jsonl.h"

namespace slotscope {
namespace {

// Reading that many calls takes a few milliseconds, which is what `map --at` then costs.
constexpr uint64_t calls_between_checkpoints = 65536;

struct FileEnding {
  std::string_view ending;
  std::string_view format;
};
constexpr FileEnding endings[] = {{".slots", "native"},
                                  {".jsonl", "jsonl"},
                                  {".ndjson", "jsonl"},
                                  {".csv", "csv"},
                                  {".log", "qemu"}};

constexpr const char* formats_advice = "--to native, jsonl, csv or qemu";

Result<std::string> format_of(const std::string& path, const std::string& format) {
  if (!format.empty()) return format;
  for (const FileEnding& known : endings) {
    if (path.ends_with(known.ending)) return std::string(known.format);
  }
  return Diagnostic{
      .fault = Fault::usage,
      .message = fmt::format("'{}' does not tell which format to write", escape_for_terminal(path)),
      .advice = formats_advice};
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
  Result<std::string> to = format_of(path, format);
  if (!to) return std::move(to).error();
  if (*to != "native" && *to != "jsonl" && *to != "csv" && *to != "qemu") {
    return Diagnostic{.fault = Fault::usage,
                      .message = fmt::format("no format '{}' to write", escape_for_terminal(*to)),
                      .advice = formats_advice};
  }
  Result<std::unique_ptr<ByteSink>> bytes = create_bytes(path, info.path);
  if (!bytes) return std::move(bytes).error();
  TraceOutput output;
  output.bytes_ = bytes->get();
  if (*to == "native") {
    Result<std::unique_ptr<NativeWriter>> writer = NativeWriter::create(*std::move(bytes), info);
    if (!writer) return std::move(writer).error();
    output.native_ = writer->get();
    output.sink_ = *std::move(writer);
  } else if (*to == "jsonl") {
    output.sink_ = jsonl_writer(*std::move(bytes), info);
  } else if (*to == "csv") {
    output.sink_ = csv_writer(*std::move(bytes));
    output.holds_losses_ = false;
  } else {
    output.sink_ = qemu_text_writer(*std::move(bytes));
    output.holds_losses_ = false;
  }
  return output;
}

Status TraceOutput::write(const Event& event, const Model& model) {
  if (const Loss* loss = std::get_if<Loss>(&event)) {
    losses_ = saturating_sum(losses_, std::max<uint64_t>(loss->count, 1));
  }
  Status written = sink_->write(event);
  if (!written || !native_) return written;
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
  return native_->checkpoint(live);
}

Status TraceOutput::finish() { return sink_->finish(); }

Status TraceOutput::give_up() {
  bytes_->discard();
  return sink_->finish();
}

}  // namespace slotscope
