#include "server/version.hpp"

#include <cjose/version.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <spdlog/version.h>
#include <zlib.h>

#include <boost/version.hpp>

namespace zoom_proxy {

constinit const std::string_view kVersion = ZOOM_PROXY_VERSION;
constinit const std::string_view kCommit = ZOOM_PROXY_COMMIT;
constinit const std::string_view kBuildType = ZOOM_PROXY_BUILD_TYPE;

std::vector<std::pair<std::string, std::string>> library_versions() {
  const auto dotted = [](int major, int minor, int patch) {
    return std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(patch);
  };
  return {
      {"boost", dotted(BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100)},
      {"cjose", cjose_version()},
      {"jansson", JANSSON_VERSION},
      {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
      {"pcre2", ZOOM_PROXY_PCRE2_VERSION},
      {"spdlog", dotted(SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH)},
      {"yaml-cpp", ZOOM_PROXY_YAML_CPP_VERSION},
      {"zlib", zlibVersion()}};
}

}  // namespace zoom_proxy
