#include "analyzer/format/tables/csv.h"

#include <algorithm>

#include "tests/support/native_trace.h"
#include "tests/support/read_all.h"
#include "tests/support/sample_events.h"

using namespace slotscope;
using namespace slotscope::test;

namespace {

std::string csv(const std::vector<Event>& events) {
  std::string bytes;
  const auto writer = csv_writer(memory_sink(bytes));
  for (const Event& event : events) REQUIRE(writer->write(event));
  REQUIRE(writer->finish());
  return bytes;
}

const std::string header =
    "time_ns,duration_ns,vm,as,slot,flags,gpa,size,hva,guest_memfd,guest_memfd_offset,ret,pid,tid,"
    "commit,stack,origin\n";

}  // namespace

TEST_CASE("csv: every call comes back with every field") {
  const std::vector<Event> events = extreme_calls();
  const auto trace = read_text(csv(events));
  REQUIRE(trace);
  REQUIRE(trace->events.size() == events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    INFO("event " << i);
    CHECK(trace->events[i] == events[i]);
  }
  CHECK(trace->info.format == "csv");
  CHECK_FALSE(trace->summary.cut_off());
}

TEST_CASE("csv: what is not a call is not written") {
  CHECK(csv(extreme_losses_and_marks()) == header);
  CHECK(csv(extreme_annotations()) == header);
  const auto trace = read_text(header);
  REQUIRE(trace);
  CHECK(trace->events.empty());
  CHECK(trace->info.clock == Clock::none);
}

TEST_CASE("csv: the lines are as documented") {
  Call call = typical_call(3);
  call.flags = slot_flag::log_dirty | slot_flag::readonly | 0x18;
  call.guest_memfd = 5;
  call.guest_memfd_offset = Bytes{4096};
  call.ret = -17;
  call.stack = StackId{9};
  call.origin = Origin::snapshot;
  CHECK(csv({call, Call{}}) ==
        header.substr(0, header.size() - 1) +
            ",end\n"
            "1000003000,703,1,0,3,log_dirty|readonly|0x18,0x3000,4096,0x7f0000003000,5,4096,-17,"
            "100,101,1,9,snapshot,\n"
            ",,1,0,0,0,0x0,0,0x0,,,0,,,,,traced,2\n");
}

TEST_CASE("csv: columns may come in any order, be left out, or be somebody else's") {
  const auto trace =
      read_text("size,comment,gpa,slot,time_ns\r\n4096,\"why\",0x1000,3,-5\r\n\r\n1,,2,3,\r\n");
  REQUIRE(trace);
  REQUIRE(trace->calls().size() == 2);
  Call call;
  call.size = Bytes{4096};
  call.gpa = Gpa{0x1000};
  call.slot = SlotId{3};
  call.time = Nanos{-5};
  CHECK(trace->calls()[0] == call);
  CHECK_FALSE(trace->calls()[1].time);
  CHECK(trace->info.clock == Clock::relative);
}

TEST_CASE("csv: a header without what makes a call is no trace") {
  for (const char* text :
       {"slot,gpa\n1,2\n", "slot,gpa,size,slot\n1,2,3,4\n", "a,b,c\n", "1,2,3\n"}) {
    CHECK_FALSE(read_text(text));
  }
}

TEST_CASE("csv: a cell that can't be read is placed") {
  struct Case {
    const char* row;
    uint32_t column;
    const char* message;
  };
  for (const Case& c : {
           Case{"1,2", 4, "expected as many cells as the header has"},
           Case{"1,2,3,4,traced,6,7,8", 20, "expected no more cells than the header has"},
           Case{"x,2,3,4,5,6,7", 1, "expected a decimal number"},
           Case{",2,3,4,5,6,7", 1, "expected a decimal number"},
           Case{"65536,2,3,4,5,6,7", 1, "expected a number of at most 16 bits"},
           Case{"1,0x10000000000000000,3,4,5,6,7", 5, "expected a number of at most 64 bits"},
           Case{"1,2,3x,4,5,6,7", 6, "expected the end of the cell"},
           Case{"1,2,3,dirty,5,6,7", 7, "expected a decimal number"},
           Case{"1,2,3,readonly|,5,6,7", 16, "expected a decimal number"},
           Case{"1,2,3,readonly 1,5,6,7", 7, "expected a decimal number"},
           Case{"1,2,3,4,guessed,6,7", 9, "expected traced or snapshot"},
           Case{"1,2,3,4,traced,9223372036854775808,7", 35, "expected a number of at most 64 bits"},
           Case{"1,2,3,4,traced,-9223372036854775809,7", 36,
                "expected a number of at most 64 bits"},
           Case{"1,2,3,4,traced,6,-2147483649", 19, "expected a number of at most 32 bits"},
       }) {
    INFO(c.row);
    const std::string text = std::string("slot,gpa,size,flags,origin,time_ns,ret\n") + c.row + "\n";
    const auto trace = read_text(text);
    REQUIRE_FALSE(trace);
    CHECK(trace.error().message == c.message);
    CHECK(trace.error().place == "test:2:" + std::to_string(c.column));
  }
}

TEST_CASE("csv: cut at any byte, what is read is a prefix") {
  const std::vector<Event> events = {typical_call(1), typical_call(2)};
  const std::string whole = csv(events);
  for (size_t length = whole.find('\n') + 1; length < whole.size(); ++length) {
    INFO("cut after " << length << " bytes");
    const auto trace = read_text(whole.substr(0, length));
    REQUIRE(trace);
    CHECK(trace->events.size() <= events.size());
    CHECK(std::equal(trace->events.begin(), trace->events.end(), events.begin()));
    CHECK(trace->summary.cut_off());
  }
  CHECK(read_text(whole)->summary.ending == Ending::marked);
}

TEST_CASE("csv: the end is where the column says, with as many calls") {
  struct Case {
    const char* rows;
    Ending ending;
  };
  for (const Case& c : {Case{"slot,gpa,size\n1,2,3\n", Ending::not_marked},
                        Case{"slot,gpa,size,end\n1,2,3,1\n", Ending::marked},
                        Case{"slot,gpa,size,end\n1,2,3,\n4,5,6,2\n", Ending::marked},
                        Case{"slot,gpa,size,end\n1,2,3,\n4,5,6,3\n", Ending::cut_off},
                        Case{"slot,gpa,size,end\n1,2,3,1\n4,5,6,\n", Ending::cut_off},
                        Case{"slot,gpa,size,end\n1,2,3,incomplete\n", Ending::cut_off},
                        Case{"slot,gpa,size,end\n", Ending::cut_off}}) {
    INFO(c.rows);
    const auto trace = read_text(c.rows);
    REQUIRE(trace);
    CHECK(trace->summary.ending == c.ending);
  }
  CHECK(csv({typical_call(1), Loss{}}).ends_with(",incomplete\n"));
}
