// Runs a capture until something ends it.
#pragma once

#include <sys/signalfd.h>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "analyzer/capture/capture_output.h"
#include "analyzer/capture/child_process.h"
#include "analyzer/capture/end_of_capture.h"
#include "analyzer/capture/recording.h"
#include "probes/collector.h"

namespace slotscope {

struct CaptureOrder {
  std::optional<Pid> pid;   // of a process that runs already
  bool everything = false;  // all VMs of the host
  std::optional<Nanos> duration;
  Nanos flush_every;
  bool progress = false;  // one line that is written over and over
};

struct CaptureEnd {
  std::string reason;    // "the command ended"
  Status status = ok();  // an error when it ended because it could not go on
  bool interrupted = false;
  bool time_over = false;
  int child_status = 0;  // of the command, when one was run
  Nanos wall;
};

class CaptureLoop {
 public:
  // `notices`: what the user should know while the capture runs.
  CaptureLoop(Collector& collector, Recording& recording, CaptureOutput& output,
              std::ostream& notices)
      : collector_(collector), recording_(recording), output_(output), notices_(notices) {}

  // After the capture: until the command ends, its exit status. Signals are passed on to it.
  static int wait_for(ChildProcess& child, const UniqueFd& signals);

  // Signals that end a capture come to its loop from here on, not to the process.
  static Result<UniqueFd> catch_signals();

  // Slots of VMs that already run, before anything else.
  Status start();

  // `child` has been released, or is null.
  CaptureEnd run(const CaptureOrder& order, ChildProcess* child, const UniqueFd& signals);

 private:
  struct Waiting {
    bool process_ended = false;
    std::optional<signalfd_siginfo> signal;
  };

  // `wake`: the collector's, or -1.
  static Waiting wait_a_little(const UniqueFd& signals, const UniqueFd& process, int wake);
  Status add_seen();
  Status take_all();
  Status last_look();
  void between_looks(Nanos time);
  void show_progress(Nanos elapsed);
  bool is_over(Nanos elapsed) const { return duration_ && elapsed >= *duration_; }
  std::string reason_to_end(Nanos time, const Waiting& event);
  std::string reason_of_target(Nanos time);
  void tell_who_lives_on();
  static void pass_on(const Waiting& event, ChildProcess& child);

  Collector& collector_;
  Recording& recording_;
  CaptureOutput& output_;
  std::ostream& notices_;
  std::vector<Observation> seen_;

  EndOfCapture end_{EndOfCapture::Target::everything};
  ChildProcess* child_ = nullptr;
  std::optional<Nanos> duration_;
  Nanos began_, flushed_, shown_, counted_, flush_every_;
  Nanos target_ended_, looked_, look_took_;
  Status status_ = ok();
  bool progress_ = false;
  bool process_ended_ = false;
  bool asked_ = false;  // to end, by a signal that was passed on to the command
  bool told_ = false;   // the user knows what outlives the command
};

}  // namespace slotscope
