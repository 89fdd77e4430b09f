// libbpf as the other files of this folder want it: owned skeletons, shared maps, errors as values.
#pragma once

#include <bpf/libbpf.h>

#include <cstdint>
#include <memory>
#include <string>

#include "analyzer/base/result.h"

namespace slotscope {

struct DestroySkeleton {
  template <class Skeleton>
  void operator()(Skeleton* skeleton) const {
    Skeleton::destroy(skeleton);
  }
};
template <class Skeleton>
using SkeletonPtr = std::unique_ptr<Skeleton, DestroySkeleton>;

struct UnlinkProgram {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
using LinkPtr = std::unique_ptr<bpf_link, UnlinkProgram>;

// Gives `object`, before it is loaded, the maps of the same name that `owner` has.
Status share_maps(bpf_object* object, const bpf_object* owner);

// How often, at most, the kernel left out a program of `object` because it was running on that
// processor already (recursion_misses, 5.12 on), and with it its twin, where it has one
// (NAME_twin): what they would have seen then, nobody has.
uint64_t skipped_runs(const bpf_object* object);

// Its warnings would go to stderr; what failed is told by refusal_text.
void keep_libbpf_quiet();

// "fentry refused: Operation not permitted". `error` is a negative errno.
std::string refusal_text(const std::string& what, int error);

}  // namespace slotscope
