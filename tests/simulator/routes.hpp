#pragma once
// Zoom's API: a request with a good token -> the answer.

#include <string>

#include "tests/simulator/directory.hpp"
#include "tests/simulator/messages.hpp"
#include "tests/simulator/options.hpp"
#include "tests/simulator/paging.hpp"

namespace zoom_simulator {

class Routes {
 public:
  explicit Routes(const Options& options)
      : directory_(options.seed, options.users), paging_(options.page_token_lifetime_seconds) {}

  [[nodiscard]] Response answer(const Request& request) const;
  /// One page of users, `megabytes` long.
  [[nodiscard]] Response big_list(std::uint64_t megabytes) const;
  /// Ids for tests and for trying things by hand.
  [[nodiscard]] boost::json::object examples(std::uint32_t user) const;

 private:
  struct Call;
  [[nodiscard]] Response users(const Call& call) const;
  [[nodiscard]] Response user_meetings(const Call& call, const std::string& user) const;
  [[nodiscard]] Response of_meeting(const Call& call, std::string path) const;
  [[nodiscard]] Response past_meeting(const Call& call, std::string path) const;
  template <class Row>
  [[nodiscard]] Response list(const Call& call, const char* name, std::uint64_t total,
                              boost::json::object head, Row row) const;

  Directory directory_;
  Paging paging_;
};

}  // namespace zoom_simulator
