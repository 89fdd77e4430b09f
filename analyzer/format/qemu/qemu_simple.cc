// QEMU's "simple" trace backend, binary version 4.
#include <fmt/format.h>

#include <array>
#include <string>
#include <unordered_map>

#include "analyzer/base/bytes.h"
#include "analyzer/format/formats.h"
#include "analyzer/format/qemu/qemu_events.h"
#include "analyzer/format/qemu/simple_records.h"

namespace slotscope {
namespace {

constexpr size_t batch_size = 1024;

using Numbers = std::array<uint64_t, QemuSignature::max_numbers>;

// Takes `payload` apart by `signature`, if it is exactly as long as that says. Numbers have 8
// bytes, strings 4 bytes of length and no end (trace_record_write_u64 and _str).
bool matches(const QemuSignature& signature, std::string_view payload, std::endian order,
             QemuRecord& record, Numbers& numbers) {
  std::string_view device;
  if (signature.device) {
    if (payload.size() < 4) return false;
    const uint32_t length = load<uint32_t>(payload.data(), order);
    payload.remove_prefix(4);
    if (length > payload.size()) return false;
    device = payload.substr(0, length);
    payload.remove_prefix(length);
  }
  const size_t count = signature.numbers.size();
  if (payload.size() != count * 8) return false;
  for (size_t i = 0; i < count; ++i) {
    numbers[i] = load<uint64_t>(payload.data() + i * 8, order);
  }
  record.signature = &signature;
  record.device = device;
  record.numbers = std::span(numbers).first(count);
  return true;
}

// The lengths that records of `event` can have, for an event without strings.
std::string possible_lengths(QemuEvent event) {
  std::string lengths;
  for (const QemuSignature& signature : signatures_of(event)) {
    if (!lengths.empty()) lengths += " or ";
    lengths += fmt::to_string(SimpleRecord::head_size + signature.numbers.size() * 8);
  }
  return lengths;
}

// Fills in the arguments of `record`; answers what is wrong with them, empty when nothing is.
// Signatures with a string are asked first: a mapping whose device has a name of 4 bytes is as long
// as one of QEMU 5.2, but that begins with a pointer, which is aligned (and on a big-endian machine
// not between 16 and 20 GiB) and so does not read as the length 4.
std::string decode(QemuEvent event, std::string_view payload, std::endian order, QemuRecord& record,
                   Numbers& numbers) {
  for (const QemuSignature& signature : signatures_of(event)) {
    if (matches(signature, payload, order, record, numbers)) break;
  }
  if (!record.signature) {
    return fmt::format("{} bytes, not {}", SimpleRecord::head_size + payload.size(),
                       possible_lengths(event));
  }
  for (size_t i = 0; i < record.numbers.size(); ++i) {
    const QemuArgument& argument = record.signature->numbers[i];
    if (const char* expected = expected_instead(argument.type, numbers[i])) {
      return fmt::format("{}={:#x}, not {}", argument.name, numbers[i], expected);
    }
  }
  return {};
}

class QemuSimpleSource : public Source {
 public:
  QemuSimpleSource(std::unique_ptr<ByteSource> bytes, TraceInfo info, const ReadOptions& options,
                   std::endian order)
      : info_(std::move(info)),
        options_(options),
        records_(std::move(bytes), order),
        order_(order) {}

  const TraceInfo& info() const override { return info_; }
  const ReadSummary& summary() const override { return summary_; }

  Result<bool> read(EventBatch& batch) override {
    batch.clear();
    SimpleRecord record{};
    while (!ended_ && batch.size() < batch_size) {
      Result<bool> more = records_.next(record);
      if (!more) return more;
      if (!*more) {
        end();
      } else if (record.kind == SimpleRecord::Kind::name) {
        event_of_id_[record.id] = qemu_event(record.body);
      } else if (Status used = use(record, batch); !used) {
        return std::move(used).error();
      }
    }
    return !batch.empty();
  }

 private:
  QemuEvent event_of(uint64_t id);
  Status use(const SimpleRecord& record, EventBatch& batch);
  Status unreadable(QemuEvent event, uint64_t offset, const std::string& what);

  void warn(std::string message) {
    summary_.warnings.push_back({.place = info_.path, .message = std::move(message)});
  }

  void end() {
    ended_ = true;
    if (!records_.torn().empty()) {
      summary_.ending = Ending::cut_off;
      warn(records_.torn());
    }
    if (unnamed_events_ > 0) {
      warn(fmt::format("events whose id the file gives no name: {}; they are left out",
                       unnamed_events_));
    }
  }

  TraceInfo info_;
  ReadSummary summary_;
  ReadOptions options_;
  SimpleRecords records_;
  std::endian order_;
  QemuEvents events_;
  // Ids are positions in one build's list of events, and modules add theirs late: only names last.
  std::unordered_map<uint64_t, QemuEvent> event_of_id_;
  uint64_t unnamed_events_ = 0;
  bool ended_ = false;
};

QemuEvent QemuSimpleSource::event_of(uint64_t id) {
  if (id == SimpleRecord::dropped_id) return QemuEvent::dropped;
  const auto named = event_of_id_.find(id);
  if (named != event_of_id_.end()) return named->second;
  ++unnamed_events_;
  return QemuEvent::other;
}

Status QemuSimpleSource::use(const SimpleRecord& from, EventBatch& batch) {
  const QemuEvent event = event_of(from.id);
  if (event == QemuEvent::other) {
    ++summary_.skipped_lines;
    return ok();
  }
  QemuRecord record{.time = from.time, .pid = from.pid};
  Numbers numbers;
  const std::string wrong = decode(event, from.body, order_, record, numbers);
  if (!wrong.empty()) return unreadable(event, from.offset, wrong);
  if (!events_.append(record, batch)) ++summary_.skipped_lines;
  return ok();
}

Status QemuSimpleSource::unreadable(QemuEvent event, uint64_t offset, const std::string& what) {
  if (!must_be_readable(event)) {
    ++summary_.skipped_lines;
    return ok();
  }
  if (options_.keep_going) {
    ++summary_.bad_lines;
    return ok();
  }
  return Diagnostic{
      .place = info_.path,
      .message = fmt::format("the {} at byte {} has {}", name_of(event), offset, what),
      .advice = "--keep-going counts such records and reads on"};
}

bool recognise(std::string_view head) { return simple_byte_order(head).has_value(); }

Result<std::unique_ptr<Source>> open(std::unique_ptr<PeekedSource> bytes, TraceInfo info,
                                     const ReadOptions& options) {
  if (bytes->head().size() < SimpleHeader::size) {
    return Diagnostic{.place = info.path,
                      .message = fmt::format("is cut off after {} of the {} bytes of its header",
                                             bytes->head().size(), SimpleHeader::size)};
  }
  const SimpleHeader header = simple_header(bytes->head());
  if (header.version != SimpleHeader::supported_version) {
    return Diagnostic{
        .place = info.path,
        .message = fmt::format("is a QEMU simple-backend trace of version {}; only {} can be read",
                               header.version, SimpleHeader::supported_version),
        .advice =
            "QEMU 2.8 and later write version 4; decode this file with scripts/simpletrace.py "
            "of the QEMU that wrote it and give slotscope the text"};
  }
  info.clock = Clock::monotonic;
  info.faithful = false;
  return std::unique_ptr<Source>(
      std::make_unique<QemuSimpleSource>(std::move(bytes), std::move(info), options, header.order));
}

}  // namespace

const Format qemu_simple_format = {.name = "qemu-simple",
                                   .title = "QEMU simple-backend trace",
                                   .recognise = recognise,
                                   .open = open};

}  // namespace slotscope
