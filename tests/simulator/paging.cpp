#include "tests/simulator/paging.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <sstream>

#include "tests/simulator/encoding.hpp"

namespace zoom_simulator {
namespace {

constexpr std::uint64_t kDefaultSize = 30;
constexpr std::uint64_t kMaximumSize = 300;
constexpr std::size_t kSealBytes = 16;

/// What the token holds after its seal: when it ends and where the page begins.
std::string seal(const std::string& path, const Paging::Query& query, const std::string& content) {
  std::string bound = path;
  for (const auto& [name, value] : query) {
    if (name != "next_page_token") bound += "&" + name + "=" + value;
  }
  return hmac_sha256("next_page_token", bound + "\n" + content).substr(0, kSealBytes);
}

std::uint64_t page_size(const Paging::Query& query) {
  const auto found = query.find("page_size");
  if (found == query.end()) return kDefaultSize;
  const std::string& text = found->second;
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size() || size == 0) return kDefaultSize;
  return std::min(size, kMaximumSize);
}

}  // namespace

std::optional<Page> Paging::parse(const std::string& path, const Query& query) const {
  Page page;
  page.size = page_size(query);
  const auto found = query.find("next_page_token");
  if (found == query.end() || found->second.empty()) return page;
  const std::string bytes = base64url_decode(found->second);
  if (bytes.size() <= kSealBytes) return std::nullopt;
  const std::string content = bytes.substr(kSealBytes);
  if (bytes.substr(0, kSealBytes) != seal(path, query, content)) return std::nullopt;
  std::istringstream in(content);
  std::time_t ends = 0;
  in >> ends >> page.offset;
  if (!in || ends < std::time(nullptr)) return std::nullopt;
  return page;
}

std::string Paging::token(const std::string& path, const Query& query, std::uint64_t offset) const {
  const std::string content =
      std::to_string(std::time(nullptr) + lifetime_seconds_) + " " + std::to_string(offset);
  return base64url(seal(path, query, content) + content);
}

}  // namespace zoom_simulator
