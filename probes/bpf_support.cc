#include "probes/bpf_support.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <cstdarg>
#include <cstring>

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

uint64_t skipped_runs(const bpf_object* object) {
  uint64_t skipped = 0;
  const bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object, const_cast<bpf_program*>(program)))) {
    bpf_prog_info info = {};
    uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0) {
      skipped += info.recursion_misses;
    }
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
