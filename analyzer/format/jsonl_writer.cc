#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "analyzer/base/escape.h"
#include "analyzer/format/jsonl.h"
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

void put_device(Json& json, const DeviceName& device, PciFunction at) {
  if (is_utf8(device.view())) {
    json["device"] = device.view();
  } else {
    std::string digits;
    for (const char c : device.view()) {
      digits += fmt::format("{:02x}", static_cast<unsigned char>(c));
    }
    json["device_hex"] = std::move(digits);
  }
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
};

class JsonlWriter : public Sink {
 public:
  JsonlWriter(std::unique_ptr<ByteSink> bytes, const TraceInfo& info)
      : bytes_(std::move(bytes)), out_(write_trace_header(info) + '\n') {}

  Status write(const Event& event) override {
    Json json;
    std::visit(Fill{json}, event);
    out_ += json.dump();  // every string in it is UTF-8
    out_ += '\n';
    return out_.size() < block_size ? ok() : flush();
  }

  Status finish() override {
    Status flushed = flush();
    return flushed ? bytes_->close() : flushed;
  }

 private:
  Status flush() {
    Status written = bytes_->write(out_);
    out_.clear();
    return written;
  }

  std::unique_ptr<ByteSink> bytes_;
  std::string out_;
};

}  // namespace

std::unique_ptr<Sink> jsonl_writer(std::unique_ptr<ByteSink> bytes, const TraceInfo& info) {
  return std::make_unique<JsonlWriter>(std::move(bytes), info);
}

}  // namespace slotscope
