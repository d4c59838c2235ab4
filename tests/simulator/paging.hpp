#pragma once
// page_size and next_page_token: opaque, bound to the rest of the query, of limited life.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace zoom_simulator {

struct Page {
  std::uint64_t offset = 0;
  std::uint64_t size = 30;
};

class Paging {
 public:
  explicit Paging(std::uint32_t lifetime_seconds) : lifetime_seconds_(lifetime_seconds) {}

  using Query = std::map<std::string, std::string>;
  /// Nothing when the token is unknown, too old or made for another query. A page_size that makes
  /// no sense counts as 30, one that is too large as 300, as at Zoom.
  [[nodiscard]] std::optional<Page> parse(const std::string& path, const Query& query) const;
  [[nodiscard]] std::string token(const std::string& path, const Query& query,
                                  std::uint64_t offset) const;

 private:
  std::uint32_t lifetime_seconds_;
};

}  // namespace zoom_simulator
