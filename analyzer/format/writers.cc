#include "analyzer/format/writers.h"

#include <algorithm>

namespace slotscope {
namespace {

constexpr const WriterFormat* all_writers[] = {&native_output, &jsonl_output, &csv_output,
                                               &qemu_output};

template <class Matches>
const WriterFormat* first_that(Matches matches) {
  const auto found = std::find_if(std::begin(all_writers), std::end(all_writers), matches);
  return found == std::end(all_writers) ? nullptr : *found;
}

}  // namespace

std::span<const WriterFormat* const> writers() { return all_writers; }

const WriterFormat* writer_named(std::string_view name) {
  return first_that([&](const WriterFormat* one) { return one->name == name; });
}

const WriterFormat* writer_for_file(std::string_view path) {
  return first_that([&](const WriterFormat* one) {
    return std::any_of(one->endings.begin(), one->endings.end(), [&](std::string_view ending) {
      return !ending.empty() && path.ends_with(ending);
    });
  });
}

std::string writer_names() {
  std::string names;
  for (size_t i = 0; i < std::size(all_writers); ++i) {
    names += i == 0 ? "" : i + 1 == std::size(all_writers) ? " or " : ", ";
    names += all_writers[i]->name;
  }
  return names;
}

}  // namespace slotscope
