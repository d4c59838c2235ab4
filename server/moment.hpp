#pragma once
// A point in time on both clocks. The steady clock may stand still while the platform gives the
// process no CPU (Cloud Run between requests); the wall clock may be set. Whichever of them says
// that a moment has come is believed.

#include <chrono>
#include <functional>

#include "server/net.hpp"

namespace zoom_proxy {

struct Moment {
  Clock::time_point steady;
  std::chrono::system_clock::time_point wall;

  [[nodiscard]] static Moment now() { return {Clock::now(), std::chrono::system_clock::now()}; }
  [[nodiscard]] bool reached(const Moment& now) const {
    return now.steady >= steady || now.wall >= wall;
  }
  friend Moment operator+(const Moment& moment, Seconds delay) {
    return {moment.steady + std::chrono::duration_cast<Clock::duration>(delay),
            moment.wall + std::chrono::duration_cast<std::chrono::system_clock::duration>(delay)};
  }
};

/// Tells the time; tests set their own.
using NowFunction = std::function<Moment()>;

}  // namespace zoom_proxy
