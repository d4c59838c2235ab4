#pragma once
// The door: who may use the proxy, by the settings of `inbound_auth`.

#include <boost/asio/ip/address.hpp>
#include <memory>
#include <optional>
#include <string_view>

#include "config/settings.hpp"
#include "server/auth/key_source.hpp"
#include "server/http.hpp"

namespace zoom_proxy {

/// One for the process, shared by all workers; thread-safe. It must outlive every coroutine that
/// waits in it.
class InboundAuth {
 public:
  /// Throws ConfigError when the mode's settings do not work. The settings must outlive it.
  InboundAuth(const Settings& settings, KeySource::Sink sink, NowFunction now = Moment::now);

  /// Throws Failure when the sender of the request may not use the proxy. Mode `platform`: the
  /// platform in front (Cloud Run, a load balancer, a service mesh) lets nobody through whom it
  /// does not know, so only the address is checked. `head` and `stream` must live until this ends.
  [[nodiscard]] Task<> check(const RequestHead& head, Stream& stream);

 private:
  void check_address(const std::optional<asio::ip::address>& client) const;
  [[nodiscard]] Task<> check_id_token(std::string_view credentials);
  void check_bearer(std::string_view token) const;
  void check_certificate(Stream& stream) const;

  const Settings& settings_;
  NowFunction now_;
  std::unique_ptr<KeySource> keys_;  ///< in mode oidc
};

/// What a mode means for whoever runs the proxy, in a few words.
[[nodiscard]] std::string_view in_words(InboundAuthMode mode);

}  // namespace zoom_proxy
