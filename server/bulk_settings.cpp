#include "server/bulk_settings.hpp"

#include <stdexcept>
#include <system_error>

#include "config/value.hpp"
#include "rules/error.hpp"
#include "server/bulk_places.hpp"

namespace zoom_proxy {

void check_bulk_directories(const Settings& settings) {
  const Settings::Bulk& bulk = settings.bulk;
  if (bulk.input_directory.empty()) return;
  try {
    check_places({bulk.input_directory, bulk.output_directory});
  } catch (const std::system_error& error) {
    throw ConfigError({}, "bulk.input_directory: cannot read " + bulk.input_directory + ": " +
                              error.code().message() +
                              "; create the directory or mount the bucket there");
  } catch (const std::invalid_argument&) {
    throw ConfigError({},
                      "bulk.input_directory and bulk.output_directory lie one inside the other, "
                      "perhaps by a link: choose two that do not");
  }
}

std::string marker_settings(const Settings& settings) {
  const Settings::Pseudonyms& pseudonyms = settings.pseudonyms;
  return value_text(pseudonyms.algorithm) + ' ' + value_text(pseudonyms.email_canonicalization) +
         ' ' + value_text(pseudonyms.email_domain) + ' ' + value_text(settings.egress_guard);
}

}  // namespace zoom_proxy
