#include "tests/integration/mounted_proxy.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace integration {

namespace fs = std::filesystem;

namespace {

void write(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

}  // namespace

std::string users_rules(const std::string& kept_field) {
  return "endpoints:\n"
         "  - pathTemplate: /v2/users\n"
         "    allowedMethods: [GET]\n"
         "    responseSchema:\n"
         "      type: object\n"
         "      properties:\n"
         "        users:\n"
         "          type: array\n"
         "          items:\n"
         "            type: object\n"
         "            properties:\n"
         "              email: {type: string}\n"
         "              id: {type: string}\n"
         "              " +
         kept_field +
         ": {type: integer}\n"
         "    transforms:\n"
         "      - !<pseudonymize>\n"
         "        jsonPaths: ['$.users[*].email']\n"
         "      - !<pseudonymize>\n"
         "        jsonPaths: ['$.users[*].id']\n"
         "        includeReversible: true\n";
}

MountedProxy::MountedProxy(Simulator& simulator, Options options)
    : simulator_(simulator), options_(std::move(options)) {
  for (const char* name : {"salt", "encryption_key", "client_secret"})
    fs::create_symlink("..data/" + std::string(name), file(name));
  write_secrets(0);
  write_rules(users_rules("type"));
  write_settings();
  process_ = std::make_unique<Process>(
      std::vector<std::string>{proxy_program(), "serve", "--config", file("settings.yaml")},
      options_.environment);
  const json::object startup = wait_for_event(*process_, kind("startup"));
  port_ = startup.at("port").to_number<std::uint16_t>();
  admin_port_ = startup.at("adminPort").to_number<std::uint16_t>();
}

void MountedProxy::write_settings() {
  const std::string zoom = simulator_.url();
  std::string yaml;
  yaml += "listen: {address: 127.0.0.1, port: 0" + options_.listen + "}\n";
  yaml += "admin: {port: 0}\n";
  yaml += "inbound_auth: " + options_.inbound_auth + '\n';
  yaml += "zoom:\n";
  yaml += "  api_url: " + zoom + '\n';
  yaml += "  token_url: " + zoom + "/oauth/token\n";
  yaml += "  ca_file: " + simulator_.ca_file() + '\n';
  yaml += "  account_id: simulator-account\n";
  yaml += "  client_id: simulator-client\n";
  yaml += "  client_secret_file: " + file("client_secret") + '\n';
  yaml += "pseudonyms:\n";
  yaml += "  salt_file: " + file("salt") + '\n';
  yaml += "  encryption_key_file: " + file("encryption_key") + '\n';
  yaml += "rules: {file: " + file("rules.yaml") +
          ", reload: " + (options_.reload ? "true" : "false") + "}\n";
  put(file("settings.yaml"), yaml + options_.more);
}

void MountedProxy::write_secrets(int version, const std::string& client_secret) {
  const std::string name = "..version_" + std::to_string(++folders_);
  const std::string text = "secret-canary-0123456789abcdef-" + std::to_string(version);
  fs::create_directory(file(name));
  write(file(name + "/salt"), "salt-" + text + "\n");
  write(file(name + "/encryption_key"), "key-" + text);
  write(file(name + "/client_secret"), client_secret);
  fs::create_symlink(name, file("..data_new"));
  fs::rename(file("..data_new"), file("..data"));
  fs::remove_all(file("..version_" + std::to_string(folders_ - 1)));
}

void MountedProxy::write_rules(const std::string& yaml) { put(file("rules.yaml"), yaml); }

int MountedProxy::stop() {
  process_->signal(SIGTERM);
  return process_->wait();
}

std::size_t MountedProxy::events(const std::string& name) const {
  const std::string output = process_->output();
  const std::string part = kind(name);
  std::size_t count = 0;
  for (auto at = output.find(part); at != output.npos; at = output.find(part, at + 1)) ++count;
  return count;
}

void MountedProxy::wait_for_events(const std::string& name, std::size_t count) {
  wait_for_event(*process_, kind(name), static_cast<int>(count));
}

}  // namespace integration
