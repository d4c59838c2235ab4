#pragma once
// The synthetic account: people and meetings, each computed from its number when asked for; nothing
// is held. Every personal value can be recognised in a test: ids begin with "Zcanary", the local
// part of e-mail addresses with "canary.", names with "Canary", telephone numbers and personal
// meeting ids hold "5550" and six digits.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/simulator/dice.hpp"

namespace zoom_simulator {

struct Person {
  std::uint32_t index = 0;
  std::string id;
  std::string email;
  std::string first_name;
  std::string last_name;
  std::string phone;
  std::int64_t personal_meeting_id = 0;
  std::string_view status;  ///< active, inactive, pending
  [[nodiscard]] std::string name() const { return first_name + " " + last_name; }
};

/// The `slot`th meeting of a user.
struct Meeting {
  std::uint32_t user = 0;
  std::uint32_t slot = 0;
  std::int64_t number = 0;  ///< 11 digits
  std::string uuid;         ///< base64 of 16 bytes; see Directory::meeting
  std::int64_t start = 0;   ///< seconds since 1970
  unsigned minutes = 0;
  unsigned participants = 0;
};

class Directory {
 public:
  Directory(std::uint64_t seed, std::uint32_t users) : seed_(seed), users_(users) {}

  [[nodiscard]] std::uint32_t size() const { return users_; }
  [[nodiscard]] Person person(std::uint32_t index) const;
  [[nodiscard]] static std::string_view status(std::uint32_t index);
  /// By id or by e-mail address, as Zoom takes both.
  [[nodiscard]] std::optional<Person> find_person(std::string_view id_or_email) const;

  [[nodiscard]] std::uint32_t meeting_count(std::uint32_t user) const;
  /// Of five slots in turn: the UUID begins with `/`, holds exactly one `/` inside, holds a `+`,
  /// holds `//`, holds none of these.
  [[nodiscard]] Meeting meeting(std::uint32_t user, std::uint32_t slot) const;
  /// By number or by UUID.
  [[nodiscard]] std::optional<Meeting> find_meeting(std::string_view number_or_uuid) const;

  /// Randomness for other details.
  [[nodiscard]] Dice dice(std::string_view kind, std::uint64_t first,
                          std::uint64_t second = 0) const {
    return Dice(seed_, kind, first, second);
  }

 private:
  [[nodiscard]] std::int64_t meeting_number(std::uint32_t user, std::uint32_t slot) const;

  std::uint64_t seed_;
  std::uint32_t users_;
};

inline constexpr std::string_view kAccountId = "ZcanaryAccount00000001";

}  // namespace zoom_simulator
