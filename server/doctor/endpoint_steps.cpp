#include "server/doctor/endpoint_steps.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <initializer_list>
#include <optional>
#include <set>
#include <variant>

#include "server/doctor/account.hpp"
#include "server/doctor/trial_call.hpp"

namespace zoom_proxy {
namespace {

/// How a call of Zoom's is tried.
struct Trial {
  std::string_view path;  ///< as in rules/zoom_calls
  Id id;
  Listed listed;
  bool by_date;  ///< wants `from` and `to`
};

/// In an order in which each finds its ids in what came before.
constexpr Trial kTrials[] = {
    {"/v2/users", Id::none, Listed::users, false},
    {"/v2/users/{userId}", Id::user, Listed::nothing, false},
    {"/v2/users/{userId}/settings", Id::user, Listed::nothing, false},
    {"/v2/users/{userId}/meetings", Id::user, Listed::meetings, false},
    {"/v2/report/users/{userId}/meetings", Id::user, Listed::past_meetings, true},
    {"/v2/users/{userId}/recordings", Id::user, Listed::past_meetings, true},
    {"/v2/meetings/{meetingId}", Id::meeting, Listed::nothing, false},
    {"/v2/meetings/{meetingId}/meeting_summary", Id::past_instance, Listed::nothing, false},
    {"/v2/past_meetings/{meetingId}", Id::past_instance, Listed::nothing, false},
    {"/v2/past_meetings/{meetingId}/instances", Id::past_meeting, Listed::nothing, false},
    {"/v2/past_meetings/{meetingId}/participants", Id::past_instance, Listed::nothing, false},
    {"/v2/report/meetings/{meetingId}", Id::past_instance, Listed::nothing, false},
    {"/v2/report/meetings/{meetingId}/participants", Id::past_instance, Listed::nothing, false},
};

constexpr std::string_view kReport = "/v2/report/";
constexpr std::string_view kPast = "/v2/past_meetings/";

/// A page of 30 is Zoom's usual one; more of it than this has no ids worth looking for.
constexpr std::string_view kPage = "page_size=30";
constexpr std::size_t kKeptBytes = std::size_t{1} << 20;

/// Zoom's reports go no further than a month.
constexpr std::chrono::days kPeriod{29};

std::string date_text(std::chrono::sys_days day) {
  const std::time_t time = std::chrono::system_clock::to_time_t(day);
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 16> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts)};
}

std::string period_query() {
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  return "from=" + date_text(today - kPeriod) + "&to=" + date_text(today);
}

bool is_history(std::string_view path) {
  return path.starts_with(kReport) || path.starts_with(kPast);
}

bool is_refused(const TrialAnswer& answer, std::initializer_list<std::string_view> codes) {
  return answer.kind == TrialAnswer::Kind::refused && std::ranges::count(codes, answer.code) > 0;
}

bool is_of_meeting(const Trial& trial) {
  return trial.path.find("{meetingId}") != std::string_view::npos;
}

/// No such meeting or recording, no summary of it, or nothing any more after a year.
bool is_absent(const Trial& trial, const TrialAnswer& answer) {
  return is_of_meeting(trial) && is_refused(answer, {"3001", "3301", "12702"});
}

/// Not this one, but perhaps another: of the users some have a licence, and some of the meetings
/// are another account's.
bool is_of_one(const Trial& trial, const TrialAnswer& answer) {
  return is_absent(trial, answer) || is_refused(answer, {"200"}) ||
         (is_of_meeting(trial) && is_refused(answer, {"300"}));
}

class EndpointSteps {
 public:
  EndpointSteps(const ZoomAccess& access, std::span<const std::string> missing,
                const Report& report)
      : access_(access), missing_(missing), report_(report) {}

  Task<> run() {
    std::set<std::size_t> tried;
    for (const Trial& trial : kTrials) {
      const auto& calls = engine().calls();
      const auto routed = std::ranges::find_if(
          calls, [&trial](const RoutedCall& one) { return one.call->path == trial.path; });
      if (routed == calls.end()) continue;
      tried.insert(routed->endpoint);
      co_await try_endpoint(trial, *routed);
    }
    for (std::size_t i = 0; i < engine().rules().endpoints.size(); ++i) {
      if (tried.contains(i)) continue;
      report_({engine().rules().endpoints[i].name(), Verdict::skipped,
               "the rules let none of Zoom's calls that are known here through to it"});
    }
    report_plan();
  }

 private:
  [[nodiscard]] const Engine& engine() const { return *access_.snapshot.engine; }

  /// With as much of the query as the rules allow; nothing when they allow too little.
  [[nodiscard]] std::optional<std::string> target_of(const Trial& trial,
                                                     const std::string& segment) const {
    std::string path(trial.path);
    const std::size_t open = path.find('{');
    if (open != std::string::npos) path.replace(open, path.find('}') + 1 - open, segment);
    std::vector<std::string> queries;
    if (trial.by_date) queries = {period_query() + '&' + std::string(kPage), period_query()};
    if (trial.listed == Listed::users || trial.listed == Listed::meetings)
      queries.emplace_back(kPage);
    if (!trial.path.starts_with(kReport) || !trial.by_date) queries.emplace_back();
    for (const std::string& query : queries) {
      std::string target = query.empty() ? path : path + '?' + query;
      if (std::holds_alternative<RouteMatch>(engine().match("GET", target, true))) return target;
    }
    return std::nullopt;
  }

  /// The last answer that counts, and how many ids were tried.
  struct Outcome {
    std::size_t tries = 0;
    bool answered = false;       ///< at least once
    bool repeated = false;       ///< for a rate limit
    bool query_refused = false;  ///< by the rules
    std::optional<TrialAnswer> refusal;
    bool passing = false;  ///< the refusal was of that id alone
  };

  Task<Outcome> ask(const Trial& trial, std::size_t endpoint,
                    const std::vector<std::string>& segments) {
    Outcome outcome;
    for (const std::string& segment : segments) {
      const std::optional<std::string> target = target_of(trial, segment);
      outcome.query_refused = !target;
      if (!target) break;
      ++outcome.tries;
      TrialAnswer answer = co_await try_call(access_, *target, endpoint, kKeptBytes);
      outcome.repeated = outcome.repeated || answer.repeated;
      if (answer.kind == TrialAnswer::Kind::sanitized) {
        outcome.answered = true;
        account_.learn(trial.listed, answer.body);
        if (account_.has(trial.listed)) break;
        continue;
      }
      outcome.passing = is_of_one(trial, answer);
      outcome.refusal = std::move(answer);
      if (!outcome.passing) break;
    }
    co_return outcome;
  }

  Task<> try_endpoint(const Trial& trial, const RoutedCall& routed) {
    const std::string step = "GET " + std::string(trial.path);
    const std::string scope(routed.call->scope);
    const std::vector<std::string> segments = account_.segments(trial.id);
    if (std::ranges::count(missing_, scope) > 0) {
      report_({step, Verdict::skipped, "its scope " + scope + " is missing"});
      co_return;
    }
    if (segments.empty()) {
      report_({step, Verdict::skipped, account_.why_none(trial.id)});
      co_return;
    }
    const Outcome outcome = co_await ask(trial, routed.endpoint, segments);
    if (is_history(trial.path)) {
      history_answered_ = history_answered_ || outcome.answered;
      if (!outcome.answered && outcome.refusal && outcome.refusal->plan)
        history_refused_ = outcome.refusal->text;
    }
    report_(judged(step, trial, outcome));
  }

  [[nodiscard]] static Finding judged(const std::string& step, const Trial& trial,
                                      const Outcome& outcome) {
    const std::string busy = outcome.repeated ? "; Zoom's rate limit was met on the way" : "";
    if (outcome.query_refused) {
      return {step, Verdict::skipped, "the rules do not allow the query of a call to try it with"};
    }
    if (outcome.refusal && !(outcome.passing && outcome.answered)) {
      const TrialAnswer& refusal = *outcome.refusal;
      if (!is_absent(trial, refusal))
        return {step, Verdict::wrong, refusal.text + busy, refusal.advice};
      return {step, Verdict::skipped,
              "none of the " + std::to_string(outcome.tries) +
                  " meetings that were tried has it: " + refusal.text,
              refusal.advice};
    }
    return {step, Verdict::ok, "answers, and its answer can be sanitized" + busy};
  }

  void report_plan() const {
    if (!history_refused_.empty()) {
      report_(
          {"plan", Verdict::wrong, "reports or past meetings are refused: " + history_refused_,
           "get a Zoom plan of Pro or higher, with licences for its users, or take those endpoints "
           "out of the rules"});
    } else if (history_answered_) {
      report_({"plan", Verdict::ok, "reports or past meetings are answered, as from Pro on"});
    } else {
      report_({"plan", Verdict::skipped, "no call for reports or past meetings was answered"});
    }
  }

  const ZoomAccess& access_;
  std::span<const std::string> missing_;
  const Report& report_;
  Account account_;
  bool history_answered_ = false;
  std::string history_refused_;
};

}  // namespace

Task<> check_endpoints(const ZoomAccess& access, std::span<const std::string> missing,
                       const Report& report) {
  EndpointSteps steps(access, missing, report);
  co_await steps.run();
}

}  // namespace zoom_proxy
