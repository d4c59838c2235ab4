#include "tests/integration/fixture.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <regex>
#include <stdexcept>

namespace integration {
namespace {

std::vector<std::string> simulator_command(const std::string& directory,
                                           const std::vector<std::string>& switches) {
  std::vector<std::string> command = {ZOOM_SIMULATOR_BINARY, "--directory", directory,
                                      "--until-stdin-closes"};
  command.insert(command.end(), switches.begin(), switches.end());
  return command;
}

/// With the simulator's addresses where the options name none.
ProxyOptions towards(const Simulator& simulator, ProxyOptions options) {
  if (options.api_url.empty()) options.api_url = simulator.url();
  if (options.token_url.empty()) options.token_url = simulator.url() + "/oauth/token";
  if (options.ca_file.empty()) options.ca_file = simulator.ca_file();
  return options;
}

std::string write_settings(const TemporaryDirectory& directory, const ProxyOptions& options) {
  const std::string path = directory.file("settings.yaml");
  std::ofstream file(path);
  file << "listen:\n"
       << "  address: 127.0.0.1\n"
       << "  port: 0\n"
       << "  trusted_proxies: " << options.trusted_proxies << "\n"
       << "  path_prefix: \"" << options.path_prefix << "\"\n"
       << options.listen << "admin: {port: 0}\n"
       << "inbound_auth: " << options.inbound_auth << "zoom:\n"
       << "  api_url: " << options.api_url << "\n"
       << "  token_url: " << options.token_url << "\n"
       << "  ca_file: " << options.ca_file << "\n"
       << "  account_id: " << options.account_id << "\n"
       << "  client_id: " << options.client_id << "\n"
       << "  client_secret: " << options.client_secret << "\n"
       << (options.zoom.empty() ? "" : "  " + options.zoom + "\n") << "pseudonyms:\n"
       << "  algorithm: " << options.algorithm << "\n"
       << "  salt: " << options.salt << "\n"
       << "  encryption_key: " << options.encryption_key << "\n"
       << options.more;
  return path;
}

/// Sanitizers of the test's own environment hold for the children too.
Process::Environment child_environment() {
  Process::Environment environment;
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) environment[name] = value;
  }
  return environment;
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "zoom-proxy-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Simulator::Simulator(const std::vector<std::string>& switches)
    : process_(simulator_command(directory_.path(), switches), child_environment()) {
  const auto ready = json::parse(process_.wait_for_line([](const auto&) { return true; }));
  port_ = ready.at("port").to_number<std::uint16_t>();
}

json::value Simulator::call(const std::string& method, const std::string& target,
                            const std::string& body) {
  Client client(port_, ca_file());
  const Answer answer = client.request(method, target, {}, body);
  if (answer.status != 200) throw std::runtime_error("simulator: " + answer.body);
  return json::parse(answer.body);
}

json::object Simulator::control(const json::object& fault) {
  return call("POST", "/control", json::serialize(fault)).as_object();
}

void Simulator::reset() { call("POST", "/control/reset", "{}"); }

json::object Simulator::stats() { return call("GET", "/control/stats", {}).as_object(); }

std::int64_t Simulator::stat(const char* name) {
  return stats().at(name).to_number<std::int64_t>();
}

Example Simulator::example(unsigned user) {
  const auto answer = call("GET", "/control/examples?user=" + std::to_string(user), {});
  Example example;
  example.user_id = text(answer.at("user_id"));
  example.email = text(answer.at("email"));
  for (const auto& meeting : answer.at("meetings").as_array()) {
    example.meetings.push_back({json::serialize(meeting.at("id")), text(meeting.at("uuid"))});
  }
  return example;
}

void Simulator::wait_until(const char* name, const std::function<bool(std::int64_t)>& wish) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!wish(stat(name))) {
    if (std::chrono::steady_clock::now() > end) {
      FAIL() << name << " did not come to what was expected: " << json::serialize(stats());
    }
  }
}

Proxy::Proxy(Simulator& simulator, const ProxyOptions& options)
    : Proxy(towards(simulator, options)) {}

Proxy::Proxy(const ProxyOptions& options)
    : process_({proxy_program(), "serve", "--config", write_settings(directory_, options)},
               child_environment()) {
  const json::object startup = wait_for_event(process_, kind("startup"));
  port_ = startup.at("port").to_number<std::uint16_t>();
  admin_port_ = startup.at("adminPort").to_number<std::uint16_t>();
}

Proxy::~Proxy() {
  EXPECT_EQ(stop(), 0) << process_.errors();
  EXPECT_EQ(process_.errors().find("Sanitizer"), std::string::npos) << process_.errors();
}

Answer Proxy::get(const std::string& target, const Headers& headers) const {
  Client client(port_);
  return client.get(target, headers);
}

Answer Proxy::admin(const std::string& target) const {
  Client client(admin_port_);
  return client.get(target);
}

int Proxy::stop() {
  process_.signal(SIGTERM);
  return process_.wait();
}

std::string canaries(std::string_view text) {
  // The last of them not within a fraction, such as the sum of a metric's durations.
  static const std::regex personal("canary[\\w.@-]*|\\+1 ?5550|(^|[^0-9.])5550[0-9]{6}",
                                   std::regex::icase | std::regex::optimize);
  std::cmatch found;
  return std::regex_search(text.data(), text.data() + text.size(), found, personal) ? found.str()
                                                                                    : std::string();
}

std::string canaries(const Answer& answer) { return canaries(answer.head + answer.body); }

std::string without_page_token(const std::string& body) {
  static const std::regex token(R"("next_page_token":"[^"]*")");
  return std::regex_replace(body, token, "");
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
      result += c;
    } else {
      result += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return result;
}

std::string text(const json::value& string) { return std::string(string.as_string()); }

void put(const std::string& path, const std::string& content) {
  std::ofstream(path + ".new", std::ios::binary) << content;
  std::filesystem::rename(path + ".new", path);
}

std::string kind(const std::string& event) { return "\"event\":\"" + event + '"'; }

json::object wait_for_event(Process& process, const std::string& part, int count) {
  return json::parse(process.wait_for_line([&](const std::string& line) {
           return line.find(part) != line.npos && --count <= 0;
         }))
      .as_object();
}

std::vector<json::object> events(const std::string& log) {
  std::vector<json::object> found;
  for (std::size_t begin = 0; begin < log.size();) {
    const std::size_t end = std::min(log.find('\n', begin), log.size());
    found.push_back(json::parse(log.substr(begin, end - begin)).as_object());
    begin = end + 1;
  }
  return found;
}

std::vector<json::object> events_of(const std::string& log, std::string_view event) {
  std::vector<json::object> found = events(log);
  std::erase_if(found, [&](const json::object& one) { return text(one.at("event")) != event; });
  return found;
}

json::object object(const Answer& answer) { return json::parse(answer.body).as_object(); }

std::string proxy_program() {
  const char* const preset = std::getenv("ZOOM_PROXY_BUILD");
  return preset == nullptr ? ZOOM_PROXY_BINARY
                           : ZOOM_PROXY_BUILDS "/" + std::string(preset) + "/zoom-proxy";
}

bool sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#else
  return std::getenv("ZOOM_PROXY_BUILD") != nullptr;
#endif
}

bool measured() {
#ifdef NDEBUG
  return !sanitized();
#else
  return false;
#endif
}

}  // namespace integration
