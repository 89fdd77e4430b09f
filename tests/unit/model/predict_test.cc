// KVM's rules, one row each; the order of the rows is the order of the kernel's tests.
#include "analyzer/model/predict.h"

#include <cerrno>

#include "tests/support/calls.h"
#include "tests/support/catch.h"

using namespace slotscope;
using test::CallFields;
using test::make_call;

namespace {

constexpr uint64_t page = 0x1000;
constexpr uint64_t hva = 0x7f0000000000;

// Slot 1 at 0x10000 (0x4000 bytes, rw), slot 2 at 0x20000 (0x1000 bytes, read-only).
SlotMap two_slots() {
  SlotMap slots;
  slots.insert(Slot::from(make_call({.slot = 1, .gpa = 0x10000, .size = 0x4000})));
  slots.insert(Slot::from(
      make_call({.slot = 2, .flags = slot_flag::readonly, .gpa = 0x20000, .size = page})));
  return slots;
}

struct Row {
  const char* what;
  CallFields call;
  UpdateKind kind;
  int32_t ret;
};

using enum UpdateKind;

const Row rows[] = {
    {"a free range", {.slot = 3, .gpa = 0x30000, .size = page}, create, 0},
    {"next to another slot", {.slot = 3, .gpa = 0x14000, .size = page}, create, 0},
    {"the same host memory again", {.slot = 3, .gpa = 0x40000, .size = 0x4000}, create, 0},
    {"unmapped host memory", {.slot = 3, .gpa = 0x40000, .size = page, .hva = 0}, create, 0},
    {"both flags", {.slot = 3, .flags = 3, .gpa = 0x40000, .size = page}, create, 0},
    {"an identical repeat", {.slot = 1, .gpa = 0x10000, .size = 0x4000}, no_change, 0},
    {"log on", {.slot = 1, .flags = 1, .gpa = 0x10000, .size = 0x4000}, flags, 0},
    {"log on, read-only slot", {.slot = 2, .flags = 3, .gpa = 0x20000, .size = page}, flags, 0},
    {"another gpa", {.slot = 1, .gpa = 0x50000, .size = 0x4000}, move, 0},
    {"another gpa and log on", {.slot = 1, .flags = 1, .gpa = 0x50000, .size = 0x4000}, move, 0},
    {"a move over its own old range", {.slot = 1, .gpa = 0x11000, .size = 0x4000}, move, 0},
    {"a delete", {.slot = 1, .gpa = 0x10000, .size = 0}, del, 0},
    {"a delete with junk in it", {.slot = 1, .gpa = ~uint64_t{0xfff}, .size = 0, .hva = 0}, del, 0},
    {"a delete with any valid flags", {.slot = 1, .flags = 3, .gpa = 0, .size = 0}, del, 0},

    {"unknown flag", {.slot = 3, .flags = 8, .gpa = 0x40000, .size = page}, rejected, -EINVAL},
    {"slot id too large", {.slot = 32764, .gpa = 0x40000, .size = page}, rejected, -EINVAL},
    {"memfd and log", {.slot = 3, .flags = 5, .gpa = 0x40000, .size = page}, rejected, -EINVAL},
    {"memfd and readonly",
     {.slot = 3, .flags = 6, .gpa = 0x40000, .size = page},
     rejected,
     -EINVAL},
    {"size not aligned", {.slot = 3, .gpa = 0x40000, .size = 0x800}, rejected, -EINVAL},
    {"gpa not aligned", {.slot = 3, .gpa = 0x40800, .size = page}, rejected, -EINVAL},
    {"hva not aligned",
     {.slot = 3, .gpa = 0x40000, .size = page, .hva = hva + 1},
     rejected,
     -EINVAL},
    {"kernel hva",
     {.slot = 3, .gpa = 0, .size = page, .hva = 0xffff800000000000},
     rejected,
     -EINVAL},
    {"delete, gpa not aligned", {.slot = 1, .gpa = 0x800, .size = 0}, rejected, -EINVAL},
    {"delete, kernel hva", {.slot = 1, .size = 0, .hva = 0xffff800000000000}, rejected, -EINVAL},
    {"delete, unknown flag", {.slot = 1, .flags = 8, .size = 0}, rejected, -EINVAL},
    {"no such address space", {.as = 2, .slot = 3, .gpa = 0, .size = page}, rejected, -EINVAL},
    {"gpa wraps", {.slot = 3, .gpa = ~uint64_t{0xfff}, .size = 0x2000}, rejected, -EINVAL},
    {"gpa sums to 2^64", {.slot = 3, .gpa = ~uint64_t{0xfff}, .size = page}, rejected, -EINVAL},
    {"2^31 pages", {.slot = 3, .gpa = 1ull << 45, .size = 1ull << 43, .hva = 0}, rejected, -EINVAL},
    {"delete of nothing", {.slot = 3, .size = 0}, rejected, -EINVAL},
    {"resize", {.slot = 1, .gpa = 0x10000, .size = 0x3000}, rejected, -EINVAL},
    {"other host memory",
     {.slot = 1, .gpa = 0x10000, .size = 0x4000, .hva = 0x1000},
     rejected,
     -EINVAL},
    {"rw to ro", {.slot = 1, .flags = 2, .gpa = 0x10000, .size = 0x4000}, rejected, -EINVAL},
    {"ro to rw", {.slot = 2, .flags = 0, .gpa = 0x20000, .size = page}, rejected, -EINVAL},
    {"resize over another slot", {.slot = 1, .gpa = 0x10000, .size = 0x20000}, rejected, -EINVAL},
    {"overlap", {.slot = 3, .gpa = 0x13000, .size = page}, rejected, -EEXIST},
    {"overlap from below", {.slot = 3, .gpa = 0xf000, .size = 0x2000}, rejected, -EEXIST},
    {"overlap around", {.slot = 3, .gpa = 0, .size = 0x100000}, rejected, -EEXIST},
    {"move onto another slot", {.slot = 1, .gpa = 0x1f000, .size = 0x4000}, rejected, -EEXIST},
    {"overlap wins over the memfd",
     {.slot = 3, .flags = 4, .gpa = 0x10000, .size = page},
     rejected,
     -EEXIST},
    {"gfn above 52 bits", {.slot = 3, .gpa = 1ull << 52, .size = page}, rejected, -EINVAL},
};

}  // namespace

TEST_CASE("KVM's answer to one call over two slots") {
  const SlotMap slots = two_slots();
  for (const Row& row : rows) {
    INFO(row.what);
    const Prediction prediction = predict(make_call(row.call), slots, newest_kernel());
    CHECK(prediction.kind == row.kind);
    CHECK(prediction.ret == row.ret);
  }
}

TEST_CASE("a guest_memfd slot refuses even an identical repeat") {
  SlotMap slots;
  Call call = make_call({.slot = 1, .flags = slot_flag::guest_memfd, .gpa = 0, .size = page});
  call.guest_memfd = 9;
  CHECK(predict(call, slots, newest_kernel()).ret == 0);
  slots.insert(Slot::from(call));
  CHECK(predict(call, slots, newest_kernel()).ret == -EINVAL);
  call.guest_memfd_offset = Bytes{0x800};
  call.slot = SlotId{2};
  call.gpa = Gpa{0x8000};
  CHECK(predict(call, slots, newest_kernel()).ret == -EINVAL);
}

// Found by the conformance run on 6.18: KVM_SET_USER_MEMORY_REGION refuses the flag, whatever else
// the call is, and only the missing file tells that it may have been that ioctl.
TEST_CASE("a call with the guest_memfd flag and no file may be refused") {
  const SlotMap slots = two_slots();
  const KernelProfile& kernel = newest_kernel();
  const CallFields cases[] = {
      {.slot = 1, .flags = slot_flag::guest_memfd, .size = 0},
      {.slot = 3, .flags = slot_flag::guest_memfd, .size = page},
      {.slot = 3, .flags = slot_flag::guest_memfd, .gpa = 0x10000, .size = page}};
  for (const CallFields& fields : cases) {
    Call call = make_call(fields);
    CHECK(predict(call, slots, kernel).allows(-EINVAL));
    call.guest_memfd = 9;
    CHECK(predict(call, slots, kernel).allows(-EINVAL) == (fields.size && !fields.gpa));
  }
  CHECK_FALSE(predict(make_call({.slot = 1, .size = 0}), slots, kernel).allows(-EINVAL));
}

// Found by the conformance run on 7.3: a file bound twice (kvm_gmem_bind) at an address that only
// 5-level paging allows.
TEST_CASE("each doubt about a call holds beside the others") {
  const SlotMap none;
  Call call = make_call(
      {.slot = 3, .flags = slot_flag::guest_memfd, .size = page, .hva = (1ull << 47) - page});
  call.guest_memfd = 9;
  const Prediction both = predict(call, none, newest_kernel());
  CHECK(both.allows(-EINVAL));
  CHECK(both.allows(-EEXIST));
  CHECK(both.allows(-EBADF));
  CHECK_FALSE(both.allows(-ENOENT));
  call.flags = 0;
  const Prediction one = predict(call, none, newest_kernel());
  CHECK(one.allows(-EINVAL));
  CHECK_FALSE(one.allows(-EEXIST));
  CHECK_FALSE(one.allows(-EBADF));
}

TEST_CASE("what the versions allow") {
  const SlotMap none;
  const auto answer = [&](const char* kernel, const CallFields& fields) {
    return predict(make_call(fields), none, *kernel_profile(kernel)).ret;
  };
  CHECK(answer("5.10", {.slot = 508, .size = page}) == 0);
  CHECK(answer("5.10", {.slot = 509, .size = page}) == -EINVAL);
  CHECK(answer("6.1", {.slot = 32763, .size = page}) == 0);
  CHECK(answer("6.1", {.slot = 32764, .size = page}) == -EINVAL);
  CHECK(answer("5.10", {.slot = 1, .gpa = 1ull << 52, .size = page}) == 0);
  CHECK(answer("6.1", {.slot = 1, .gpa = 1ull << 52, .size = page}) == -EINVAL);
  CHECK(answer("6.1", {.slot = 1, .flags = 4, .size = page}) == -EINVAL);
  CHECK(answer("6.18", {.slot = 1, .flags = 4, .size = page}) == 0);
}

TEST_CASE("whether 6.12 has guest_memfd hangs on the VM's type, 6.18 on the file alone") {
  SlotMap slots;
  Call call = make_call({.slot = 1, .flags = slot_flag::guest_memfd, .size = page});
  call.guest_memfd = 9;
  const Prediction create = predict(call, slots, *kernel_profile("6.12"));
  CHECK(create.ret == 0);
  CHECK(create.allows(-EINVAL));
  slots.insert(Slot::from(call));
  call.size = Bytes{0};  // KVM looks at the flags first, and at no file
  CHECK(predict(call, slots, *kernel_profile("6.12")).allows(-EINVAL));
  CHECK_FALSE(predict(call, slots, *kernel_profile("6.12")).allows(-EBADF));
  CHECK_FALSE(predict(call, slots, *kernel_profile("6.18")).allows(-EINVAL));
}

TEST_CASE("what no trace shows is left open, and only that") {
  const SlotMap none;
  const KernelProfile& kernel = newest_kernel();
  const auto at = [&](uint64_t gpa, uint64_t hva_value = hva) {
    return predict(make_call({.slot = 1, .gpa = gpa, .size = page, .hva = hva_value}), none,
                   kernel);
  };
  CHECK_FALSE(at(0).allows(-EINVAL));
  CHECK_FALSE(at(0).allows(-EEXIST));
  CHECK(at(1ull << 40).allows(-EINVAL));     // above some CPUs' physical addresses
  CHECK(at(0, 1ull << 50).allows(-EINVAL));  // needs 5-level paging
  CHECK(at(0xfee00000).allows(-EEXIST));     // the APIC access page
  CHECK_FALSE(at(0xfee00000).allows(-EINVAL));
  CHECK(at(0).allows(0));
}
