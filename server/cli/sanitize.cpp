#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <system_error>

#include "rules/limits.hpp"
#include "server/cli/build_engine.hpp"
#include "server/cli/commands.hpp"
#include "server/failure.hpp"
#include "server/request.hpp"

namespace zoom_proxy {

namespace {

constexpr std::size_t kReadBytes = std::size_t{64} << 10;

/// At least one byte of stdin, or 0 at its end.
std::size_t read_input(std::array<char, kReadBytes>& buffer) {
  for (;;) {
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "stdin");
  }
}

/// Writes all of it to stdout and empties it.
void write_output(std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (count >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "stdout");
    }
  }
  text.clear();
}

/// stdin through the sanitizer to stdout. As in the server, the first bytes are held back, so that
/// a small body that is refused leaves no output at all.
bool sanitize_input(Sanitizer& sanitizer, std::size_t held_back) {
  std::array<char, kReadBytes> buffer{};
  std::string out;
  while (const std::size_t count = read_input(buffer)) {
    std::string_view rest(buffer.data(), count);
    while (!rest.empty()) {
      const std::size_t step = std::min(rest.size(), limits::kSanitizerStepBytes);
      if (!sanitizer.feed(rest.substr(0, step), out)) return false;
      rest.remove_prefix(step);
      if (out.size() >= held_back) write_output(out);
    }
  }
  if (!sanitizer.finish(out)) return false;
  write_output(out);
  return true;
}

void report_guard_hits(const Sanitizer& sanitizer, const Program& program) {
  for (const auto& [state, count] : sanitizer.guard_hits())
    std::cerr << "egress guard: an e-mail address in a kept text or name, " << count << " times at "
              << program.states[state].place << '\n';
}

}  // namespace

int sanitize_command(const SanitizeOptions& options, const Environment& environment) {
  const std::string target = options.url.substr(0, options.url.find('#'));
  if (!target.starts_with('/')) {
    std::cerr << "--url must be a path that begins with /, as in /v2/users?page_size=30\n";
    return kUsage;
  }
  Overrides overrides;
  if (!options.rules.empty()) overrides.emplace_back("rules.file", options.rules);
  if (!options.algorithm.empty()) overrides.emplace_back("pseudonyms.algorithm", options.algorithm);
  const Settings settings =
      load_settings(options.config_file, environment, SettingsFor::sanitizer, overrides);
  const std::shared_ptr<const Engine> engine = build_engine(settings);

  std::size_t endpoint = 0;
  try {
    endpoint = check_target(*engine, options.method, target).endpoint;
  } catch (const Failure& failure) {
    std::cerr << describe(failure.cause()).name << ": " << failure.what() << '\n';
    return kNoEndpoint;
  }
  Sanitizer sanitizer = engine->sanitizer(endpoint);
  const bool sanitized = sanitize_input(sanitizer, settings.limits.response_buffer_bytes);
  report_guard_hits(sanitizer, engine->program(endpoint));
  if (!sanitized) {
    std::cerr << "body refused: " << to_string(sanitizer.fault()) << '\n';
    return kBodyRefused;
  }
  return kOk;
}

}  // namespace zoom_proxy
