#include "server/inbound_auth.hpp"

#include "server/failure.hpp"

namespace zoom_proxy {

void check_caller(const Settings::InboundAuth& settings, const RequestHead& /*head*/) {
  switch (settings.mode) {
    case InboundAuthMode::platform:
      return;
  }
  throw Failure(Cause::configuration_failure, "inbound_auth.mode is none that this build knows");
}

}  // namespace zoom_proxy
