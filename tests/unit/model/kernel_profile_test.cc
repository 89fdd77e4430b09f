// Whose rules a trace's calls met, from what the trace says of its host.
#include "analyzer/model/kernel_profile.h"

#include "analyzer/event/call.h"
#include "tests/support/catch.h"

using namespace slotscope;

namespace {

using Facts = std::map<std::string, std::string>;

KernelProfile of(const Facts& facts) {
  const auto profile = profile_of_host(facts);
  REQUIRE(profile);
  return *profile;
}

}  // namespace

TEST_CASE("a host has the newest profile that is not newer than its kernel") {
  struct Row {
    const char *kernel, *profile;
  };
  for (const Row& row :
       {Row{"4.19.0", "5.10"}, Row{"5.10.0-48-amd64", "5.10"}, Row{"6.0.19", "5.10"},
        Row{"6.1.0", "6.1"}, Row{"6.2", "6.1"}, Row{"6.11.99", "6.1"},
        Row{"6.12.117+deb13-amd64", "6.12"}, Row{"6.18.44-amd64", "6.18"}, Row{"7.2", "6.18"},
        Row{"7.3.4", "7.3"}, Row{"7.10", "7.3"}, Row{"10.0", "7.3"}}) {
    INFO(row.kernel);
    CHECK(of({{"kernel", std::string("Linux ") + row.kernel}}).name == row.profile);
  }
}

TEST_CASE("a host that names no kernel has no profile") {
  for (const char* kernel : {"", "Linux", "Linux ", "Linux x.1", "Linux 6", "Linux 6.", "Linux 6-1",
                             "Linux 99999999999.1", "Linux 6.99999999999", "FreeBSD 14.1", "6.1"}) {
    INFO(kernel);
    CHECK_FALSE(profile_of_host({{"kernel", kernel}}));
  }
  CHECK_FALSE(profile_of_host({}));
}

TEST_CASE("what a host says of its KVM goes before what its version would have") {
  const Facts linux_6_1 = {{"kernel", "Linux 6.1.0"}};
  CHECK(of(linux_6_1).user_slots == 32764);
  CHECK(of(linux_6_1).address_spaces == 2);
  CHECK(of(linux_6_1).metadata == SlotMetadata::tdp);
  const auto with = [&](const char* name, const char* value) {
    Facts facts = linux_6_1;
    facts[name] = value;
    return of(facts);
  };
  CHECK(with("kvm_cap_nr_memslots", "509").user_slots == 509);
  CHECK(with("kvm_cap_nr_memslots", "0").user_slots == 32764);
  CHECK(with("kvm_cap_nr_memslots", "many").user_slots == 32764);
  CHECK(with("kvm_cap_multi_address_space", "0").address_spaces == 1);
  CHECK(with("kvm_cap_multi_address_space", "3").address_spaces == 3);
  CHECK(with("kvm_cap_multi_address_space", "").address_spaces == 2);
  for (const char* name : {"kvm.tdp_mmu", "kvm_intel.ept", "kvm_amd.npt"}) {
    INFO(name);
    CHECK(with(name, "N").metadata == SlotMetadata::shadow);
    CHECK(with(name, "0").metadata == SlotMetadata::shadow);
    CHECK(with(name, "Y").metadata == SlotMetadata::tdp);
    CHECK(with(name, "1").metadata == SlotMetadata::tdp);
  }
  CHECK(of({{"kernel", "Linux 5.10"}, {"kvm.tdp_mmu", "Y"}}).metadata == SlotMetadata::shadow);
}

TEST_CASE("kernel memory of a slot, by its size, its flags and the host's paging") {
  const KernelProfile tdp = *kernel_profile("6.1"), shadow = *kernel_profile("6.1-shadow");
  const auto bytes = [](uint64_t gpa, uint64_t size, uint32_t flags, const KernelProfile& kernel) {
    return slot_metadata_bytes(GpaRange::of(Gpa{gpa}, Bytes{size}), flags, kernel).value;
  };
  constexpr uint64_t page = 0x1000, mib = 1 << 20;
  CHECK(bytes(0, 0, slot_flag::log_dirty, shadow) == 0);
  CHECK(bytes(0, page, 0, tdp) == 280 + 4 * 2);
  CHECK(bytes(0, 2 * mib, 0, tdp) == 280 + 4 * 2);
  CHECK(bytes(mib, 2 * mib, 0, tdp) == 280 + 4 * 3);  // touches two pages of 2 MiB
  CHECK(bytes(0, page, 0, shadow) == 280 + 4 * 2 + 8 * 3 + 2);
  CHECK(bytes(0, 2 * mib, 0, shadow) == 280 + 4 * 2 + 8 * 514 + 2 * 512);
  CHECK(bytes(0, page, slot_flag::log_dirty, tdp) == 280 + 4 * 2 + 2 * 8);
  CHECK(bytes(0, 65 * page, slot_flag::log_dirty, tdp) == 280 + 4 * 2 + 2 * 16);
  CHECK(bytes(0, 65 * page, slot_flag::readonly, tdp) == 280 + 4 * 2);
}
