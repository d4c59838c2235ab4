#include "server/doctor/trial_call.hpp"

#include <array>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "rules/limits.hpp"
#include "rules/zoom_api.hpp"
#include "server/exchange.hpp"
#include "server/headers.hpp"
#include "server/retry_after.hpp"

namespace zoom_proxy {
namespace {

/// Zoom's limit by the second names no time; its daily one may name hours, which nobody waits for.
constexpr std::int64_t kUsualPause = 1;
constexpr std::int64_t kLongestPause = 10;

/// Of plans and licences Zoom speaks with these words.
constexpr std::string_view kPaid = "Only available for paid";

/// What Zoom's codes want done, some of them by its words. Empty is any; the first row that fits
/// wins.
struct CodeAdvice {
  std::string_view code;
  std::string_view words;  ///< begin Zoom's message, in capitals or not
  const char* advice;
};
constexpr const char* kScopeAdvice = "add the scope to the Zoom app and activate the app again";
constexpr const char* kHoldOne = "to see this call work, hold a meeting that has it and try again";
constexpr CodeAdvice kAdvice[] = {
    {"104", "", kScopeAdvice},
    {"4700", "", kScopeAdvice},
    {"4711", "", kScopeAdvice},
    {"200", "Only available for paid user", "give the user a licence, or ask for others"},
    {"200", kPaid, "get a Zoom plan that has it (Pro or higher for reports and history)"},
    {"200", "",
     "give the role of whoever made the Zoom app the permission for it, and look whether the app "
     "has the scope"},
    {"124", "", "check that the Zoom app is activated"},
    {"300", "Validation Failed",
     "Zoom finds a parameter wrong: look at this machine's clock, by which the last 30 days are "
     "asked for"},
    {"300", "",
     "Zoom does not let this account see the meeting, such as one of another account or one that "
     "is too old; make one and end it, then try again"},
    {"1001", "", "try again, as the user may have left meanwhile"},
    {"1010", "", "try again, as the user may have left meanwhile"},
    {"2300", "", "check zoom.api_url"},
    {"3001", "", kHoldOne},
    {"3301", "", kHoldOne},
    {"12702", "", "Zoom tells of the last year's meetings alone; hold one and try again"},
};

const char* advice_for(unsigned status, std::string_view code, std::string_view message) {
  for (const CodeAdvice& row : kAdvice)
    if (code == row.code && boost::algorithm::istarts_with(message, row.words)) return row.advice;
  if (status == 401) return "check that the Zoom app is activated";
  if (status == 429) {
    return "try again later; all apps of the Zoom account share its limits, and zoom.rate_limit "
           "leaves some to the others";
  }
  if (status >= 500) return "try again later; https://status.zoom.us tells of Zoom's troubles";
  if ((status == 404 && code.empty()) || status / 100 == 3) return "check zoom.api_url";
  return "try again; if it lasts, ask Zoom's support about this call";
}

/// All of a good answer through the sanitizer. A failure, or nothing.
Task<std::optional<Failure>> sanitize(const ZoomAccess& access, Exchange& exchange,
                                      std::size_t endpoint, std::size_t keep, std::string& body) {
  Sanitizer sanitizer = access.snapshot.engine->sanitizer(endpoint);
  std::array<char, limits::kSanitizerStepBytes> piece{};
  std::string out;
  const auto refused = [&sanitizer] {
    return Failure(Cause::bad_source_response, "Zoom's answer cannot be sanitized (" +
                                                   std::string(to_string(sanitizer.fault())) + ")");
  };
  bool kept = true;
  for (;;) {
    const std::size_t count = co_await exchange.read_body(piece);
    if (count == 0) break;
    if (!sanitizer.feed({piece.data(), count}, out)) co_return refused();
    out.clear();
    kept = kept && body.size() + count <= keep;
    if (kept) body.append(piece.data(), count);
  }
  if (!kept) body.clear();
  if (!sanitizer.finish(out)) co_return refused();
  co_return std::nullopt;
}

TrialAnswer failed(const Failure& failure) {
  TrialAnswer answer;
  answer.text = failure.what();
  answer.advice = describe(failure.cause()).advice;
  return answer;
}

Task<TrialAnswer> judge(const ZoomAccess& access, Exchange& exchange, const ResponseHead& head,
                        std::size_t endpoint, std::size_t keep) {
  TrialAnswer answer;
  if (head.status >= 300) {
    const ZoomError error = co_await exchange.read_error();
    answer.kind = TrialAnswer::Kind::refused;
    answer.status = head.status;
    answer.code = error.code;
    answer.text = "Zoom answers with status " + std::to_string(head.status) + ": " +
                  zoom_error_body(head.status, error.code, error.message);
    answer.plan = boost::algorithm::istarts_with(error.message, kPaid);
    answer.advice = advice_for(head.status, error.code, error.message);
    co_return answer;
  }
  const BodyType type = body_type(head.fields);
  if (type != BodyType::json && type != BodyType::ndjson) {
    answer.text = "Zoom's answer is not JSON by its Content-Type";
    answer.advice = "check zoom.api_url, and for a proxy on the way that answers in Zoom's stead";
    co_return answer;
  }
  const std::optional<Failure> failure =
      co_await sanitize(access, exchange, endpoint, keep, answer.body);
  if (failure) co_return failed(*failure);
  answer.kind = TrialAnswer::Kind::sanitized;
  co_return answer;
}

/// One call; `pause` says after how many seconds it may be worth another.
Task<TrialAnswer> call_once(const ZoomAccess& access, const std::string& target,
                            std::size_t endpoint, std::size_t keep,
                            std::optional<std::int64_t>& pause) {
  const Settings& settings = *access.snapshot.settings;
  UpstreamRequest request;
  request.method = "GET";
  request.target = access.base_path + target;
  request.deadline =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(settings.timeouts.total);
  Exchange exchange(access.pool, access.tokens, settings);
  try {
    const ResponseHead head = co_await exchange.start(request);
    if (head.status == 429) {
      const auto wish = head.fields.find("Retry-After");
      pause = wish ? retry_after_seconds(*wish, std::chrono::system_clock::now())
                   : std::optional(kUsualPause);
    }
    co_return co_await judge(access, exchange, head, endpoint, keep);
  } catch (const Failure& failure) {
    co_return failed(failure);
  }
}

}  // namespace

Task<TrialAnswer> try_call(const ZoomAccess& access, const std::string& target,
                           std::size_t endpoint, std::size_t keep) {
  std::optional<std::int64_t> pause;
  TrialAnswer answer = co_await call_once(access, target, endpoint, keep, pause);
  if (!pause || *pause > kLongestPause) co_return answer;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_after(std::chrono::seconds(*pause));
  co_await timer.async_wait(asio::use_awaitable);
  answer = co_await call_once(access, target, endpoint, keep, pause);
  answer.repeated = true;
  co_return answer;
}

}  // namespace zoom_proxy
