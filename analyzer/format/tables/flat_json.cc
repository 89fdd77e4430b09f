#include "analyzer/format/tables/flat_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace slotscope {
namespace {

using Member = FlatJson::Member;
using Kind = Member::Kind;

// nlohmann's event interface: each callback answers whether to go on.
class Handler {
 public:
  explicit Handler(std::vector<Member>& members) : members_(members) {}

  size_t error_position() const { return error_position_; }

  bool null() { return value(Kind::other); }
  bool boolean(bool) { return value(Kind::other); }
  bool number_float(double, const std::string&) { return value(Kind::other); }
  bool binary(std::vector<uint8_t>&) { return false; }  // JSON text has none
  bool number_integer(int64_t number) {
    return value(Kind::negative, static_cast<uint64_t>(number));
  }
  bool number_unsigned(uint64_t number) {
    if (in_list_) members_.back().numbers.push_back(number);
    return in_list_ || value(Kind::number, number);
  }
  bool string(std::string& text) {
    if (!value(Kind::text)) return false;
    if (in_list_) {
      members_.back().list.push_back(std::move(text));
    } else {
      members_.back().text = std::move(text);
    }
    return true;
  }
  bool start_object(size_t) { return !std::exchange(in_object_, true); }
  bool end_object() { return true; }
  bool key(std::string& name) {
    members_.push_back({.key = std::move(name), .text = {}, .list = {}});
    return true;
  }
  bool start_array(size_t) {
    if (!in_object_ || in_list_) return false;
    members_.back().kind = Kind::list;
    return in_list_ = true;
  }
  bool end_array() {
    in_list_ = false;
    return true;
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) {
    error_position_ = position;
    return false;
  }

 private:
  bool value(Kind kind, uint64_t number = 0) {
    if (!in_object_) return false;
    if (in_list_) return kind == Kind::text;
    members_.back().kind = kind;
    members_.back().number = number;
    return true;
  }

  std::vector<Member>& members_;
  size_t error_position_ = 0;
  bool in_object_ = false, in_list_ = false;
};

}  // namespace

bool FlatJson::parse(std::string_view line, Cursor& cursor) {
  members_.clear();
  Handler handler(members_);
  if (nlohmann::json::sax_parse(line, &handler)) return true;
  const size_t position = handler.error_position();
  if (position == 0) return cursor.fail("an object of numbers, strings and lists of either");
  cursor.skip(std::min(position, line.size() + 1) - 1);
  return cursor.fail("JSON");
}

const Member* FlatJson::find(std::string_view key) const {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [&](const Member& member) { return member.key == key; });
  return found == members_.end() ? nullptr : &*found;
}

}  // namespace slotscope
