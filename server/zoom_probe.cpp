#include "server/zoom_probe.hpp"

#include <array>

#include "rules/zoom_api.hpp"
#include "rules/zoom_scopes.hpp"
#include "server/exchange.hpp"
#include "server/headers.hpp"

namespace zoom_proxy {
namespace {

std::string explain(const Failure& failure) {
  return std::string(failure.what()) + "; " + std::string(describe(failure.cause()).advice);
}

std::string_view advice_for(unsigned status) {
  if (status == 429 || status >= 500) return "try again later";
  if (status == 404 || (status >= 300 && status < 400)) return "check zoom.api_url";
  return "check the app's scopes and that it is activated";
}

/// Reads a whole body only to know that it is whole; nothing of it is shown.
Task<> drain(Exchange& exchange) {
  std::array<char, 4096> buffer{};
  while (co_await exchange.read_body(buffer) != 0) {
  }
}

Task<std::string> fetch_page(const ZoomAccess& access, Clock::time_point deadline) {
  UpstreamRequest request;
  request.method = "GET";
  request.target = access.base_path + "/v2/users?page_size=1";
  request.deadline = deadline;
  try {
    Exchange exchange(access.pool, access.tokens, *access.snapshot.settings);
    const ResponseHead head = co_await exchange.start(request);
    if (head.status >= 300) {
      const ZoomError error = co_await exchange.read_error();
      co_return "status " + std::to_string(head.status) + ": " +
          zoom_error_body(head.status, error.code, error.message) + "; " +
          std::string(advice_for(head.status));
    }
    if (body_type(head.fields) != BodyType::json) {
      co_return "Zoom's answer is not JSON by its Content-Type; check zoom.api_url";
    }
    co_await drain(exchange);
  } catch (const Failure& failure) {
    co_return explain(failure);
  }
  co_return std::string(ZoomProbe::kOk);
}

}  // namespace

Task<ZoomProbe> probe_zoom(ZoomAccess access) {
  const Snapshot& snapshot = access.snapshot;
  const Clock::time_point deadline =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(snapshot.settings->timeouts.total);
  ZoomProbe probe;
  try {
    const std::shared_ptr<const AccessToken> token = co_await access.tokens.get(deadline);
    probe.access_token = ZoomProbe::kOk;
    probe.scopes_known = token->scopes.has_value();
    if (token->scopes) {
      probe.missing_scopes = missing_scopes(snapshot.engine->scopes(), *token->scopes);
    }
  } catch (const Failure& failure) {
    probe.access_token = explain(failure);
    probe.user_page = "not asked for: there is no access token";
    co_return probe;
  }
  probe.user_page = co_await fetch_page(access, deadline);
  co_return probe;
}

}  // namespace zoom_proxy
