#include "probes/decode.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "probes/wire.h"

namespace slotscope {
namespace {

template <class Record>
Result<Record> read_as(std::span<const std::byte> bytes) {
  Record record;
  if (bytes.size() < sizeof record) {
    return Diagnostic{.fault = Fault::environment,
                      .message =
                          "a record of the kernel programs is too short: they and this "
                          "program are not of one build"};
  }
  std::memcpy(&record, bytes.data(), sizeof record);
  return record;
}

template <class Field>
Field field_at(const wire_ioctl& record, size_t offset) {
  Field field;
  std::memcpy(&field, record.argument + offset, sizeof field);
  return field;
}

static_assert(PHASE_COUNT == phase_count);

constexpr uint32_t as_shift = 16;
constexpr uint32_t visible_flags = 0xffff;  // bits from 16 up are KVM's own (KVM_MEMSLOT_INVALID)

// kvm_userspace_memory_region, and region2 behind it (include/uapi/linux/kvm.h).
Call call_of(const wire_ioctl& record) {
  Call call;
  const uint32_t slot = field_at<uint32_t>(record, 0);
  call.as = AsId{static_cast<uint16_t>(slot >> as_shift)};
  call.slot = SlotId{static_cast<uint16_t>(slot)};
  call.flags = field_at<uint32_t>(record, 4);
  call.gpa = Gpa{field_at<uint64_t>(record, 8)};
  call.size = Bytes{field_at<uint64_t>(record, 16)};
  call.hva = Hva{field_at<uint64_t>(record, 24)};
  if (record.request == WIRE_SET_USER_MEMORY_REGION2) {
    call.guest_memfd_offset = Bytes{field_at<uint64_t>(record, 32)};
    call.guest_memfd = field_at<int32_t>(record, 40);
  }
  call.ret = record.ret;
  call.time = Nanos{static_cast<int64_t>(record.exit_ns)};
  if (record.entry_ns) {
    call.duration = Nanos{static_cast<int64_t>(record.exit_ns - record.entry_ns)};
  }
  call.pid = Pid{record.tgid};
  call.tid = Tid{record.tid};
  return call;
}

Registers by_dwarf_number(const wire_registers& from) {
  return {{from.ax, from.dx, from.cx, from.bx, from.si, from.di, from.bp, from.sp, from.r8, from.r9,
           from.r10, from.r11, from.r12, from.r13, from.r14, from.r15, from.ip}};
}

bool is_region(uint32_t request) {
  return request == WIRE_SET_USER_MEMORY_REGION || request == WIRE_SET_USER_MEMORY_REGION2;
}

}  // namespace

Status Decoder::decode(std::span<const std::byte> record, std::vector<Observation>& out) {
  Result<wire_header> head = read_as<wire_header>(record);
  if (!head) return std::move(head).error();
  note_loss(head->lost, out);
  switch (head->tag) {
    case WIRE_IOCTL:
      return decode_ioctl(record, out);
    case WIRE_SPACE_BEGIN:
      return decode_space_begin(record);
    case WIRE_SLOT:
      return decode_slot(record);
    case WIRE_SPACE_END:
      return decode_space_end(record, out);
    case WIRE_PROCESS_EXIT:
      return decode_process_exit(record, out);
    case WIRE_VM_CLOSED:
      return decode_vm_closed(record, out);
    case WIRE_COMMIT_END:
      return decode_commit_end(record, out);
    case WIRE_STACK:
      return decode_stack(record);
    case WIRE_PHASES:
      return decode_phases(record, out);
    case WIRE_GUEST_COST:
      return decode_guest_cost(record, out);
    default:
      return ok();
  }
}

void Decoder::note_loss(uint64_t lost, std::vector<Observation>& out) {
  // Records are numbered when they are reserved; two processors may swap the order of reading.
  if (lost <= lost_) return;
  out.emplace_back(Loss{.time = {}, .count = lost - lost_});
  lost_ = lost;
}

void Decoder::finish(uint64_t lost, std::vector<Observation>& out) { note_loss(lost, out); }

Status Decoder::decode_ioctl(std::span<const std::byte> bytes, std::vector<Observation>& out) {
  Result<wire_ioctl> record = read_as<wire_ioctl>(bytes);
  if (!record) return std::move(record).error();
  const KvmKey kvm{record->kvm};
  const Pid pid{record->tgid};
  const Nanos time{static_cast<int64_t>(record->exit_ns)};
  if (record->request == WIRE_CREATE_VM) {
    const VmOrdinals::Created created = vms_.created(kvm, pid);
    if (created.replaced) tell_end(created.replaced->first, created.replaced->second, time, out);
    out.emplace_back(VmMark{.time = time, .vm = created.vm, .pid = pid});
    return ok();
  }
  const VmId vm = vm_called(kvm, pid, record->ret);
  if (!is_region(record->request)) {
    decode_note(*record, vm, out);
    return ok();
  }
  costs_[vm].after_call = true;
  tell_request(*record, vm, out);
  // With a bad pointer KVM looks at nothing: a call without fields says all there is. An argument
  // that only the programs could not read is another matter.
  const bool blank = record->copied == 0 && record->ret == -EFAULT;
  if (record->copied == 0 && !blank) {
    tell_unread(*record, vm, out);
    return ok();
  }
  Call call = call_of(*record);
  call.vm = vm;
  call.commit = commit_of(call, record->commit_ns, out);
  call.stack = stack_of(call.tid, record->entry_ns);
  out.emplace_back(call);
  return ok();
}

// What KVM refused for another reason changed nothing, and the request is known.
void Decoder::tell_unread(const wire_ioctl& record, VmId vm, std::vector<Observation>& out) {
  const Nanos time{static_cast<int64_t>(record.exit_ns)};
  if (record.ret == 0) {
    out.emplace_back(Loss{.time = time, .vm = vm, .count = 1, .reason = Loss::Reason::undecoded});
  } else {
    out.emplace_back(Annotation{
        .time = time, .vm = vm, .tid = Tid{record.tid}, .note = MemslotIoctl{record.request}});
  }
}

// EIO: the caller has the file of a VM that another process created (kvm_vm_ioctl), and which may
// have ended since.
VmId Decoder::vm_called(KvmKey kvm, Pid pid, int32_t ret) {
  if (ret == -EIO) {
    if (const std::optional<VmId> vm = vms_.find(kvm)) return *vm;
  }
  return vms_.of(kvm, pid);
}

Status Decoder::decode_stack(std::span<const std::byte> bytes) {
  Result<wire_stack> record = read_as<wire_stack>(bytes);
  if (!record) return std::move(record).error();
  if (!resolver_) return ok();
  const std::span<const std::byte> memory = bytes.subspan(sizeof(wire_stack));
  const StackSample sample{.pid = Pid{record->tgid},
                           .time = Nanos{static_cast<int64_t>(record->entry_ns)},
                           .registers = by_dwarf_number(record->registers),
                           .memory = memory.first(std::min<size_t>(record->copied, memory.size())),
                           .replaced_at = record->replaced_at,
                           .replaced = record->replaced};
  stacks_[Tid{record->tid}] = {record->entry_ns, resolver_->resolve(sample)};
  return ok();
}

Status Decoder::decode_phases(std::span<const std::byte> bytes, std::vector<Observation>& out) {
  Result<wire_phases> record = read_as<wire_phases>(bytes);
  if (!record) return std::move(record).error();
  CallPhases phases;
  for (size_t i = 0; i < phase_count; ++i) {
    if (!(measured_phases_ >> i & 1)) continue;
    const uint32_t times = std::min<uint32_t>(record->times[i], UINT16_MAX);
    phases.of[i] = {.measured = true,
                    .times = static_cast<uint16_t>(times),
                    .time = Nanos{static_cast<int64_t>(record->ns[i])}};
  }
  out.emplace_back(Annotation{.time = Nanos{static_cast<int64_t>(record->time_ns)},
                              .vm = vms_.of(KvmKey{record->kvm}, Pid{record->tgid}),
                              .tid = Tid{record->tid},
                              .note = phases});
  return ok();
}

Status Decoder::decode_guest_cost(std::span<const std::byte> bytes, std::vector<Observation>& out) {
  Result<wire_guest_cost> record = read_as<wire_guest_cost>(bytes);
  if (!record) return std::move(record).error();
  tell_cost(vms_.of(KvmKey{record->kvm}, Pid{record->tgid}),
            {record->cost.page_faults, record->cost.mmio_exits},
            Nanos{static_cast<int64_t>(record->time_ns)}, out);
  return ok();
}

void Decoder::finish_cost(KvmKey kvm, const GuestCost& total, Nanos time,
                          std::vector<Observation>& out) {
  if (const std::optional<VmId> vm = vms_.find(kvm)) tell_cost(*vm, total, time, out);
}

void Decoder::tell_cost(VmId vm, const GuestCost& total, Nanos time,
                        std::vector<Observation>& out) {
  CostState& state = costs_[vm];
  const GuestCost since{total.page_faults - state.told.page_faults,
                        total.mmio_exits - state.told.mmio_exits};
  state.told = total;
  if (!state.after_call || since == GuestCost{}) return;
  out.emplace_back(Annotation{.time = time, .vm = vm, .tid = {}, .note = since});
}

// The stack of another call of this thread, whose own record was lost, is left alone.
StackId Decoder::stack_of(Tid tid, uint64_t entry_ns) {
  const auto found = stacks_.find(tid);
  if (found == stacks_.end()) return {};
  const PendingStack stack = found->second;
  stacks_.erase(found);
  return stack.entry_ns == entry_ns ? stack.id : StackId{};
}

// An ioctl beside the calls. Of one whose argument could not be read it is known that it was
// issued.
void Decoder::decode_note(const wire_ioctl& record, VmId vm, std::vector<Observation>& out) {
  Annotation seen{.time = Nanos{static_cast<int64_t>(record.exit_ns)},
                  .vm = vm,
                  .tid = Tid{record.tid},
                  .note = MemslotIoctl{record.request}};
  if (record.copied && record.request == WIRE_SET_MEMORY_ATTRIBUTES) {
    // kvm_memory_attributes: address, size, attributes, flags
    seen.note = MemoryAttributes{.gpa = Gpa{field_at<uint64_t>(record, 0)},
                                 .size = Bytes{field_at<uint64_t>(record, 8)},
                                 .attributes = field_at<uint64_t>(record, 16),
                                 .ret = record.ret};
  } else if (record.copied && record.request == WIRE_CREATE_GUEST_MEMFD) {
    // kvm_create_guest_memfd: size, flags
    seen.note = GuestMemfdCreation{.size = Bytes{field_at<uint64_t>(record, 0)},
                                   .flags = field_at<uint64_t>(record, 8),
                                   .ret = record.ret};
  }
  out.emplace_back(seen);
}

void Decoder::tell_request(const wire_ioctl& record, VmId vm, std::vector<Observation>& out) {
  uint32_t& latest = requests_.try_emplace(vm, WIRE_SET_USER_MEMORY_REGION).first->second;
  if (latest == record.request) return;
  latest = record.request;
  const uint64_t began = record.entry_ns ? record.entry_ns : record.exit_ns;
  out.emplace_back(Annotation{.time = Nanos{static_cast<int64_t>(began)},
                              .vm = vm,
                              .tid = Tid{record.tid},
                              .note = MemslotIoctl{record.request}});
}

CommitId Decoder::commit_of(const Call& call, uint64_t begin_ns, std::vector<Observation>& out) {
  if (begin_ns == 0) return {};
  Commit& commit = commits_[call.vm];
  if (commit.begin_ns != begin_ns) {
    commit = {begin_ns, CommitId{commit.id.value + 1}, true, call.tid};
    out.emplace_back(CommitMark{.time = Nanos{static_cast<int64_t>(begin_ns)},
                                .commit = commit.id,
                                .vm = call.vm,
                                .tid = call.tid});
  }
  return commit.id;
}

Status Decoder::decode_commit_end(std::span<const std::byte> bytes, std::vector<Observation>& out) {
  Result<wire_commit_end> record = read_as<wire_commit_end>(bytes);
  if (!record) return std::move(record).error();
  for (auto& [vm, commit] : commits_) {
    if (!commit.open || commit.begin_ns != record->begin_ns || commit.tid != Tid{record->tid}) {
      continue;
    }
    commit.open = false;
    out.emplace_back(CommitMark{.time = Nanos{static_cast<int64_t>(record->end_ns)},
                                .commit = commit.id,
                                .vm = vm,
                                .tid = commit.tid,
                                .edge = CommitMark::Edge::end});
  }
  return ok();
}

Status Decoder::decode_process_exit(std::span<const std::byte> bytes,
                                    std::vector<Observation>& out) {
  Result<wire_process_exit> record = read_as<wire_process_exit>(bytes);
  if (!record) return std::move(record).error();
  process_gone(Pid{record->tgid}, Nanos{static_cast<int64_t>(record->time_ns)}, out);
  return ok();
}

Status Decoder::decode_vm_closed(std::span<const std::byte> bytes, std::vector<Observation>& out) {
  Result<wire_vm_closed> record = read_as<wire_vm_closed>(bytes);
  if (!record) return std::move(record).error();
  const Nanos time{static_cast<int64_t>(record->time_ns)};
  if (const auto vm = vms_.closed(KvmKey{record->kvm}, time)) {
    tell_end(vm->first, vm->second, time, out);
  }
  return ok();
}

void Decoder::process_gone(Pid pid, Nanos time, std::vector<Observation>& out) {
  for (const VmId vm : vms_.process_ended(pid)) tell_end(vm, pid, time, out);
}

void Decoder::tell_end(VmId vm, Pid pid, Nanos time, std::vector<Observation>& out) {
  out.emplace_back(VmMark{.time = time, .vm = vm, .pid = pid, .edge = VmMark::Edge::end});
  commits_.erase(vm);
}

Status Decoder::decode_space_begin(std::span<const std::byte> bytes) {
  Result<wire_space_begin> record = read_as<wire_space_begin>(bytes);
  if (!record) return std::move(record).error();
  const Pid pid{record->tgid};
  const KvmKey kvm{record->kvm};
  // Where calls are not watched, no creation is seen: then a look is the first to meet a VM.
  const Nanos begin{static_cast<int64_t>(record->begin_ns)};
  if (record->cause == WIRE_ASKED && vms_.closed_before(kvm, begin)) vms_.created(kvm, pid);
  SpaceSnapshot& snapshot = snapshots_[{kvm, AsId{record->as}}];
  snapshot = {};
  snapshot.vm = vms_.of(kvm, pid);
  snapshot.pid = pid;
  snapshot.command.assign(record->comm, strnlen(record->comm, sizeof record->comm));
  snapshot.as = AsId{record->as};
  snapshot.address_spaces = std::max<uint16_t>(record->spaces, 1);
  snapshot.generation = record->generation;
  snapshot.begin = begin;
  snapshot.last_look = record->cause == WIRE_LAST_LOOK;
  return ok();
}

Status Decoder::decode_slot(std::span<const std::byte> bytes) {
  Result<wire_slot> record = read_as<wire_slot>(bytes);
  if (!record) return std::move(record).error();
  const auto found = snapshots_.find({KvmKey{record->kvm}, AsId{record->as}});
  if (found == snapshots_.end()) return ok();  // its beginning found no room
  SpaceSnapshot& snapshot = found->second;
  if (record->id >= limits_.user_slots) {
    ++snapshot.internal_slots;
    return ok();
  }
  Call slot;
  slot.time = snapshot.begin;
  slot.gpa = Gpa{record->base_gfn * limits_.page_size};
  slot.size = Bytes{record->npages * limits_.page_size};
  slot.hva = Hva{record->userspace_addr};
  slot.flags = record->flags & visible_flags;
  // The kernel holds the file; which fd the VMM has for it is not known.
  if (slot.flags & slot_flag::guest_memfd) {
    slot.guest_memfd_offset = Bytes{record->memfd_pgoff * limits_.page_size};
  }
  slot.vm = snapshot.vm;
  slot.as = snapshot.as;
  slot.slot = SlotId{record->id};
  slot.pid = snapshot.pid;
  slot.origin = Origin::snapshot;
  snapshot.slots.push_back(slot);
  return ok();
}

Status Decoder::decode_space_end(std::span<const std::byte> bytes, std::vector<Observation>& out) {
  Result<wire_space_end> record = read_as<wire_space_end>(bytes);
  if (!record) return std::move(record).error();
  const auto found = snapshots_.find({KvmKey{record->kvm}, AsId{record->as}});
  if (found == snapshots_.end()) return ok();
  SpaceSnapshot snapshot = std::move(found->second);
  snapshots_.erase(found);
  if (vms_.has_ended(KvmKey{record->kvm})) return ok();  // nothing is left to compare it with
  snapshot.end = Nanos{static_cast<int64_t>(record->end_ns)};
  snapshot.one_state = !(record->flags & WIRE_SPACE_CHANGED);
  snapshot.complete = !(record->flags & WIRE_SPACE_TRUNCATED) &&
                      snapshot.slots.size() + snapshot.internal_slots == record->slots;
  std::sort(snapshot.slots.begin(), snapshot.slots.end(),
            [](const Call& a, const Call& b) { return a.gpa < b.gpa; });
  out.emplace_back(std::move(snapshot));
  return ok();
}

}  // namespace slotscope
