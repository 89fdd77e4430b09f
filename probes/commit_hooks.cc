#include "probes/commit_hooks.h"

#include <cerrno>

#include "probes/commits.skel.h"
#include "probes/environment.h"

namespace slotscope {

struct CommitHooks::Programs {
  SkeletonPtr<commits_bpf> skeleton;
};

CommitHooks::CommitHooks() = default;
CommitHooks::~CommitHooks() = default;

namespace {

constexpr const char* commit_function = "memory_region_transaction_commit";
constexpr pid_t any_process = -1;  // the programs look at who it is: children are followed too

LinkPtr attach_to(bpf_program* program, bool at_return, const std::string& binary) {
  LIBBPF_OPTS(bpf_uprobe_opts, options, .retprobe = at_return, .func_name = commit_function);
  return LinkPtr(
      bpf_program__attach_uprobe_opts(program, any_process, binary.c_str(), 0, &options));
}

Diagnostic explain(const std::string& binary, int error) {
  if (error == -ENOENT) {
    return {.fault = Fault::environment,
            .place = binary,
            .message = std::string("has no function ") + commit_function,
            .advice = "--commits is for QEMU's own executable, not for a script or another VMM"};
  }
  Diagnostic why = explain_refusal("a uprobe", error);
  why.place = binary;
  return why;
}

}  // namespace

Result<std::unique_ptr<CommitHooks>> CommitHooks::attach(const bpf_object* shared, bool everything,
                                                         const std::string& binary) {
  SkeletonPtr<commits_bpf> skeleton(commits_bpf::open());
  if (!skeleton) return explain_refusal("the commit programs", -errno);
  skeleton->rodata->follow_everything = everything;
  if (Status shared_maps = share_maps(skeleton->obj, shared); !shared_maps) {
    return std::move(shared_maps).error();
  }
  if (const int error = commits_bpf::load(skeleton.get()); error < 0) {
    return explain_refusal("the commit programs", error);
  }
  std::unique_ptr<CommitHooks> hooks(new CommitHooks());
  hooks->entry_ = attach_to(skeleton->progs.enter_commit, false, binary);
  if (!hooks->entry_) return explain(binary, -errno);
  hooks->exit_ = attach_to(skeleton->progs.exit_commit, true, binary);
  if (!hooks->exit_) return explain(binary, -errno);
  hooks->programs_ = std::make_unique<Programs>(Programs{std::move(skeleton)});
  return hooks;
}

}  // namespace slotscope
