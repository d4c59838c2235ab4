#include "server/cli/bulk_report.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <iostream>
#include <string>

#include "server/log.hpp"

namespace zoom_proxy {

namespace {

constexpr std::chrono::milliseconds kBetweenLines{100};
constexpr std::chrono::seconds kBetweenEvents{10};

/// Bytes of a column's name that are shown: a text may have anything in its header.
constexpr std::size_t kNameBytes = 64;

constexpr const char* kAddressAdvice =
    "hold e-mail addresses that the rules do not foresee: pseudonymize or redact it in the rules";

constexpr double kMega = 1e6;

/// Safe for a terminal.
std::string shown_name(std::string name) {
  if (name.size() > kNameBytes) {
    std::size_t end = kNameBytes;
    while ((name[end] & 0xC0) == 0x80) --end;  // no half character
    name = name.substr(0, end) + "...";
  }
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return name;
}

std::string minutes(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

boost::json::object to_object(const std::map<std::string, std::uint64_t>& counts) {
  boost::json::object object;
  for (const auto& [name, count] : counts) object[shown_name(name)] = count;
  return object;
}

}  // namespace

void write_event(LogLevel level, std::string_view event, std::string_view message,
                 boost::json::object fields) {
  std::cerr << format_event({}, level, event_time(), event, message, std::move(fields)) + '\n';
}

boost::json::object to_json(const BulkCounts& counts) {
  boost::json::object object;
  object["changed"] = to_object(counts.changed);
  object["addresses"] = to_object(counts.addresses);
  return object;
}

BulkTextReport::BulkTextReport(Style style, std::uint64_t size) : style_(style), size_(size) {}

BulkTextReport::~BulkTextReport() { clear_line(); }

double BulkTextReport::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

void BulkTextReport::clear_line() {
  if (line_shown_) std::cerr << "\r\033[K" << std::flush;
  line_shown_ = false;
}

void BulkTextReport::progress(const BulkProgress& progress) {
  const Clock::time_point now = Clock::now();
  if (style_ == Style::terminal && now - told_ >= kBetweenLines) {
    write_line(progress);
    told_ = now;
  } else if (style_ == Style::events && now - told_ >= kBetweenEvents) {
    boost::json::object fields{{"rows", progress.rows}, {"bytesIn", progress.bytes_in}};
    if (size_ > 0) fields["size"] = size_;
    fields["seconds"] = seconds();
    write_event(LogLevel::info, "bulk_progress", "at work", std::move(fields));
    told_ = now;
  }
}

void BulkTextReport::write_line(const BulkProgress& progress) {
  const double rate = static_cast<double>(progress.bytes_in) / seconds();
  std::string line = fmt::format("\r{} rows  {:.1f} MB/s", progress.rows, rate / kMega);
  if (size_ > 0 && progress.bytes_in > 0) {
    const std::uint64_t left = size_ - std::min(size_, progress.bytes_in);
    line += fmt::format("  {} %  {} left", progress.bytes_in * 100 / size_,
                        minutes(static_cast<double>(left) / rate));
  }
  std::cerr << line + "\033[K" << std::flush;
  line_shown_ = true;
}

void BulkTextReport::finished(const BulkResult& result) {
  const double time = seconds();
  if (style_ == Style::events) {
    for (const std::string& warning : result.warnings)
      write_event(LogLevel::warning, "bulk_warning", warning, {});
    for (const auto& [column, count] : result.counts.addresses)
      write_event(LogLevel::warning, "bulk_warning",
                  std::string("values of a column ") + kAddressAdvice,
                  {{"column", shown_name(column)}, {"count", count}});
    boost::json::object fields{{"rows", result.counts.rows},
                               {"bytesIn", result.bytes_in},
                               {"bytesOut", result.bytes_out},
                               {"seconds", time}};
    for (auto& [key, value] : to_json(result.counts)) fields[key] = std::move(value);
    write_event(LogLevel::info, "bulk_finished", "all rows written", std::move(fields));
    return;
  }
  clear_line();
  std::cerr << fmt::format(
      "{} rows in {:.1f} s, {:.1f} MB/s: {:.1f} MB in, {:.1f} MB out\n", result.counts.rows, time,
      static_cast<double>(result.bytes_in) / kMega / std::max(time, 1e-3),
      static_cast<double>(result.bytes_in) / kMega, static_cast<double>(result.bytes_out) / kMega);
  for (const auto& [column, count] : result.counts.changed)
    std::cerr << fmt::format("  {}: {} values changed\n", shown_name(column), count);
  for (const std::string& warning : result.warnings) std::cerr << "warning: " + warning + '\n';
  for (const auto& [column, count] : result.counts.addresses)
    std::cerr << fmt::format("warning: {} values of {} {}\n", count, shown_name(column),
                             kAddressAdvice);
}

}  // namespace zoom_proxy
