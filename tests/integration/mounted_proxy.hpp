#pragma once
// A proxy that takes its secrets and rules from files, as Kubernetes mounts them: a folder whose
// names are links by way of `..data`, which one rename turns to another version of all of them.

#include <csignal>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "tests/integration/fixture.hpp"

namespace integration {

class MountedProxy {
 public:
  struct Options {
    bool reload = true;
    std::string more = {};    ///< further YAML blocks
    std::string listen = {};  ///< further keys of `listen`, each with a comma in front
    std::string inbound_auth = "{mode: platform}";  ///< what stands behind its key
    Process::Environment environment = {};
  };
  explicit MountedProxy(Simulator& simulator) : MountedProxy(simulator, Options()) {}
  MountedProxy(Simulator& simulator, Options options);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Process& process() { return *process_; }
  [[nodiscard]] Answer get(const std::string& target) const { return Client(port_).get(target); }
  /// GET on the admin port.
  [[nodiscard]] Answer admin(const std::string& target) const {
    return Client(admin_port_).get(target);
  }
  int stop();

  /// All at once; `version` makes salt and key.
  void write_secrets(int version, const std::string& client_secret = "simulator-secret");
  /// By a rename over the file.
  void write_rules(const std::string& yaml);
  void write_settings();
  [[nodiscard]] std::string file(const std::string& name) const { return directory_.file(name); }
  Options& options() { return options_; }

  /// SIGHUP, then the event after that; `event` has been seen `before` times so far.
  void reload() { process_->signal(SIGHUP); }
  [[nodiscard]] std::size_t events(const std::string& name) const;
  /// Until there are so many of them; fails the test after 20 seconds.
  void wait_for_events(const std::string& name, std::size_t count);

 private:
  TemporaryDirectory directory_;
  Simulator& simulator_;
  Options options_;
  int folders_ = 0;
  std::unique_ptr<Process> process_;
  std::uint16_t port_ = 0;
  std::uint16_t admin_port_ = 0;
};

/// Rules for /v2/users: addresses as pseudonyms, and of the rest that one field.
[[nodiscard]] std::string users_rules(const std::string& kept_field);

}  // namespace integration
