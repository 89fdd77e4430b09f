#include "probes/stack_harvest.h"

#include <bpf/libbpf.h>

#include <cerrno>
#include <cstring>

#include "probes/environment.h"
#include "probes/stack_recorder.h"
#include "probes/wire.h"

namespace slotscope {
namespace {

struct FreeRing {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};

class LiveHarvest : public StackHarvest {
 public:
  explicit LiveHarvest(std::shared_ptr<StackTable> table) : recorder_(std::move(table)) {}

  StackResolver& resolver() override { return recorder_; }

  Status listen(int ring) override {
    announcements_.reset(ring_buffer__new(ring, look_at, &recorder_, nullptr));
    return announcements_ ? ok() : Status(explain_refusal("a ring buffer", -errno));
  }

  int wake_fd() const override { return ring_buffer__epoll_fd(announcements_.get()); }

  void look_at_new_processes() override { ring_buffer__consume(announcements_.get()); }

 private:
  static int look_at(void* recorder, void* data, size_t size) {
    wire_new_process process;
    if (size < sizeof process) return 0;
    std::memcpy(&process, data, sizeof process);
    static_cast<StackRecorder*>(recorder)->look_at(Pid{process.tgid});
    return 0;
  }

  StackRecorder recorder_;
  std::unique_ptr<ring_buffer, FreeRing> announcements_;
};

}  // namespace

Result<std::unique_ptr<StackHarvest>> StackHarvest::create(std::shared_ptr<StackTable> table) {
  return std::unique_ptr<StackHarvest>(std::make_unique<LiveHarvest>(std::move(table)));
}

}  // namespace slotscope
