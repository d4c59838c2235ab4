#pragma once
// The door: who may use the proxy, by the settings of `inbound_auth`.

#include <boost/asio/ip/address.hpp>
#include <memory>
#include <optional>
#include <string_view>

#include "config/settings.hpp"
#include "server/auth/key_source.hpp"
#include "server/http.hpp"
#include "server/listener_tls.hpp"

namespace zoom_proxy {

/// One for the process, shared by all workers; thread-safe. It must outlive every coroutine that
/// waits in it.
class InboundAuth {
 public:
  /// Throws ConfigError when the mode's settings do not work. `tls`: the listener's, if it has one;
  /// must outlive it.
  InboundAuth(const Settings& settings, KeySource::Sink sink, const ListenerTls* tls = nullptr,
              NowFunction now = Moment::now);

  /// Throws Failure when the sender of the request may not use the proxy. Mode `platform`: the
  /// platform in front (Cloud Run, a load balancer, a service mesh) lets nobody through whom it
  /// does not know, so only the address is checked. `settings`: of the request's snapshot. All
  /// arguments must live until this ends.
  [[nodiscard]] Task<> check(const RequestHead& head, Stream& stream, const Settings& settings);

 private:
  using Auth = Settings::InboundAuth;
  [[nodiscard]] Task<> check_id_token(std::string_view credentials, const Auth::Oidc& rules);
  void check_certificate(Stream& stream, const Auth::Mtls& rules) const;

  const ListenerTls* tls_;
  NowFunction now_;
  std::unique_ptr<KeySource> keys_;  ///< in mode oidc
};

/// What a mode means for whoever runs the proxy, in a few words.
[[nodiscard]] std::string_view in_words(InboundAuthMode mode);

}  // namespace zoom_proxy
