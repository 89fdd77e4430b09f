#include "probes/stack_harvest.h"

#include <bpf/libbpf.h>
#include <time.h>

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

Nanos now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return Nanos{int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec};
}

class LiveHarvest : public StackHarvest {
 public:
  LiveHarvest(std::shared_ptr<StackTable> table, std::unique_ptr<MappingSource> mappings,
              bool everything)
      : recorder_(std::move(table), std::move(mappings), everything) {}

  StackResolver& resolver() override { return recorder_; }

  Status listen(int ring) override {
    announcements_.reset(ring_buffer__new(ring, look_at, &recorder_, nullptr));
    return announcements_ ? ok() : Status(explain_refusal("a ring buffer", -errno));
  }

  int wake_fd() const override { return ring_buffer__epoll_fd(announcements_.get()); }

  void look_at_new_processes() override {
    ring_buffer__consume(announcements_.get());
    // All samples from before the last time have been resolved since.
    recorder_.settle(looked_ - longest_reorder);
    looked_ = now();
  }

  void follow(Pid pid) override { recorder_.follow(pid); }

  uint64_t gone() const override { return recorder_.gone(); }

 private:
  static int look_at(void* recorder, void* data, size_t size) {
    wire_new_process process;
    if (size < sizeof process) return 0;
    std::memcpy(&process, data, sizeof process);
    static_cast<StackRecorder*>(recorder)->look_at(Pid{process.tgid});
    return 0;
  }

  // Between the moment of a sample and its place in the ring.
  static constexpr Nanos longest_reorder{1'000'000'000};

  StackRecorder recorder_;
  Nanos looked_;
  std::unique_ptr<ring_buffer, FreeRing> announcements_;
};

}  // namespace

Result<std::unique_ptr<StackHarvest>> StackHarvest::create(std::shared_ptr<StackTable> table,
                                                           bool everything) {
  // Without the right to them, what processes have mapped is read from /proc while they live.
  auto mappings = open_mapping_events();
  return std::unique_ptr<StackHarvest>(std::make_unique<LiveHarvest>(
      std::move(table), mappings ? *std::move(mappings) : nullptr, everything));
}

}  // namespace slotscope
