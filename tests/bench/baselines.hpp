#pragma once
// What the engine is compared with.

#include <boost/json.hpp>
#include <string>
#include <string_view>

namespace zoom_proxy::bench {

/// Boost.JSON's push parser with a handler that does nothing, fed in pieces: the least that anybody
/// who looks at every byte with it has to pay.
void parse_only(std::string_view body);

/// Boost.JSON's document tree, built and written again as it was.
[[nodiscard]] std::string parse_and_serialize(std::string_view body);

/// A sanitizer over Boost.JSON's document tree: parse, walk, serialize. `kept` is a sample document
/// of what stays: members that it lacks are dropped, an array's only element stands for all, and
/// where it says "token" the value becomes a one-way token of codec(). It does the engine's job,
/// except that it checks no types, so the output is the engine's but for the order of members.
[[nodiscard]] std::string parse_walk_serialize(std::string_view body,
                                               const boost::json::value& kept);

/// The two compressions of SHA-256 that a pseudonym (HMAC of a short text, its key pads compressed
/// beforehand) cannot do without, in OpenSSL's fastest code for this processor.
void two_compressions();

}  // namespace zoom_proxy::bench
