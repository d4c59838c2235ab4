#pragma once
// Settings, secrets and rules anew while the process runs: loaded and checked as a whole, then
// handed over. What cannot be loaded changes nothing.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/loader.hpp"
#include "server/net.hpp"
#include "server/snapshot.hpp"

namespace zoom_proxy {

/// The SHA-1 of the bulk rules in force, by their names.
[[nodiscard]] boost::json::object bulk_fields(const Snapshot& snapshot);

/// The events of a load that went well. `need_restart`: settings whose change does not count yet.
void log_loaded(const Snapshot& snapshot, const std::vector<std::string_view>& need_restart = {});

/// How a snapshot is made; both throw ConfigError.
struct SnapshotSource {
  std::function<Settings(LoadReport&)> settings;
  std::function<Engines(const Settings&)> engines;
};

/// Not thread-safe: lives on one thread, and reads files and derives keys (some tens of
/// milliseconds) on another.
class Reloader {
 public:
  struct Sinks {
    /// Called with what has been loaded, before that is logged.
    std::function<void(const std::shared_ptr<const Snapshot>&)> adopt;
    /// Every attempt has ended with one call (failed) or two (both loaded). `what`: "settings",
    /// which includes the secrets, or "rules". `message`: when it failed, why and where.
    std::function<void(std::string_view what, bool ok, const std::string& message)> ended;
  };

  /// `work`: of the other thread, which must have ended before this is destroyed.
  Reloader(const asio::any_io_executor& executor, asio::any_io_executor work, SnapshotSource source,
           Sinks sinks);

  /// What the process begins with; before anything else, and at once. Throws ConfigError.
  [[nodiscard]] std::shared_ptr<const Snapshot> load_first();
  /// Where its secrets came from.
  [[nodiscard]] const std::map<std::string, std::string>& secret_sources() const noexcept {
    return secret_sources_;
  }

  /// Loads anew when the files have changed or reload() asks for it, until stop().
  [[nodiscard]] Task<> watch();
  /// Has watch() load anew, whether anything has changed or not.
  void reload();
  void stop();

 private:
  struct Attempt;
  template <class Function>
  [[nodiscard]] auto on_other_thread(Function function);
  [[nodiscard]] Attempt try_once() const;
  [[nodiscard]] Attempt try_until_settled() const;
  void conclude(Attempt attempt);

  asio::steady_timer timer_;
  asio::any_io_executor work_;
  bool asked_ = false;
  bool stopped_ = false;
  SnapshotSource source_;
  Sinks sinks_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::map<std::string, std::string> secret_sources_;
  FileDigests files_;      ///< as they were for the last attempt
  FileDigests last_look_;  ///< at the same files
};

}  // namespace zoom_proxy
