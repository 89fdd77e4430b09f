#include "probes/bpf_support.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdarg>
#include <cstring>
#include <string_view>

namespace slotscope {

Status share_maps(bpf_object* object, const bpf_object* owner) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    if (bpf_map__is_internal(map)) continue;
    const bpf_map* shared = bpf_object__find_map_by_name(owner, bpf_map__name(map));
    if (!shared) continue;
    if (const int error = bpf_map__reuse_fd(map, bpf_map__fd(shared)); error < 0) {
      return Diagnostic{
          .fault = Fault::environment,
          .message = refusal_text(fmt::format("sharing map {}", bpf_map__name(map)), error)};
    }
  }
  return ok();
}

namespace {

uint64_t misses_of(const bpf_program* program) {
  bpf_prog_info info = {};
  uint32_t size = sizeof info;
  const bool told = bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0;
  return told ? info.recursion_misses : 0;
}

}  // namespace

uint64_t skipped_runs(const bpf_object* object) {
  constexpr std::string_view suffix = "_twin";
  uint64_t skipped = 0;
  const bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object, const_cast<bpf_program*>(program)))) {
    const std::string name = bpf_program__name(program);
    if (std::string_view(name).ends_with(suffix)) continue;
    const std::string twin_name = name + std::string(suffix);
    const bpf_program* twin = bpf_object__find_program_by_name(object, twin_name.c_str());
    skipped += twin ? std::min(misses_of(program), misses_of(twin)) : misses_of(program);
  }
  return skipped;
}

void keep_libbpf_quiet() {
  libbpf_set_print([](libbpf_print_level, const char*, va_list) { return 0; });
}

std::string refusal_text(const std::string& what, int error) {
  return fmt::format("{} refused: {}", what, strerrordesc_np(error < 0 ? -error : error));
}

}  // namespace slotscope
