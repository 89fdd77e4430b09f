#include "probes/mapping_events.h"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "analyzer/base/unique_fd.h"
#include "probes/environment.h"

namespace slotscope {
namespace {

// Room for the mappings of some hundred programs on each processor; on large machines less, so
// that all rings together stay small.
constexpr size_t most_ring = 256 << 10, least_ring = 16 << 10, all_rings = 8 << 20;

// What ends every record but a sample (sample_id_all with PERF_SAMPLE_TID and PERF_SAMPLE_TIME).
struct RecordEnd {
  uint32_t pid, tid;
  uint64_t time;
};
// PERF_RECORD_MMAP2, PERF_RECORD_COMM and PERF_RECORD_FORK and _EXIT (include/uapi/linux/
// perf_event.h); a name follows the first.
struct MapRecord {
  perf_event_header head;
  uint32_t pid, tid;
  uint64_t begin, size, offset;
  uint32_t major, minor;
  uint64_t inode, generation;
  uint32_t protection, flags;
};
struct CommRecord {
  perf_event_header head;
  uint32_t pid, tid;
};
struct TaskRecord {
  perf_event_header head;
  uint32_t pid, parent, tid, parent_tid;
};

template <class Record>
bool read_as(std::span<const std::byte> bytes, Record& record) {
  if (bytes.size() < sizeof record) return false;
  std::memcpy(&record, bytes.data(), sizeof record);
  return true;
}

bool read_mapping(std::span<const std::byte> bytes, MappingEvent& event) {
  MapRecord record;
  if (!read_as(bytes, record) || record.inode == 0) return false;  // vdso, JIT
  const std::span<const std::byte> name = bytes.subspan(sizeof record);
  CodeMapping& mapping = event.mapping;
  mapping.begin = record.begin;
  mapping.end = record.begin + record.size;
  mapping.offset = record.offset;
  mapping.device = fmt::format("{:02x}:{:02x}", record.major, record.minor);
  mapping.inode = record.inode;
  mapping.path.assign(reinterpret_cast<const char*>(name.data()),
                      strnlen(reinterpret_cast<const char*>(name.data()), name.size()));
  mapping.strip_deleted();
  event.kind = MappingEvent::Kind::mapped;
  event.pid = Pid{record.pid};
  return mapping.begin < mapping.end;
}

bool read_execve(std::span<const std::byte> bytes, MappingEvent& event) {
  CommRecord record;
  if (!read_as(bytes, record) || !(record.head.misc & PERF_RECORD_MISC_COMM_EXEC)) return false;
  event.kind = MappingEvent::Kind::executed;
  event.pid = Pid{record.pid};
  return true;
}

bool read_task(std::span<const std::byte> bytes, MappingEvent& event) {
  TaskRecord record;
  if (!read_as(bytes, record)) return false;
  const bool begins = record.head.type == PERF_RECORD_FORK;
  event.kind = begins ? MappingEvent::Kind::forked : MappingEvent::Kind::ended;
  event.pid = Pid{record.pid};
  event.parent = Pid{record.parent};
  // Threads come and go without a change.
  return begins ? record.pid != record.parent : record.pid == record.tid;
}

Nanos time_of(std::span<const std::byte> record) {
  RecordEnd end;
  std::memcpy(&end, record.data() + record.size() - sizeof end, sizeof end);
  return Nanos{static_cast<int64_t>(end.time)};
}

perf_event_attr wanted() {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_DUMMY;
  attributes.mmap = attributes.mmap2 = attributes.comm = attributes.comm_exec = 1;
  attributes.task = 1;
  attributes.sample_id_all = 1;
  attributes.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME;
  attributes.use_clockid = 1;
  attributes.clockid = CLOCK_MONOTONIC;
  return attributes;
}

struct Unmap {
  size_t size = 0;
  void operator()(std::byte* at) const { munmap(at, size); }
};

// One processor's.
class Ring {
 public:
  // 0 or a negative errno.
  int open(int processor, size_t size) {
    perf_event_attr attributes = wanted();
    attributes.watermark = 1;  // nobody waits for it, so nobody shall be woken
    attributes.wakeup_watermark = static_cast<uint32_t>(size);
    event_.reset(static_cast<int>(
        syscall(SYS_perf_event_open, &attributes, -1, processor, -1, PERF_FLAG_FD_CLOEXEC)));
    if (!event_) return -errno;
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    void* at = mmap(nullptr, page + size, PROT_READ | PROT_WRITE, MAP_SHARED, event_.get(), 0);
    if (at == MAP_FAILED) return -errno;
    memory_ = {static_cast<std::byte*>(at), Unmap{page + size}};
    data_ = {memory_.get() + page, size};
    return 0;
  }

  // The protocol of perf_event_mmap_page::data_head.
  void read(std::vector<MappingEvent>& out) {
    auto* page = reinterpret_cast<perf_event_mmap_page*>(memory_.get());
    const uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
    const bool was_full = data_.size() - (head - page->data_tail) < longest_record;
    for (uint64_t tail = page->data_tail; tail < head;) {
      perf_event_header record;
      copy(tail, {reinterpret_cast<std::byte*>(&record), sizeof record});
      if (record.size < sizeof record || record.size > head - tail) break;
      buffer_.resize(record.size);
      copy(tail, buffer_);
      tell(out);
      tail += record.size;
    }
    __atomic_store_n(&page->data_tail, head, __ATOMIC_RELEASE);
    // The kernel tells a loss with the next record that finds room, which may be much later.
    if (was_full) out.push_back({.kind = MappingEvent::Kind::lost, .time = newest_, .pid = {}});
  }

 private:
  static constexpr size_t longest_record = 4096 + 256;  // a mapping with the longest path

  void copy(uint64_t from, std::span<std::byte> to) const {
    const size_t begin = from % data_.size(), first = std::min(to.size(), data_.size() - begin);
    std::memcpy(to.data(), data_.data() + begin, first);
    std::memcpy(to.data() + first, data_.data(), to.size() - first);
  }

  void tell(std::vector<MappingEvent>& out) {
    std::optional<MappingEvent> event = parse_mapping_event(buffer_);
    // What was lost came after the record before.
    if (event && event->kind == MappingEvent::Kind::lost) event->time = newest_;
    if (buffer_.size() >= sizeof(RecordEnd)) newest_ = time_of(buffer_);
    if (event) out.push_back(*std::move(event));
  }

  UniqueFd event_;
  std::unique_ptr<std::byte, Unmap> memory_;
  std::span<std::byte> data_;
  std::vector<std::byte> buffer_;
  Nanos newest_;
};

class KernelEvents : public MappingSource {
 public:
  Status open() {
    const auto processors = static_cast<size_t>(std::max(sysconf(_SC_NPROCESSORS_CONF), 1L));
    size_t size = most_ring;
    while (size > least_ring && size * processors > all_rings) size /= 2;
    for (size_t processor = 0; processor < processors; ++processor) {
      Ring ring;
      const int error = ring.open(static_cast<int>(processor), size);
      if (error == -ENODEV) continue;  // that processor is offline
      if (error < 0) return explain_refusal("perf events", error);
      rings_.push_back(std::move(ring));
    }
    return ok();
  }

  void read(std::vector<MappingEvent>& out) override {
    for (Ring& ring : rings_) ring.read(out);
  }

 private:
  std::vector<Ring> rings_;
};

}  // namespace

std::optional<MappingEvent> parse_mapping_event(std::span<const std::byte> record) {
  perf_event_header head;
  if (record.size() < sizeof head + sizeof(RecordEnd)) return std::nullopt;
  std::memcpy(&head, record.data(), sizeof head);
  const std::span<const std::byte> body = record.first(record.size() - sizeof(RecordEnd));
  MappingEvent event;
  event.time = time_of(record);
  bool tells = false;
  switch (head.type) {
    case PERF_RECORD_MMAP2:
      tells = read_mapping(body, event);
      break;
    case PERF_RECORD_COMM:
      tells = read_execve(body, event);
      break;
    case PERF_RECORD_FORK:
    case PERF_RECORD_EXIT:
      tells = read_task(body, event);
      break;
    case PERF_RECORD_LOST:
      event.kind = MappingEvent::Kind::lost;
      tells = true;
      break;
    default:
      break;
  }
  return tells ? std::optional(std::move(event)) : std::nullopt;
}

Result<std::unique_ptr<MappingSource>> open_mapping_events() {
  auto events = std::make_unique<KernelEvents>();
  if (Status opened = events->open(); !opened) return std::move(opened).error();
  return std::unique_ptr<MappingSource>(std::move(events));
}

}  // namespace slotscope
