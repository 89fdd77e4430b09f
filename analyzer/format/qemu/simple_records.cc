#include "analyzer/format/qemu/simple_records.h"

#include <fmt/format.h>

#include "analyzer/base/bytes.h"

namespace slotscope {
namespace {

constexpr uint64_t header_event_id = 0xffffffffffffffff;  // HEADER_EVENT_ID
constexpr uint64_t header_magic = 0xf2b177cb0aa429b4;     // HEADER_MAGIC
constexpr size_t version_at = 16;

constexpr uint64_t mapping_type = 0;  // TRACE_RECORD_TYPE_MAPPING
constexpr uint64_t event_type = 1;    // TRACE_RECORD_TYPE_EVENT
constexpr size_t type_size = 8;
constexpr size_t name_head_size = type_size + 12;  // id, length of the name
constexpr size_t event_head_size = type_size + SimpleRecord::head_size;

// A string argument has at most 512 bytes (MAX_TRACE_STRLEN), and an event 10 arguments.
constexpr uint32_t max_length = 1 << 16;

}  // namespace

std::optional<std::endian> simple_byte_order(std::string_view head) {
  if (head.size() < version_at) return {};
  for (const std::endian order : {std::endian::little, std::endian::big}) {
    if (load<uint64_t>(head.data(), order) == header_event_id &&
        load<uint64_t>(head.data() + 8, order) == header_magic) {
      return order;
    }
  }
  return {};
}

SimpleHeader simple_header(std::string_view head) {
  const std::endian order = *simple_byte_order(head);
  return {.order = order, .version = load<uint64_t>(head.data() + version_at, order)};
}

SimpleRecords::SimpleRecords(std::unique_ptr<ByteSource> bytes, std::endian order)
    : window_(std::move(bytes)), order_(order) {}

bool SimpleRecords::tear(std::string why) {
  torn_ = std::move(why);
  return false;
}

// `record_size` 0: the part that tells it is missing.
bool SimpleRecords::cut_off(size_t have, size_t record_size) {
  const std::string of = record_size ? fmt::format(" of its {}", record_size) : "";
  std::string why =
      fmt::format("the last record (at byte {}) is cut off after {}{} bytes; it is left out",
                  window_.offset().value, have, of);
  if (const std::string cause = window_.torn(); !cause.empty()) why += ": " + cause;
  return tear(std::move(why));
}

Result<bool> SimpleRecords::next(SimpleRecord& record) {
  if (!torn_.empty()) return false;
  if (!past_header_) {
    Result<std::string_view> header = window_.peek(SimpleHeader::size);
    if (!header) return std::move(header).error();
    window_.consume(header->size());
    past_header_ = true;
  }
  record.offset = window_.offset().value;
  Result<std::string_view> type = window_.peek(type_size);
  if (!type) return std::move(type).error();
  if (type->empty()) return tear(window_.torn());
  if (type->size() < type_size) return cut_off(type->size(), 0);
  switch (const uint64_t number = load<uint64_t>(type->data(), order_)) {
    case mapping_type:
      return read_name(record);
    case event_type:
      return read_event(record);
    default:
      return tear(
          fmt::format("at byte {} stands a record of unknown type {:#x}; all from there is "
                      "left out",
                      window_.offset().value, number));
  }
}

Result<bool> SimpleRecords::read_name(SimpleRecord& record) {
  Result<std::string_view> bytes = window_.peek(name_head_size);
  if (!bytes) return std::move(bytes).error();
  if (bytes->size() < name_head_size) return cut_off(bytes->size(), 0);
  const uint32_t length = load<uint32_t>(bytes->data() + type_size + 8, order_);
  if (length > max_length) {
    return tear(
        fmt::format("at byte {} stands an event's name of {} bytes; all from there is left "
                    "out",
                    window_.offset().value, length));
  }
  bytes = window_.peek(name_head_size + length);
  if (!bytes) return std::move(bytes).error();
  if (bytes->size() < name_head_size + length) {
    return cut_off(bytes->size(), name_head_size + length);
  }
  record.kind = SimpleRecord::Kind::name;
  record.id = load<uint64_t>(bytes->data() + type_size, order_);
  record.body = bytes->substr(name_head_size);
  window_.consume(bytes->size());
  return true;
}

Result<bool> SimpleRecords::read_event(SimpleRecord& record) {
  Result<std::string_view> bytes = window_.peek(event_head_size);
  if (!bytes) return std::move(bytes).error();
  if (bytes->size() < event_head_size) return cut_off(bytes->size(), 0);
  const uint32_t length = load<uint32_t>(bytes->data() + type_size + 16, order_);
  if (length < SimpleRecord::head_size || length > max_length) {
    return tear(fmt::format("at byte {} stands an event of {} bytes; all from there is left out",
                            window_.offset().value, length));
  }
  bytes = window_.peek(type_size + length);
  if (!bytes) return std::move(bytes).error();
  if (bytes->size() < type_size + length) return cut_off(bytes->size(), type_size + length);
  const char* head = bytes->data() + type_size;
  record.kind = SimpleRecord::Kind::event;
  record.id = load<uint64_t>(head, order_);
  record.time.reset();
  if (const uint64_t time = load<uint64_t>(head + 8, order_); time <= INT64_MAX) {
    record.time = Nanos{static_cast<int64_t>(time)};
  }
  record.pid = {load<uint32_t>(head + 20, order_)};
  record.body = bytes->substr(event_head_size);
  window_.consume(bytes->size());
  return true;
}

}  // namespace slotscope
