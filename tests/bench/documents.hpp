#pragma once
// Bodies as Zoom sends them: compact JSON with all the fields that its API has, the ones that the
// rules drop too. Made up; the same for the same seed, on every machine.

#include <cstddef>
#include <cstdint>
#include <string>

namespace zoom_proxy::bench {

/// A page of GET /v2/users. Every user has an id, an e-mail address and a personal meeting id.
[[nodiscard]] std::string list_users(std::uint64_t seed, std::size_t count);

/// A page of GET /v2/past_meetings/{meetingId}/participants, or of the report on them. A third are
/// guests, who have an empty id, and most of them no address.
[[nodiscard]] std::string participants(std::uint64_t seed, std::size_t count, bool report);

/// GET /v2/meetings/{meetingId}: an ordinary meeting for 0 numbers. With thousands of dial-in
/// numbers almost all of it is dropped, for no rule lists them.
[[nodiscard]] std::string meeting(std::uint64_t seed, std::size_t dial_in_numbers);

}  // namespace zoom_proxy::bench
