#include "server/outgoing_body.hpp"

#include <utility>

#include "rules/body_tokens.hpp"
#include "rules/request_body.hpp"
#include "server/failure.hpp"
#include "server/headers.hpp"

namespace zoom_proxy {
namespace {

[[noreturn]] void refuse_token() {
  throw Failure(Cause::tokenized_request_parameter_invalid,
                "a token in the request body does not decode");
}

DecodedText json_body(std::string_view body, const TokenCodec& codec) {
  auto decoded = decode_json_body(body, codec);
  if (const auto* fault = std::get_if<BodyTokensFault>(&decoded)) {
    if (*fault == BodyTokensFault::bad_token) refuse_token();
    throw Failure(Cause::unreadable_body,
                  "the request body is not one JSON value in UTF-8, or nests too deep");
  }
  return std::get<DecodedText>(std::move(decoded));
}

DecodedText form_body(std::string_view body, const TokenCodec& codec) {
  auto decoded = decode_form_body(body, codec);
  if (!decoded) refuse_token();
  return std::move(*decoded);
}

}  // namespace

DecodedText outgoing_body(const Endpoint& endpoint, const TokenCodec& codec,
                          const Fields& from_client, std::string_view body) {
  if (endpoint.request_body) {
    const auto type = from_client.find("content-type");
    if (const auto why = body_refusal(*endpoint.request_body, type.value_or(""), body)) {
      throw Failure(Cause::blocked_by_rules, *why);
    }
  }
  if (body.empty()) return {};
  const auto type = utf8_media_type(from_client);
  if (type && (type->empty() || is_json_type(*type))) return json_body(body, codec);
  if (type && *type == "application/x-www-form-urlencoded") return form_body(body, codec);
  throw Failure(Cause::unsupported_body,
                "only JSON and form bodies can go on, and this is neither by its Content-Type");
}

}  // namespace zoom_proxy
