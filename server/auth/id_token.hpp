#pragma once
// ID tokens: JWTs (RFC 7519) as Google and other OpenID Connect issuers make them, judged by the
// advice of RFC 8725. Pure.

#include <chrono>
#include <string>

#include "config/settings.hpp"
#include "server/auth/key_set.hpp"

namespace zoom_proxy {

struct TokenJudgement {
  enum class Verdict {
    accepted,
    unknown_key,  ///< it names a key that is not in the set: perhaps a new one is there
    invalid,
    not_allowed,  ///< it is good, but of somebody who is not on the list
  };
  Verdict verdict = Verdict::invalid;
  const char* reason = "";  ///< why not; never a value of the token
};

/// Judges the token of a request at the moment `now`. Everything in it is the sender's claim until
/// its signature has been checked, with the key that it names and an algorithm of our list.
[[nodiscard]] TokenJudgement judge_id_token(const std::string& token, const KeySet& keys,
                                            const Settings::InboundAuth::Oidc& oidc,
                                            std::chrono::system_clock::time_point now);

}  // namespace zoom_proxy
