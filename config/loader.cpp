#include "config/loader.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>

#include "config/setting_list.hpp"
#include "config/value.hpp"
#include "rules/format/yaml.hpp"

namespace zoom_proxy {

namespace {

/// A settings or secret file is never larger; what is, is a mistake (/dev/zero).
constexpr std::size_t kLargestFile = std::size_t{4} << 20;

/// What writes to a pipe that we are to read gets so long to begin.
constexpr int kPipePatienceMilliseconds = 5000;

/// A text for a setting, and where it stands.
struct Source {
  Secret text;
  Place place;         ///< for errors
  std::string origin;  ///< for print_settings
  bool names_file = false;
};

/// What one level (the settings file, the environment) says, by path.
using Level = std::map<std::string_view, Source>;

[[noreturn]] void fail(const Place& place, std::string_view path, const std::string& message) {
  throw ConfigError(place, std::string(path) + ' ' + message);
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\f\v";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool is_block_of(std::string_view block, std::string_view path) {
  return path.size() > block.size() && path.starts_with(block) && path[block.size()] == '.';
}

/// Reads the settings file's tree into a Level.
class FileReader {
 public:
  explicit FileReader(const Environment& environment) : environment_(environment) {}

  Level read(const YamlNode& root) {
    if (!root.is_null()) read_block(root, "");
    return std::move(level_);
  }

 private:
  void read_block(const YamlNode& block, const std::string& prefix) {
    if (!block.is_map())
      fail(block.place(), prefix.empty() ? "the file" : prefix,
           "must be a map of settings, not " + std::string(block.type_name()));
    for (const YamlEntry& entry : block.entries()) {
      const std::string path =
          prefix.empty() ? std::string(entry.key) : prefix + '.' + std::string(entry.key);
      if (!entry.value.tag().empty())
        fail(entry.value.place(), in_quotes(path), "must not have a tag");
      const bool plain = entry.key.find('.') == std::string_view::npos;
      if (!plain || (!read_setting(path, entry.value) && !read_inner_block(path, entry.value)))
        unknown(path, prefix, entry);
    }
  }

  bool read_inner_block(const std::string& path, const YamlNode& value) {
    for (const Setting& setting : all_settings()) {
      if (!is_block_of(path, setting.path)) continue;
      if (!value.is_null()) read_block(value, path);
      return true;
    }
    return false;
  }

  bool read_setting(std::string_view path, const YamlNode& value) {
    for (const Setting& setting : all_settings()) {
      const bool twin = setting.traits.file_twin && path.starts_with(setting.path) &&
                        path.substr(setting.path.size()) == "_file";
      if (path != setting.path && !twin) continue;
      if (value.is_null()) return true;
      std::string text =
          setting.list && !twin ? list_text(setting, value) : scalar_text(path, value);
      Source source{Secret(std::move(text)), value.place(), value.place().text(), twin};
      if (!level_.try_emplace(setting.path, std::move(source)).second)
        fail(value.place(), setting.path,
             "and " + std::string(setting.path) + "_file are both set: keep one of them");
      return true;
    }
    return false;
  }

  std::string scalar_text(std::string_view path, const YamlNode& value) {
    if (!value.is_scalar())
      fail(value.place(), path, "must be a single value, not " + std::string(value.type_name()));
    try {
      return substitute(value.as_string(), environment_);
    } catch (const std::invalid_argument& error) {
      fail(value.place(), path, error.what());
    }
  }

  std::string list_text(const Setting& setting, const YamlNode& value) {
    if (!value.is_sequence())
      fail(value.place(), setting.path, "must be a list, not " + std::string(value.type_name()));
    std::string text;
    for (const YamlNode& element : value.elements()) {
      std::string item = scalar_text(setting.path, element);
      // Items are told apart by line breaks: one inside an item would make two of it.
      if (item.empty() || item.find('\n') != std::string::npos)
        fail(element.place(), setting.path, "must not hold empty items or line breaks");
      if (!text.empty()) text += '\n';
      text += item;
      cleanse(item);
    }
    return text;
  }

  [[noreturn]] static void unknown(std::string_view path, std::string_view prefix,
                                   const YamlEntry& entry) {
    for (const UnsupportedSetting& setting : unsupported_settings())
      if (path == setting.path || is_block_of(path, setting.path))
        throw ConfigError(
            entry.key_node.place(),
            in_quotes(path) + " is not supported by this version" +
                (setting.reason.empty() ? ": remove it, or use a version that does what it says"
                                        : std::string(setting.reason) + ": remove it"));
    std::vector<std::string_view> siblings;
    for (const Setting& setting : all_settings()) {
      if (!prefix.empty() && !is_block_of(prefix, setting.path)) continue;
      const std::string_view rest = setting.path.substr(prefix.empty() ? 0 : prefix.size() + 1);
      siblings.push_back(rest.substr(0, rest.find('.')));
    }
    throw ConfigError(entry.key_node.place(),
                      "unknown setting " + in_quotes(path) + did_you_mean(entry.key, siblings));
  }

  const Environment& environment_;
  Level level_;
};

Level read_settings_file(const std::string& file, const Environment& environment,
                         FileDigests& files) {
  if (file.empty()) return {};
  files[file] = digest_of(file);
  std::string text = read_file(file, {file}, "settings file");
  const std::unique_ptr<std::string, void (*)(std::string*)> guard(
      &text, [](std::string* held) { cleanse(*held); });
  const YamlDocument document = YamlDocument::parse(text, file);
  return FileReader(environment).read(document.root());
}

Level read_environment(const Environment& environment) {
  refuse_unsupported(environment);
  refuse_unknown(environment);
  Level level;
  for (const Setting& setting : all_settings()) {
    if (auto found = find_in_environment(setting, environment))
      level.emplace(setting.path, Source{std::move(found->text),
                                         {found->name},
                                         "environment " + found->name,
                                         found->names_file});
  }
  return level;
}

/// Puts the content of the named file in the place of its path.
Source open_secret_file(const Setting& setting, const Source& source, FileDigests& files) {
  const std::string path(source.text.reveal());
  files[path] = digest_of(path);
  const std::string key = std::string(setting.path) + "_file";
  std::string text = read_file(path, source.place, key);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return {Secret(std::move(text)), source.place,
          "secret file " + path + ", named by " + source.origin, false};
}

struct Loaded {
  Settings settings;
  std::map<std::string_view, std::string> origins;
};

void apply(const Setting& setting, const Source& source, Settings& settings) {
  try {
    const std::string_view text = source.text.reveal();
    setting.set(settings, setting.traits.trimmed ? trim(text) : text);
  } catch (const std::invalid_argument& error) {
    fail(source.place, setting.path, error.what());
  }
}

/// Sets a setting from every level in turn, so that a value that loses is checked as well, and then
/// from the strongest secret file. Returns what won.
std::optional<Source> set_from(std::vector<Level>& levels, const Setting& setting,
                               Settings& settings, FileDigests& files) {
  std::optional<Source> value;
  std::optional<Source> file;
  for (Level& level : levels) {
    const auto found = level.find(setting.path);
    if (found == level.end()) continue;
    if (!found->second.names_file) apply(setting, found->second, settings);
    (found->second.names_file ? file : value) = std::move(found->second);
  }
  if (!file) return value;
  file = open_secret_file(setting, *file, files);
  apply(setting, *file, settings);
  return file;
}

/// "NAME is set but empty" for every variable that is.
std::string empty_variables(const Setting& setting, const Environment& environment) {
  std::string text;
  for (const std::string& name : environment_names(setting)) {
    const std::optional<std::string> value = environment(name);
    if (value && value->empty()) text += "; " + name + " is set, but empty";
  }
  return text;
}

std::string missing_text(const Setting& setting, const Environment& environment) {
  std::string text = std::string(setting.path) + " is missing: set it in the settings file";
  if (setting.traits.file_twin) text += " (or " + std::string(setting.path) + "_file)";
  text += " or in the environment as " + environment_names(setting).front();
  if (setting.path == "inbound_auth.mode")
    text +=
        "; choose who may call: platform, when what stands in front of the server lets only the "
        "right callers through; oidc, bearer or mtls, when the proxy itself is to decide";
  return text + empty_variables(setting, environment);
}

/// Google's, the only issuer whose keys we know where to find.
constexpr std::string_view kGoogle = "accounts.google.com";
constexpr const char* kGoogleKeys = "https://www.googleapis.com/oauth2/v3/certs";

/// Where the issuer of ID tokens publishes its keys, if the settings do not say so.
void complete_jwks_url(Settings::InboundAuth::Oidc& oidc) {
  const bool google = std::ranges::all_of(oidc.issuers, [](const std::string& issuer) {
    return issuer == kGoogle || issuer == "https://" + std::string(kGoogle);
  });
  if (google && !oidc.issuers.empty() && oidc.jwks_url.empty()) oidc.jwks_url = kGoogleKeys;
}

/// What the mode of inbound_auth and one half of listen.tls need beside themselves.
void check_mode(const Settings& settings, const Place& place) {
  const auto& auth = settings.inbound_auth;
  const std::string mode = value_text(auth.mode);
  std::string missing;
  for (const Setting& setting : all_settings()) {
    const std::string value = setting.get(settings);
    if (setting.traits.needed_in_mode != auth.mode || (!value.empty() && value != "[]")) continue;
    missing += (missing.empty() ? "" : ", ") + std::string(setting.path) + " (" +
               environment_names(setting).back() + ')';
  }
  if (!missing.empty())
    throw ConfigError(place,
                      "inbound_auth.mode " + mode +
                          " needs more settings, in the file or in the environment: " + missing);
  if (auth.mode == InboundAuthMode::oidc && auth.oidc.jwks_url.empty())
    throw ConfigError(place,
                      "inbound_auth.oidc.jwks_url is missing: set it to where the issuer publishes "
                      "its keys (jwks_uri in its /.well-known/openid-configuration); only Google's "
                      "is known");
  const auto& tls = settings.listen.tls;
  if (tls.certificate.empty() != tls.key.empty())
    throw ConfigError(
        place, "listen.tls.certificate and listen.tls.key belong together: set both or neither");
}

/// No other time-out is longer than the total: what is longer could never be reached.
void limit_timeouts(Loaded& loaded) {
  const Seconds total = loaded.settings.timeouts.total;
  for (const Setting& setting : all_settings()) {
    if (!is_block_of("timeouts", setting.path)) continue;
    if (std::stod(setting.get(loaded.settings)) <= total.count()) continue;
    setting.set(loaded.settings, value_text(total));
    loaded.origins[setting.path] += ", cut to timeouts.total_seconds";
  }
}

/// A short salt can be guessed from a few pseudonyms, and then everybody behind them.
void check_salt(const Settings& settings, const Place& place) {
  constexpr std::size_t kShortest = 32;
  const auto& pseudonyms = settings.pseudonyms;
  if (pseudonyms.algorithm != PseudonymAlgorithm::psoxy &&
      pseudonyms.salt.reveal().size() < kShortest)
    throw ConfigError(place,
                      "pseudonyms.salt must have 32 characters or more (openssl rand -base64 32 "
                      "makes one); a shorter one is only taken with pseudonyms.algorithm: psoxy");
}

/// Unsanitized answers are for whoever sits at this machine.
void check_development_mode(const Settings& settings, const Place& place) {
  if (settings.development_mode && !is_loopback(settings.listen.address))
    throw ConfigError(place,
                      "development_mode lets callers have unsanitized answers, and listen.address "
                      "can be reached from outside this machine: set listen.address to 127.0.0.1, "
                      "or remove development_mode");
}

/// What one setting of bulk needs beside itself.
void check_bulk(const Settings::Bulk& bulk, const Place& place) {
  if (bulk.input_directory.empty() != bulk.output_directory.empty())
    throw ConfigError(place,
                      "bulk.input_directory and bulk.output_directory belong together: set both or "
                      "neither");
  if (!bulk.input_directory.empty() && bulk.rules.empty())
    throw ConfigError(place,
                      "bulk.input_directory needs rules: name a set in bulk.rules, or remove both "
                      "directories");
}

Level read_overrides(const Overrides& overrides) {
  Level level;
  for (const auto& [path, text] : overrides)
    level.emplace(path, Source{Secret(text), {"command line"}, "command line"});
  return level;
}

Loaded load(const std::string& file, const Environment& environment, SettingsFor use,
            const Overrides& overrides, LoadReport& report) {
  std::vector<Level> levels;
  levels.push_back(read_settings_file(file, environment, report.files));
  levels.push_back(read_environment(environment));
  levels.push_back(read_overrides(overrides));

  Loaded loaded;
  std::string missing;
  Place salt_place;
  Place development_place;
  for (const Setting& setting : all_settings()) {
    std::string& origin = loaded.origins[setting.path] = "default";
    const std::optional<Source> source = set_from(levels, setting, loaded.settings, report.files);
    if (source) {
      origin = source->origin;
      if (setting.traits.secret) report.secret_sources.emplace(setting.path, origin);
      if (setting.path == "pseudonyms.salt") salt_place = source->place;
      if (setting.path == "development_mode") development_place = source->place;
    }
    if (setting.required_by(use) && (!source || setting.get(loaded.settings).empty()))
      missing += (missing.empty() ? "" : "\n") + missing_text(setting, environment);
  }
  if (!missing.empty()) throw ConfigError({file}, missing);
  complete_jwks_url(loaded.settings.inbound_auth.oidc);
  if (use == SettingsFor::server) check_mode(loaded.settings, {file});
  check_salt(loaded.settings, salt_place);
  if (use == SettingsFor::server) check_development_mode(loaded.settings, development_place);
  if (use == SettingsFor::server) check_bulk(loaded.settings.bulk, {file});
  limit_timeouts(loaded);
  return loaded;
}

}  // namespace

std::string read_file(const std::string& path, const Place& place, std::string_view what) {
  const auto fail_with = [&](const std::string& reason) {
    throw ConfigError(place, std::string(what) + ": cannot read " + path + ": " + reason);
  };
  // A pipe that nobody writes to must not hold up a server that reads its files anew.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) fail_with(std::strerror(errno));
  std::array<char, 4096> buffer;
  struct Guard {
    const int descriptor;
    std::array<char, 4096>& buffer;
    ~Guard() {
      ::close(descriptor);
      OPENSSL_cleanse(buffer.data(), buffer.size());
    }
  };
  const Guard guard{descriptor, buffer};
  std::string text;
  struct stat status {};
  // Room for all of it at once: growth would leave pieces of secrets behind.
  if (::fstat(descriptor, &status) == 0 && status.st_size > 0)
    text.reserve(std::min(static_cast<std::size_t>(status.st_size), kLargestFile) + buffer.size());
  for (;;) {
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) {
      pollfd waited{descriptor, POLLIN, 0};
      if (::poll(&waited, 1, kPipePatienceMilliseconds) == 0)
        fail_with("nothing came within 5 seconds");
      continue;
    }
    if (count < 0) fail_with(std::strerror(errno));
    if (count == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > kLargestFile) fail_with("larger than 4 MiB");
  }
  return text;
}

Settings load_settings(const std::string& file, const Environment& environment, SettingsFor use,
                       const Overrides& overrides, LoadReport* report) {
  LoadReport nobody_asked;
  return load(file, environment, use, overrides, report == nullptr ? nobody_asked : *report)
      .settings;
}

std::string print_settings(const std::string& file, const Environment& environment,
                           SettingsFor use) {
  LoadReport report;
  const Loaded loaded = load(file, environment, use, {}, report);
  std::string out;
  std::string_view previous;
  for (const Setting& setting : all_settings()) {
    // Opens the blocks that the setting before this one was not in.
    std::string indent;
    std::size_t begin = 0;
    for (std::size_t dot = setting.path.find('.'); dot != std::string_view::npos;
         dot = setting.path.find('.', begin)) {
      if (!previous.starts_with(setting.path.substr(0, dot + 1)))
        out += indent + std::string(setting.path.substr(begin, dot - begin)) + ":\n";
      indent += "  ";
      begin = dot + 1;
    }
    previous = setting.path;
    out += indent + std::string(setting.path.substr(begin)) + ": " + setting.get(loaded.settings) +
           "  # " + loaded.origins.at(setting.path) + '\n';
  }
  return out;
}

}  // namespace zoom_proxy
