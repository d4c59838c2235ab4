#pragma once
// Who may use the proxy: the modes of `inbound_auth`.

#include "config/settings.hpp"
#include "server/http.hpp"

namespace zoom_proxy {

/// Throws Failure when the caller may not use the proxy. Mode `platform`: the platform in front
/// (Cloud Run, a load balancer, a service mesh) lets nobody through whom it does not know, so there
/// is nothing to check here.
void check_caller(const Settings::InboundAuth& settings, const RequestHead& head);

}  // namespace zoom_proxy
