#pragma once
// The fates of explain in words for people who are no engineers.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zoom_proxy {

struct FateWords {
  std::string_view name;   ///< as in explain
  std::string_view label;  ///< "In clear"
  std::string_view sentence;
  /// What of the value gets out: 3 all of it, 2 a part, 1 a code in its place, 0 nothing.
  int leaves = 0;
};

/// All of them, what lets most through first.
[[nodiscard]] std::span<const FateWords> fate_words();

/// Throws std::logic_error for a fate that the table does not have.
[[nodiscard]] const FateWords& words_of(std::string_view fate);

/// Of several possible fates the one that lets most through; never for an empty list.
[[nodiscard]] const FateWords& most_of(const std::vector<std::string>& fates);

/// `kept or redacted` -> its two fates.
[[nodiscard]] std::vector<std::string> split_fates(const std::string& joined);

/// Whether a field of that name is likely to hold something about a person: an address, a name, an
/// id of a person, a title, a link. A hint by the name alone.
[[nodiscard]] bool suggests_a_person(std::string_view place);

}  // namespace zoom_proxy
