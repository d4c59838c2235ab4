#pragma once
// Which header fields pass in each direction: allow-lists, one table for Zoom's answers, the rules'
// lists for the client's requests.

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rules/engine.hpp"
#include "server/http.hpp"

namespace zoom_proxy {

/// The media type of a message, in lower case without parameters; empty without Content-Type.
/// Nothing when there are several, or a charset other than UTF-8 and its subset.
[[nodiscard]] std::optional<std::string> utf8_media_type(const Fields& fields);

/// True for application/json and application/…+json.
[[nodiscard]] bool is_json_type(std::string_view media_type) noexcept;

/// What an answer's body is, by its Content-Type.
enum class BodyType {
  none,    ///< no Content-Type
  json,    ///< application/json or +json, UTF-8
  ndjson,  ///< one JSON value a line, UTF-8
  other,   ///< cannot be sanitized
};
[[nodiscard]] BodyType body_type(const Fields& from_zoom);

/// The fields of Zoom's answer that go to the client. A field passes when its name is listed and
/// its value looks as that field should; a value that holds an e-mail address or one of
/// `identifiers` (the plain values of the request's tokens) never does. Retry-After becomes seconds
/// from `now`, whatever form Zoom gave it.
[[nodiscard]] Fields response_fields(const Fields& from_zoom,
                                     std::span<const std::string> identifiers,
                                     std::chrono::system_clock::time_point now);

/// The three fields that every sanitized answer carries.
void add_metadata_fields(const Engine& engine, Fields& out);

/// The client's fields that the rules let through on that endpoint, tokens decoded. Throws Failure
/// (tokenized_request_parameter_invalid) for a token that does not decode.
[[nodiscard]] Fields request_fields(const Fields& from_client, const Engine& engine,
                                    std::size_t endpoint, std::vector<std::string>& identifiers);

}  // namespace zoom_proxy
