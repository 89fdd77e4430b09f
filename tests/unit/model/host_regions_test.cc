#include "analyzer/model/host_regions.h"

#include "tests/support/catch.h"

using namespace slotscope;

namespace {

std::string at(HostRegions& regions, uint64_t hva, uint64_t size) {
  const HostPlace place = regions.place(Hva{hva}, Bytes{size});
  if (place.region == UINT32_MAX) return "unknown";
  return region_name(place.region) + (place.below ? "-" : "+") + std::to_string(place.offset.value);
}

}  // namespace

TEST_CASE("regions are named as they show and hold what touches them") {
  HostRegions regions;
  CHECK(at(regions, 1000, 500) == "A+0");
  CHECK(at(regions, 5000, 500) == "B+0");
  CHECK(at(regions, 1500, 500) == "A+500");  // touches the end
  CHECK(at(regions, 1800, 0) == "A+800");    // a delete only looks
  CHECK(at(regions, 3000, 0) == "unknown");
  CHECK(at(regions, 900, 100) == "A-100");  // grows downwards, keeps its name and its zero
  CHECK(at(regions, 1000, 1) == "A+0");
}

TEST_CASE("regions that come to touch become the older one") {
  HostRegions regions;
  at(regions, 5000, 1000);
  at(regions, 1000, 1000);
  CHECK(at(regions, 2000, 3000) == "A-3000");
  CHECK(at(regions, 1000, 0) == "A-4000");
  CHECK(at(regions, 5500, 0) == "A+500");
}

TEST_CASE("the end of the address space") {
  HostRegions regions;
  CHECK(at(regions, UINT64_MAX - 10, 100) == "A+0");
  CHECK(at(regions, UINT64_MAX, 0) == "A+10");
}

TEST_CASE("names go on after Z") {
  CHECK(region_name(0) == "A");
  CHECK(region_name(25) == "Z");
  CHECK(region_name(26) == "AA");
  CHECK(region_name(26 + 26 * 26 - 1) == "ZZ");
  CHECK(region_name(26 + 26 * 26) == "AAA");
}

TEST_CASE("beyond so many regions memory goes by its address") {
  HostRegions regions(HostRegions::Join::touching, 2);
  CHECK(regions.place(Hva{0x1000}, Bytes{0x1000}).region == 0);
  CHECK(regions.place(Hva{0x5000}, Bytes{0x1000}).region == 1);
  const HostPlace unnamed = regions.place(Hva{0x9000}, Bytes{0x1000});
  CHECK(unnamed.region == UINT32_MAX);
  CHECK(unnamed.offset == Bytes{0x9000});
  CHECK(regions.place(Hva{0x1000}, Bytes{0}).region == 0);
}
