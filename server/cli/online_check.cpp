#include "server/cli/online_check.hpp"

#include <iomanip>
#include <iostream>

#include "server/doctor/examination.hpp"
#include "server/net.hpp"

namespace zoom_proxy {

namespace {

/// Capitals for the one that must not be overlooked.
const char* word(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::warning:
      return "warning";
    case Verdict::wrong:
      return "WRONG";
    case Verdict::skipped:
      return "skipped";
  }
  return "";
}

}  // namespace

void print(const Finding& finding) {
  std::ostream& out = finding.verdict == Verdict::wrong ? std::cerr : std::cout;
  out << std::left << std::setw(8) << word(finding.verdict) << finding.step << ": " << finding.text;
  if (!finding.advice.empty()) out << "; " << finding.advice;
  out << std::endl;  // at once: the next step may take its time
}

bool check_zoom(const Snapshot& snapshot, bool online) {
  const Settings& settings = *snapshot.settings;
  if (!online) {
    (void)make_client_tls(settings.zoom.ca_file, settings.zoom.tls_version);
    (void)parse_https_url("zoom.api_url", settings.zoom.api_url);
    (void)parse_https_url("zoom.token_url", settings.zoom.token_url);
    std::cout << "zoom: not asked; --online does, step by step, as `zoom-proxy doctor`\n";
    return true;
  }
  bool good = true;
  examine_zoom(snapshot, [&good](const Finding& finding) {
    print(finding);
    good = good && finding.verdict != Verdict::wrong;
  });
  return good;
}

}  // namespace zoom_proxy
