#include "replay/guest.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <mutex>
#include <thread>

namespace slotscope {
namespace {

// The guest's memory: its code, the vCPUs' mailboxes, and two tables that are written in turn.
constexpr size_t mailboxes_at = 0x1000;
constexpr size_t tables_at = 0x2000;
constexpr size_t table_size = (guest_memory.value - tables_at) / 2;
constexpr size_t most_entries = (table_size - sizeof(GuestTable)) / sizeof(GuestEntry);
constexpr size_t most_vcpus = (tables_at - mailboxes_at) / sizeof(GuestMailbox);

constexpr uint32_t page = 4096;
constexpr uint32_t touch_step = 2 << 20;
constexpr Gpa end_of_32_bits{uint64_t{1} << 32};

constexpr auto settle_deadline = std::chrono::milliseconds(200);
constexpr auto stop_deadline = std::chrono::seconds(2);

template <class Done>
bool wait_until(Done done, std::chrono::milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  return true;
}

std::optional<Gpa> free_gpa(const Plan& plan, uint32_t machine) {
  std::vector<GpaRange> used = {// APIC, TSS, identity map and reset vector live up there.
                                {Gpa{0xfe000000}, end_of_32_bits},
                                // The lowest MiB is seldom free for long.
                                {Gpa{0}, Gpa{1 << 20}}};
  for (const Operation& op : plan.operations) {
    if (op.machine == machine && op.size.value > 0 && !wraps(op.gpa, op.size)) {
      used.push_back(GpaRange::of(op.gpa, op.size));
    }
  }
  std::sort(used.begin(), used.end());
  Gpa reached{0};
  for (const GpaRange& range : used) {
    const Gpa aligned{(reached.value + page - 1) / page * page};
    if (aligned < range.begin && range.begin - aligned >= guest_memory) return aligned;
    reached = std::max(reached, range.end);
    if (reached >= end_of_32_bits) break;
  }
  return std::nullopt;
}

std::optional<SlotId> free_slot(const Plan& plan, uint32_t machine, uint32_t user_slots) {
  std::vector<bool> used(user_slots, false);
  for (const Operation& op : plan.operations) {
    if (op.machine == machine && op.slot.value < user_slots) used[op.slot.value] = true;
  }
  for (uint32_t id = user_slots; id-- > 0;) {
    if (!used[id]) return SlotId{static_cast<uint16_t>(id)};
  }
  return std::nullopt;
}

}  // namespace

struct Guest::Holes {
  std::mutex mutex;
  std::vector<HoleExits> open;

  void count(Gpa gpa) {
    const std::lock_guard lock(mutex);
    for (HoleExits& hole : open) {
      if (hole.range.begin <= gpa && gpa < hole.range.end) {
        ++hole.mmio_exits;
        return;
      }
    }
  }
};

struct Guest::Vcpu {
  std::unique_ptr<KvmVcpu> vcpu;
  std::shared_ptr<Holes> holes;
  std::thread thread;
  std::atomic<bool> stopping = false, ended = false;
  std::string failure;  // written before `ended`

  void run() {
    while (!stopping.load(std::memory_order_relaxed)) {
      const VcpuExit exit = vcpu->run();
      if (exit.kind == VcpuExit::Kind::mmio) {
        holes->count(exit.gpa);
      } else if (exit.kind == VcpuExit::Kind::failed) {
        failure = exit.reason;
        break;
      }
    }
    ended.store(true, std::memory_order_release);
  }
};

Result<GuestSite> find_guest_site(const Plan& plan, uint32_t machine, uint32_t user_slots) {
  const std::optional<Gpa> gpa = free_gpa(plan, machine);
  const std::optional<SlotId> slot = free_slot(plan, machine, user_slots);
  if (!gpa || !slot) {
    return Diagnostic{.fault = Fault::environment,
                      .message = gpa ? "no slot is left for the guest's own code"
                                     : "no 64 KiB below 4 GiB are left for the guest's own code",
                      .advice = "replay without --vcpus"};
  }
  return GuestSite{*gpa, *slot};
}

Guest::Guest(char* memory, const GuestSite& site, GuestWork work)
    : memory_(memory), site_(site), work_(work), holes_(std::make_shared<Holes>()) {}

Guest::~Guest() { stop(); }

GuestMailbox& Guest::mailbox(size_t vcpu) const {
  return reinterpret_cast<GuestMailbox*>(memory_ + mailboxes_at)[vcpu];
}

Result<std::unique_ptr<Guest>> Guest::start(KvmVm& vm, const GuestSite& site, char* memory,
                                            const ReplayOptions& options) {
  if (options.vcpus > most_vcpus) {
    return Diagnostic{.fault = Fault::usage,
                      .message = fmt::format("at most {} vCPUs", most_vcpus)};
  }
  std::copy(guest_code().begin(), guest_code().end(), memory);
  const int32_t added = vm.set_memory({.as = AsId{0},
                                       .slot = site.slot,
                                       .flags = 0,
                                       .gpa = site.gpa,
                                       .size = guest_memory,
                                       .hva = Hva{reinterpret_cast<uint64_t>(memory)}});
  if (added != 0) {
    return Diagnostic{
        .fault = Fault::environment,
        .message = fmt::format("can't add the guest's own slot: {}", std::strerror(-added))};
  }
  std::unique_ptr<Guest> guest(new Guest(memory, site, options.guest));
  const Gpa table = guest->write_table(SlotMap());
  for (uint32_t i = 0; i < options.vcpus; ++i) {
    guest->mailbox(i) = {static_cast<uint32_t>(table.value), 0};
    const Gpa mailbox = site.gpa + Bytes{mailboxes_at + i * sizeof(GuestMailbox)};
    auto vcpu = vm.create_vcpu(i, {.code = site.gpa, .mailbox = mailbox});
    if (!vcpu) return std::move(vcpu).error();
    auto runner = std::make_shared<Vcpu>();
    runner->vcpu = *std::move(vcpu);
    runner->holes = guest->holes_;
    guest->vcpus_.push_back(runner);
  }
  for (const auto& runner : guest->vcpus_) {
    runner->thread = std::thread([runner] { runner->run(); });
  }
  return guest;
}

// The guest may be reading the other table; what it makes of a half-written one (two changes
// later) are reads of addresses that no hole will claim.
Gpa Guest::write_table(const SlotMap& slots) {
  const size_t at = tables_at + (second_table_ ? table_size : 0);
  second_table_ = !second_table_;
  GuestTable table{0, work_ == GuestWork::touch ? touch_step : page};
  auto* entries = reinterpret_cast<GuestEntry*>(memory_ + at + sizeof(GuestTable));
  slots.for_each([&](const Slot& slot) {
    if (work_ == GuestWork::idle || table.count == most_entries) return;
    if (slot.gpa >= end_of_32_bits) return;
    const uint64_t size = std::min(slot.size, end_of_32_bits - slot.gpa).value;
    const auto first = static_cast<uint32_t>(slot.gpa.value);
    const auto reach = static_cast<uint32_t>((size - 1) / table.step * table.step);
    entries[table.count++] = {first, first + reach};
  });
  std::memcpy(memory_ + at, &table, sizeof(table));
  return site_.gpa + Bytes{at};
}

void Guest::show(const SlotMap& slots) {
  const auto table = static_cast<uint32_t>(write_table(slots).value);
  std::vector<uint32_t> rounds;
  const auto rounds_of = [&](size_t i) {
    return std::atomic_ref(mailbox(i).rounds).load(std::memory_order_relaxed);
  };
  for (size_t i = 0; i < vcpus_.size(); ++i) {
    std::atomic_ref(mailbox(i).table).store(table, std::memory_order_release);
    rounds.push_back(rounds_of(i));
  }
  // The round that is under way may still be of the old table, so two have to end.
  wait_until(
      [&] {
        for (size_t i = 0; i < vcpus_.size(); ++i) {
          if (!vcpus_[i]->ended.load() && rounds_of(i) - rounds[i] < 2) return false;
        }
        return true;
      },
      settle_deadline);
}

void Guest::open_hole(const HoleExits& hole) {
  const std::lock_guard lock(holes_->mutex);
  holes_->open.push_back(hole);
}

void Guest::close_holes(const SlotMap& slots, std::vector<HoleExits>& found) {
  const std::lock_guard lock(holes_->mutex);
  for (const HoleExits& hole : holes_->open) {
    if (hole.mmio_exits > 0 && slots.overlapping(hole.range)) found.push_back(hole);
  }
  holes_->open.clear();
}

std::optional<std::string> Guest::stop() {
  std::optional<std::string> failure;
  for (const auto& runner : vcpus_) {
    runner->stopping = true;
    const bool ended = wait_until(
        [&] {
          if (runner->ended.load(std::memory_order_acquire)) return true;
          runner->vcpu->interrupt();
          return false;
        },
        stop_deadline);
    if (ended) {
      runner->thread.join();
      if (!runner->failure.empty()) failure = runner->failure;
    } else {
      runner->thread.detach();
      failure = "did not stop within 2 s";
    }
  }
  vcpus_.clear();
  return failure;
}

}  // namespace slotscope
