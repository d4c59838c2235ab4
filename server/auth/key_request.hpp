#pragma once
// The one HTTP call that gets an issuer's keys.

#include <memory>
#include <string>

#include "server/auth/key_set.hpp"
#include "server/http.hpp"

namespace zoom_proxy {

struct KeyAnswer {
  std::shared_ptr<const KeySet> keys;  ///< null when there are none
  Seconds lifetime{0};                 ///< of the keys
  std::string failure;                 ///< without keys: what happened and what to check
};

/// Does not throw: every failure is in the answer. All of it must live until this has ended.
[[nodiscard]] Task<KeyAnswer> request_keys(const HttpsUrl& url, asio::ssl::context& tls,
                                           Clock::time_point deadline);

/// How long an answer may be used, by its Cache-Control and Age (RFC 9111 sections 4.2.1, 5.1 and
/// 5.2.2): from a minute to a day, an hour if it does not tell.
[[nodiscard]] Seconds key_lifetime(const Fields& fields);

}  // namespace zoom_proxy
