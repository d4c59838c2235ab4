#include "server/reload.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <exception>
#include <utility>
#include <vector>

#include "config/setting_list.hpp"
#include "rules/builtin.hpp"
#include "server/log.hpp"

namespace zoom_proxy {
namespace {

/// A change is seen after one interval at the latest and loaded after two.
constexpr std::chrono::seconds kInterval{1};
static_assert(2 * kInterval < std::chrono::seconds(5), "docs/reference.md promises it");

/// Files that change while they are read are read again, but a file that never comes to rest must
/// not keep us from anything else.
constexpr int kMostTries = 5;

void log_failure(std::string_view what, const std::string& message) {
  boost::json::object fields;
  fields["what"] = what;
  log_event(LogLevel::error, "reload_failed",
            message + "; what was loaded before stays in force until this is mended",
            std::move(fields));
}

/// The rules themselves may stand in the setting.
bool may_be_file(const std::string& rules) {
  return !builtin_rules(rules) && rules.find('\n') == std::string::npos;
}

}  // namespace

boost::json::object bulk_fields(const Snapshot& snapshot) {
  boost::json::object fields;
  for (const BulkSet& set : snapshot.bulk) fields[set.name] = set.engine->rules_sha();
  return fields;
}

void log_loaded(const Snapshot& snapshot, const std::vector<std::string_view>& need_restart) {
  boost::json::object settings;
  if (need_restart.empty()) {
    log_event(LogLevel::info, "settings_loaded", "settings and secrets loaded");
  } else {
    settings["needRestart"] = boost::json::array(need_restart.begin(), need_restart.end());
    log_event(LogLevel::warning, "settings_loaded",
              "settings and secrets loaded; some changes count only after a restart",
              std::move(settings));
  }
  for (const std::string& warning : warnings(*snapshot.settings)) {
    log_event(LogLevel::warning, "settings_warning", warning);
  }
  const Engine& engine = *snapshot.engine;
  boost::json::object rules;
  rules["rules"] = engine.rules_name();
  rules["rulesSha"] = engine.rules_sha();
  rules["endpoints"] = engine.rules().endpoints.size();
  rules["bulk"] = bulk_fields(snapshot);
  log_event(LogLevel::info, "rules_loaded", "rules compiled", std::move(rules));
}

/// What came of loading once.
struct Reloader::Attempt {
  std::shared_ptr<const Snapshot> snapshot;  ///< null: it failed
  std::string_view what;
  std::exception_ptr error;
  std::vector<std::string_view> need_restart;
  LoadReport report;
};

Reloader::Reloader(const asio::any_io_executor& executor, asio::any_io_executor work,
                   SnapshotSource source, Sinks sinks)
    : timer_(executor),
      work_(std::move(work)),
      source_(std::move(source)),
      sinks_(std::move(sinks)) {}

/// `this` and what the function uses must not change meanwhile.
template <class Function>
auto Reloader::on_other_thread(Function function) {
  const auto run = [](Function f) -> Task<decltype(f())> { co_return f(); };
  return asio::co_spawn(work_, run(std::move(function)), asio::use_awaitable);
}

Reloader::Attempt Reloader::try_once() const {
  Attempt attempt;
  try {
    attempt.what = "settings";
    Settings settings = source_.settings(attempt.report);
    if (snapshot_) attempt.need_restart = keep_until_restart(settings, *snapshot_->settings);
    attempt.what = "rules";
    std::vector<std::string> rules = settings.bulk.rules;
    rules.push_back(settings.rules.file);
    for (const std::string& one : rules) {
      if (may_be_file(one)) attempt.report.files[one] = digest_of(one);
    }
    Engines engines = source_.engines(settings);
    attempt.snapshot = std::make_shared<const Snapshot>(
        Snapshot{std::make_shared<const Settings>(std::move(settings)), std::move(engines.api),
                 std::move(engines.bulk)});
  } catch (...) {
    attempt.error = std::current_exception();
  }
  return attempt;
}

/// One half of a change with the other half of what was before must never be in force.
Reloader::Attempt Reloader::try_until_settled() const {
  for (int tries = 1;; ++tries) {
    Attempt attempt = try_once();
    const bool unsettled = look_again(attempt.report.files) != attempt.report.files;
    if (unsettled && tries < kMostTries) continue;
    if (unsettled && snapshot_) {  // at the start there is nothing to keep instead
      attempt.snapshot.reset();
      attempt.error = std::make_exception_ptr(ConfigError(
          {}, "the files change again and again while they are read; write them less often"));
    }
    // Files that an attempt did not come to may be at fault the next time.
    if (attempt.error) attempt.report.files.merge(look_again(files_));
    return attempt;
  }
}

std::shared_ptr<const Snapshot> Reloader::load_first() {
  Attempt attempt = try_until_settled();
  if (attempt.error) std::rethrow_exception(attempt.error);
  snapshot_ = attempt.snapshot;
  secret_sources_ = std::move(attempt.report.secret_sources);
  files_ = std::move(attempt.report.files);
  return snapshot_;
}

void Reloader::conclude(Attempt attempt) {
  if (attempt.snapshot) {
    snapshot_ = attempt.snapshot;
    files_ = std::move(attempt.report.files);
    sinks_.adopt(snapshot_);
    sinks_.ended("settings", true, {});
    sinks_.ended("rules", true, {});
    log_loaded(*snapshot_, attempt.need_restart);  // who sees that may rely on all before it
    return;
  }
  files_ = std::move(attempt.report.files);
  std::string message = "an unforeseen error";  // its text might hold anything
  try {
    std::rethrow_exception(attempt.error);
  } catch (const ConfigError& error) {
    message = error.what();
  } catch (const std::exception&) {
    // As it is.
  }
  sinks_.ended(attempt.what, false, message);
  log_failure(attempt.what, message);  // as above
}

/// A change counts once it has lasted from one look to the next: a file that is being written, or
/// away for a moment, is no news yet.
Task<> Reloader::watch() {
  while (!stopped_) {
    boost::system::error_code cancelled;
    timer_.expires_after(kInterval);
    if (!asked_) co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    bool due = std::exchange(asked_, false);
    if (!due && !stopped_ && snapshot_->settings->rules.reload) {
      FileDigests now = co_await on_other_thread([this] { return look_again(files_); });
      due = now != files_ && now == last_look_;
      last_look_ = std::move(now);
    }
    if (!due || stopped_) continue;
    conclude(co_await on_other_thread([this] { return try_until_settled(); }));
  }
}

void Reloader::reload() {
  asked_ = true;
  timer_.cancel();
}

void Reloader::stop() {
  stopped_ = true;
  timer_.cancel();
}

}  // namespace zoom_proxy
