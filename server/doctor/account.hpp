#pragma once
// What earlier answers have shown of the account, so that later calls have ids to ask with. Never
// shown, gone with the process.

#include <string>
#include <string_view>
#include <vector>

namespace zoom_proxy {

/// What a call asks with.
enum class Id { none, user, meeting, past_meeting, past_instance };

/// What a call's answer lists.
enum class Listed { nothing, users, meetings, past_meetings };

class Account {
 public:
  /// So many ids of a kind are tried before it is believed that none has what is asked for.
  static constexpr std::size_t kTries = 5;

  /// Takes ids out of an answer: JSON, else it shows nothing.
  void learn(Listed listed, std::string_view body);

  /// Path segments, percent-encoded as Zoom wants them; at most kTries. For Id::none an empty one.
  [[nodiscard]] std::vector<std::string> segments(Id id) const;

  /// Ends a sentence that begins with what is skipped: why there are no segments of that kind.
  [[nodiscard]] std::string why_none(Id id) const;

  /// It has something of that kind.
  [[nodiscard]] bool has(Listed listed) const;

 private:
  struct Ids {
    bool listed = false;                 ///< a list came, if an empty one
    std::vector<std::string> names;      ///< of users, or the numbers of meetings
    std::vector<std::string> instances;  ///< UUIDs of meetings
  };

  Ids users_;
  Ids meetings_;
  Ids past_;
};

}  // namespace zoom_proxy
