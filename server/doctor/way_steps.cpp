#include "server/doctor/way_steps.hpp"

#include <exception>
#include <optional>

#include "server/failure.hpp"
#include "server/http.hpp"
#include "server/retry_after.hpp"

namespace zoom_proxy {
namespace {

using std::chrono::sys_seconds;

constexpr const char* kNameAdvice =
    "correct the setting if the name is mistyped, else let this host ask a name server that knows "
    "public names";
constexpr const char* kNetworkAdvice =
    "let this host connect to Zoom's, TCP port 443, in firewalls and egress rules; the proxy uses "
    "no HTTP proxy";
constexpr const char* kTlsAdvice =
    "Zoom's certificates come from public CAs and Zoom speaks TLS 1.3: another issuer or an older "
    "version is that of a proxy or firewall on the way that opens TLS; have it pass Zoom's hosts "
    "unopened, or name its CA (PEM) in zoom.ca_file and, if it must be, TLSv1.2 in "
    "zoom.tls_version; if a date is at fault, correct this machine's clock";

/// ID tokens and certificates carry times; a minute is what most who check them forgive.
constexpr std::chrono::seconds kClockTolerance{60};

/// The date of an answer to a HEAD without a token: Zoom refuses it, and says when.
Task<std::optional<sys_seconds>> ask_for_date(const HttpsUrl& api, asio::ssl::context& tls,
                                              const Settings& settings) {
  const std::unique_ptr<Stream> stream =
      co_await connect_tls(api.origin, tls, settings.timeouts.connect);
  stream->expires_at(Clock::now() +
                     std::chrono::duration_cast<Clock::duration>(settings.timeouts.response_head));
  Fields fields;
  fields.add("Host", authority(api.origin));
  fields.add("User-Agent", settings.zoom.user_agent);
  fields.add("Connection", "close");
  const std::string request = request_head_text("HEAD", api.path + "/v2/users", fields);
  co_await stream->write(request);
  constexpr std::size_t kHeaders = 200;
  HttpReader reader(*stream, {.head_bytes = settings.limits.response_head_bytes,
                              .headers_count = kHeaders,
                              .target_bytes = 0,
                              .body_bytes = 0});
  const ResponseHead head = co_await reader.read_response_head(true);
  const auto date = head.fields.find("Date");
  co_return date ? read_date(*date) : std::nullopt;
}

Finding clock_finding(std::chrono::seconds ahead) {
  const std::string limit = std::to_string(kClockTolerance.count()) + " s";
  if (std::chrono::abs(ahead) <= kClockTolerance) {
    return {"clock", Verdict::ok, "within " + limit + " of Zoom's"};
  }
  return {"clock", Verdict::wrong,
          "this machine's clock is " + std::to_string(std::chrono::abs(ahead).count()) + " s " +
              (ahead.count() > 0 ? "ahead of" : "behind") + " Zoom's, more than " + limit,
          "set it by NTP: ID tokens, certificates and the dates of reports are judged by it"};
}

}  // namespace

Task<bool> check_way(std::string_view setting, const Origin& origin, asio::ssl::context& tls,
                     Seconds timeout, const Report& report) {
  const std::string of = " of " + std::string(setting);
  std::optional<Failure> failure;
  try {
    co_await count_addresses(origin, timeout);
  } catch (const Failure& e) {
    failure = e;
  }
  if (failure) {
    report({"name" + of, Verdict::wrong, failure->what(), kNameAdvice});
    co_return false;
  }
  report({"name" + of, Verdict::ok, origin.host + " has an address"});
  try {
    const std::unique_ptr<Stream> stream = co_await connect_tls(origin, tls, timeout);
    stream->abort();
  } catch (const Failure& e) {
    failure = e;
  }
  if (failure) {
    const bool answered = failure->cause() == Cause::source_io_error;
    report({"connection" + of, Verdict::wrong, failure->what(),
            answered ? kTlsAdvice : kNetworkAdvice});
    co_return false;
  }
  report({"connection" + of, Verdict::ok,
          origin.host + " answers, its certificate and TLS version are good"});
  co_return true;
}

Task<> check_clock(const HttpsUrl& api, asio::ssl::context& tls, const Settings& settings,
                   const Report& report) {
  std::optional<sys_seconds> theirs;
  try {
    theirs = co_await ask_for_date(api, tls, settings);
  } catch (const std::exception&) {
    // Whatever it was, the steps to come meet it again and tell.
  }
  if (theirs) {
    const auto ours = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    report(clock_finding(ours - *theirs));
  } else {
    report({"clock", Verdict::skipped, "an answer with a date could not be had"});
  }
}

}  // namespace zoom_proxy
