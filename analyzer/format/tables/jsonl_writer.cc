#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "analyzer/base/escape.h"
#include "analyzer/format/new_stacks.h"
#include "analyzer/format/tables/jsonl.h"
#include "analyzer/format/trace_header.h"
#include "analyzer/format/words.h"

namespace slotscope {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t block_size = 1 << 16;

std::string hex(uint64_t value) { return fmt::format("{:#x}", value); }

Json flags_json(uint32_t flags) {
  Json words = Json::array();
  for (const FlagWord& flag : flag_words) {
    if (flags & flag.bit) words.push_back(flag.word);
    flags &= ~flag.bit;
  }
  if (flags) words.push_back(hex(flags));
  return words;
}

template <class Quantity>
void put_known(Json& json, const char* key, Quantity quantity) {
  if (quantity.value != 0) json[key] = quantity.value;
}

void put_time(Json& json, const char* key, std::optional<Nanos> time) {
  if (time) json[key] = time->value;
}

void put_text(Json& json, const std::string& key, std::string_view text) {
  if (is_utf8(text)) {
    json[key] = text;
    return;
  }
  std::string digits;
  for (const char c : text) digits += fmt::format("{:02x}", static_cast<unsigned char>(c));
  json[key + "_hex"] = std::move(digits);
}

void put_device(Json& json, const DeviceName& device, PciFunction at) {
  put_text(json, "device", device.view());
  json["function"] = fmt::format("{:02x}:{:02x}.{:x}", at.bus, at.device, at.function);
}

struct Fill {
  Json& json;

  void operator()(const Call& call) const {
    json["event"] = "call";
    put_time(json, "time_ns", call.time);
    put_time(json, "duration_ns", call.duration);
    json["vm"] = call.vm.value;
    json["as"] = call.as.value;
    json["slot"] = call.slot.value;
    json["flags"] = flags_json(call.flags);
    json["gpa"] = hex(call.gpa.value);
    json["size"] = call.size.value;
    json["hva"] = hex(call.hva.value);
    if (call.guest_memfd != -1) json["guest_memfd"] = call.guest_memfd;
    put_known(json, "guest_memfd_offset", call.guest_memfd_offset);
    json["ret"] = call.ret;
    put_known(json, "pid", call.pid);
    put_known(json, "tid", call.tid);
    put_known(json, "commit", call.commit);
    put_known(json, "stack", call.stack);
    json["origin"] = word_of(call.origin);
  }

  void operator()(const Loss& loss) const {
    json["event"] = "loss";
    put_time(json, "time_ns", loss.time);
    put_known(json, "vm", loss.vm);
    json["count"] = loss.count;
    json["reason"] = word_of(loss.reason);
  }

  void operator()(const CommitMark& mark) const {
    json["event"] = "commit";
    json["edge"] = word_of(mark.edge);
    put_time(json, "time_ns", mark.time);
    json["vm"] = mark.vm.value;
    put_known(json, "tid", mark.tid);
    put_known(json, "commit", mark.commit);
  }

  void operator()(const VmMark& mark) const {
    json["event"] = "vm";
    json["edge"] = word_of(mark.edge);
    put_time(json, "time_ns", mark.time);
    json["vm"] = mark.vm.value;
    put_known(json, "pid", mark.pid);
  }

  void operator()(const Annotation& annotation) const {
    json["event"] = note_word(annotation.note);
    put_time(json, "time_ns", annotation.time);
    json["vm"] = annotation.vm.value;
    put_known(json, "tid", annotation.tid);
    std::visit(*this, annotation.note);
  }

  void operator()(const MemslotIoctl& ioctl) const { json["request"] = hex(ioctl.request); }

  void operator()(const PciConfigWrite& write) const {
    put_device(json, write.device, write.at);
    json["offset"] = hex(write.offset);
    json["value"] = hex(write.value);
  }

  void operator()(const PciMapping& mapping) const {
    put_device(json, mapping.device, mapping.at);
    json["bar"] = mapping.bar;
    json["address"] = hex(mapping.address);
    json["size"] = mapping.size.value;
  }

  void operator()(const GlobalDirty& dirty) const { json["bitmask"] = dirty.bitmask; }

  void operator()(const MemoryAttributes& set) const {
    json["gpa"] = hex(set.gpa.value);
    json["size"] = set.size.value;
    json["attributes"] = hex(set.attributes);
    json["ret"] = set.ret;
  }

  void operator()(const GuestMemfdCreation& made) const {
    json["size"] = made.size.value;
    json["flags"] = hex(made.flags);
    json["ret"] = made.ret;
  }

  // "zap_ns" and "zap_times": what was not measured is not there.
  void operator()(const CallPhases& phases) const {
    for (size_t i = 0; i < phase_count; ++i) {
      if (!phases.of[i].measured) continue;
      const std::string word(word_of(static_cast<Phase>(i)));
      json[word + "_ns"] = phases.of[i].time.value;
      json[word + "_times"] = phases.of[i].times;
    }
  }

  void operator()(const GuestCost& cost) const {
    json["page_faults"] = cost.page_faults;
    json["mmio_exits"] = cost.mmio_exits;
  }
};

Json definition(ModuleId id, const StackModule& module) {
  Json json = {{"event", "module"}, {"module", id.value}};
  put_text(json, "path", module.path);
  if (!module.build_id.empty()) put_text(json, "build_id", module.build_id);
  return json;
}

Json definition(FrameId id, const StackFrame& frame) {
  Json json = {{"event", "frame"}, {"frame", id.value}};
  put_known(json, "module", frame.module);
  json["address"] = hex(frame.address.value);
  put_known(json, "offset", frame.offset);
  json["anchor"] = word_of(frame.anchor);
  if (!frame.function.empty()) put_text(json, "function", frame.function);
  return json;
}

Json definition(StackId id, const Stack& stack) {
  Json json = {{"event", "stack"}, {"stack", id.value}};
  Json& frames = json["frames"] = Json::array();
  for (const FrameId frame : stack.frames) frames.push_back(frame.value);
  json["end"] = word_of(stack.end);
  return json;
}

class JsonlWriter : public Sink {
 public:
  JsonlWriter(std::unique_ptr<ByteSink> bytes, const TraceInfo& info)
      : bytes_(std::move(bytes)),
        stacks_(info.stacks),
        header_(write_trace_header(info, true) + '\n'),
        out_(header_) {}

  Status write(const Event& event) override {
    ++unwritten_;
    if (failed_) return *failed_;
    const Call* call = std::get_if<Call>(&event);
    ++pending_.events;
    pending_.calls += call != nullptr;
    if (call) {
      stacks_.need(call->stack, [this](auto id, const auto& what) { add(definition(id, what)); });
    }
    Json json;
    std::visit(Fill{json}, event);
    add(json);
    return out_.size() < block_size ? ok() : flush();
  }

  // After events that can't be written no others may come: nobody would see that they are missing.
  Status flush() override {
    if (failed_) return *failed_;
    Status written = bytes_->write(out_);
    if (written) {
      unwritten_ = 0;
      written_ = pending_;
      header_.clear();
    } else {
      failed_ = written.error();
    }
    out_.clear();
    return written;
  }

  void set_end_reason(const std::string& reason) override { end_reason_ = reason; }

  Status finish() override {
    const Status flushed = flush();
    if (failed_) out_ = header_;
    const std::string reason = failed_ ? end_reason_after(*failed_, end_reason_) : end_reason_;
    Json end = {{"event", "end"}, {"calls", written_.calls}, {"events", written_.events}};
    if (!reason.empty()) end["reason"] = escape_for_terminal(reason);
    if (failed_) end["unwritten"] = unwritten_;
    add(end);
    Status status = bytes_->write(out_);
    if (status) status = bytes_->close();
    return flushed ? status : flushed;
  }

 private:
  void add(const Json& json) {
    out_ += escape_in_json(json.dump());  // every string in it is UTF-8
    out_ += '\n';
  }

  struct Counts {
    uint64_t calls = 0, events = 0;
  };

  std::unique_ptr<ByteSink> bytes_;
  NewStacks stacks_;
  std::string header_;  // until it has been written
  std::string out_;
  uint64_t unwritten_ = 0;    // events, in out_ or after a failure
  Counts pending_, written_;  // with what is in out_, and without
  std::optional<Diagnostic> failed_;
  std::string end_reason_;
};

}  // namespace

std::unique_ptr<Sink> jsonl_writer(std::unique_ptr<ByteSink> bytes, const TraceInfo& info) {
  return std::make_unique<JsonlWriter>(std::move(bytes), info);
}

}  // namespace slotscope
