// The framing of QEMU's "simple" trace backend, binary version 4 (trace/simple.c, QEMU 2.8
// to 10.2): a header, then records without padding in the byte order of the machine that ran QEMU.
// A record is either the name of an event id, or an event.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "analyzer/base/result.h"
#include "analyzer/base/units.h"
#include "analyzer/format/bytes/byte_window.h"

namespace slotscope {

struct SimpleHeader {
  static constexpr size_t size = 24;
  static constexpr uint64_t supported_version = 4;  // HEADER_VERSION
  std::endian order;
  uint64_t version;
};

// The byte order that a file with this head has; nothing if it is no simple trace.
std::optional<std::endian> simple_byte_order(std::string_view head);
// `head` has at least SimpleHeader::size bytes of a simple trace.
SimpleHeader simple_header(std::string_view head);

struct SimpleRecord {
  static constexpr uint64_t dropped_id = 0xfffffffffffffffe;  // DROPPED_EVENT_ID
  static constexpr size_t head_size = 24;  // of an event: id, time, length with this head, pid
  enum class Kind : uint8_t { name, event };

  Kind kind;
  uint64_t offset;        // in the file
  uint64_t id;            // of the event
  std::string_view body;  // the name, or the event's arguments
  // Of an event only. Unknown when it lies beyond the 292 years that a clock can have run.
  std::optional<Nanos> time;
  Pid pid;
};

class SimpleRecords {
 public:
  // `bytes` stand at the header.
  SimpleRecords(std::unique_ptr<ByteSource> bytes, std::endian order);

  // The next record, valid until the next call; false at the end of what can be read.
  Result<bool> next(SimpleRecord& record);

  // After the end: what is missing, empty when nothing is.
  const std::string& torn() const { return torn_; }

 private:
  Result<bool> read_name(SimpleRecord& record);
  Result<bool> read_event(SimpleRecord& record);
  bool tear(std::string why);
  bool cut_off(size_t have, size_t record_size);

  ByteWindow window_;
  std::endian order_;
  std::string torn_;
  bool past_header_ = false;
};

}  // namespace slotscope
