#include "analyzer/format/native/native_stacks.h"

#include <algorithm>

#include "analyzer/base/bytes.h"

namespace slotscope::native {
namespace {

std::string_view cut(std::string_view text) {
  return text.substr(0, std::min(text.size(), max_stack_text));
}

// Takes fields off the front of a payload; after the first that is not there it is not ok().
class Fields {
 public:
  explicit Fields(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  bool at_end() const { return bytes_.empty(); }

  std::string_view text(size_t size) {
    ok_ = ok_ && size <= bytes_.size();
    if (!ok_) return {};
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  // The fixed part of a record: `size` bytes, or zeros that nobody looks at.
  const char* fixed(size_t size) {
    static constexpr char nothing[frame_record::size] = {};
    const std::string_view taken = text(size);
    return ok_ ? taken.data() : nothing;
  }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

bool decode_module(Fields& fields, StackTable& table) {
  namespace at = module_record;
  const char* fixed = fields.fixed(at::size);
  const ModuleId id{load_le<uint32_t>(fixed + at::id)};
  StackModule module;
  module.path = fields.text(load_le<uint16_t>(fixed + at::path_size));
  module.build_id = fields.text(load_le<uint16_t>(fixed + at::build_id_size));
  if (!fields.ok()) return false;
  table.define(id, std::move(module));
  return true;
}

bool decode_frame(Fields& fields, StackTable& table) {
  namespace at = frame_record;
  const char* fixed = fields.fixed(at::size);
  const auto anchor = load_le<uint8_t>(fixed + at::anchor);
  StackFrame frame{.module = ModuleId{load_le<uint32_t>(fixed + at::module)},
                   .address = CodeAddress{load_le<uint64_t>(fixed + at::address)},
                   .offset = Bytes{load_le<uint64_t>(fixed + at::offset)},
                   .anchor = static_cast<StackFrame::Anchor>(anchor),
                   .function = {}};
  const FrameId id{load_le<uint32_t>(fixed + at::id)};
  frame.function = fields.text(load_le<uint16_t>(fixed + at::function_size));
  if (!fields.ok() || anchor > static_cast<uint8_t>(StackFrame::Anchor::module_start)) return false;
  table.define(id, std::move(frame));
  return true;
}

bool decode_stack(Fields& fields, StackTable& table) {
  namespace at = stack_record;
  const char* fixed = fields.fixed(at::size);
  const StackId id{load_le<uint32_t>(fixed + at::id)};
  const auto end = load_le<uint8_t>(fixed + at::end);
  const std::string_view frames =
      fields.text(size_t{load_le<uint16_t>(fixed + at::frames)} * sizeof(uint32_t));
  if (!fields.ok() || end > static_cast<uint8_t>(Stack::End::process_gone)) return false;
  Stack stack{.frames = {}, .end = static_cast<Stack::End>(end)};
  stack.frames.reserve(frames.size() / sizeof(uint32_t));
  for (size_t i = 0; i < frames.size(); i += sizeof(uint32_t)) {
    stack.frames.push_back(FrameId{load_le<uint32_t>(frames.data() + i)});
  }
  table.define(id, std::move(stack));
  return true;
}

}  // namespace

char* StackEncoder::append(Table& table, size_t fixed) {
  ++table.records;
  table.payload.resize(table.payload.size() + fixed);
  return table.payload.data() + table.payload.size() - fixed;
}

void StackEncoder::add(ModuleId id, const StackModule& module) {
  namespace at = module_record;
  const std::string_view path = cut(module.path), build_id = cut(module.build_id);
  char* to = append(tables_[0], at::size);
  store_le(to + at::id, id.value);
  store_le(to + at::path_size, static_cast<uint16_t>(path.size()));
  store_le(to + at::build_id_size, static_cast<uint16_t>(build_id.size()));
  tables_[0].payload.append(path).append(build_id);
}

void StackEncoder::add(FrameId id, const StackFrame& frame) {
  namespace at = frame_record;
  const std::string_view function = cut(frame.function);
  char* to = append(tables_[1], at::size);
  store_le(to + at::id, id.value);
  store_le(to + at::module, frame.module.value);
  store_le(to + at::address, frame.address.value);
  store_le(to + at::offset, frame.offset.value);
  store_le(to + at::anchor, static_cast<uint8_t>(frame.anchor));
  store_le(to + at::function_size, static_cast<uint16_t>(function.size()));
  tables_[1].payload.append(function);
}

void StackEncoder::add(StackId id, const Stack& stack) {
  namespace at = stack_record;
  const size_t frames = std::min(stack.frames.size(), max_stack_frames);
  char* to = append(tables_[2], at::size + frames * sizeof(uint32_t));
  store_le(to + at::id, id.value);
  store_le(to + at::frames, static_cast<uint16_t>(frames));
  store_le(to + at::end, static_cast<uint8_t>(stack.end));
  to += at::size;
  for (size_t i = 0; i < frames; ++i, to += sizeof(uint32_t)) store_le(to, stack.frames[i].value);
}

void StackEncoder::add(StackId stack) {
  new_.need(stack, [this](auto id, const auto& definition) { add(id, definition); });
}

bool StackEncoder::is_full() const {
  return std::any_of(tables_.begin(), tables_.end(),
                     [](const Table& table) { return table.payload.size() > max_payload / 2; });
}

void StackEncoder::clear() {
  for (Table& table : tables_) {
    table.records = 0;
    table.payload.clear();
  }
}

bool decode_stacks(ChunkType type, uint32_t records, std::string_view payload, StackTable& table) {
  const auto decode = type == ChunkType::modules  ? decode_module
                      : type == ChunkType::frames ? decode_frame
                                                  : decode_stack;
  Fields fields(payload);
  for (uint32_t i = 0; i < records; ++i) {
    if (!decode(fields, table)) return false;
  }
  return fields.at_end();
}

}  // namespace slotscope::native
