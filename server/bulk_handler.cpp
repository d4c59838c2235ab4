#include "server/bulk_handler.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "rules/format/encoding.hpp"
#include "rules/format/gzip_or_plain.hpp"
#include "rules/limits.hpp"
#include "server/bulk_report.hpp"
#include "server/client_body.hpp"
#include "server/control_fields.hpp"
#include "server/headers.hpp"
#include "server/http_syntax.hpp"

namespace zoom_proxy {
namespace {

constexpr std::string_view kBulk = "/bulk/";

/// Types that say what the text is; the answer has the same.
constexpr std::array<std::string_view, 4> kTexts{"text/csv", "application/json",
                                                 "application/x-ndjson", "application/ndjson"};
/// Those that leave it open.
constexpr std::array<std::string_view, 4> kBytes{"", "application/octet-stream", "application/gzip",
                                                 "application/x-gzip"};

[[noreturn]] void refuse(const char* why) { throw Failure(Cause::invalid_request, why); }

const BulkSet& asked_set(const Snapshot& snapshot, std::string_view route) {
  const auto found = std::ranges::find(snapshot.bulk, route, &BulkSet::route);
  if (found != snapshot.bulk.end()) return *found;
  std::string names;
  for (const BulkSet& set : snapshot.bulk) names += (names.empty() ? "" : ", ") + set.name;
  throw Failure(
      Cause::blocked_by_rules,
      "bulk.rules has no set of this name, and POST /bulk/NAME takes no query; there is " + names);
}

/// The body's media type; empty when it leaves open what the text is.
std::string text_type(const Fields& fields) {
  for (const auto& [name, value] : fields) {
    const bool coded = ascii_iequals(name, "content-encoding") && !ascii_iequals(value, "gzip") &&
                       !ascii_iequals(value, "identity");
    if (coded) refuse("the body's Content-Encoding must be gzip or none");
  }
  const std::optional<std::string> type = utf8_media_type(fields);
  if (!type) refuse("the body must be in UTF-8, with one Content-Type");
  if (std::ranges::find(kTexts, *type) != kTexts.end()) return *type;
  if (std::ranges::find(kBytes, *type) != kBytes.end()) return {};
  refuse(
      "the body's Content-Type must be text/csv, application/x-ndjson, application/json, "
      "application/octet-stream or application/gzip");
}

/// A body on its way through the rules.
class Passage {
 public:
  Passage(HttpReader& reader, ResponseWriter& writer, BulkSanitizer& sanitizer,
          Clock::duration idle)
      : reader_(reader), writer_(writer), sanitizer_(sanitizer), idle_(idle) {}

  /// All of it. Throws BulkError, and what reading and writing throw.
  [[nodiscard]] Task<> run(BulkCounts& counts);

 private:
  /// The records that are whole. `last`: no more will come.
  [[nodiscard]] Task<> pass(bool last, BulkCounts& counts);

  HttpReader& reader_;
  ResponseWriter& writer_;
  BulkSanitizer& sanitizer_;
  Clock::duration idle_;
  std::string text_;  ///< not passed so far
};

Task<> Passage::pass(bool last, BulkCounts& counts) {
  const auto here = co_await asio::this_coro::executor;
  BulkPiece piece;
  while (sanitizer_.cut(text_, last, piece)) {
    sanitizer_.sanitize(piece, writer_.body(), counts);
    if (writer_.full()) co_await writer_.flush();
    // Each takes a part of a millisecond, and a few bytes of gzip may hold thousands of them.
    co_await asio::post(here, asio::use_awaitable);
  }
}

Task<> Passage::run(BulkCounts& counts) {
  GzipOrPlain input;
  const auto buffer = std::make_unique_for_overwrite<char[]>(kReadBytes);
  const std::span<char> into(buffer.get(), kReadBytes);
  for (;;) {
    reader_.expires_at(Clock::now() + idle_);
    const std::size_t count = co_await reader_.read_body(into);
    if (count == 0) break;
    std::string_view wire(buffer.get(), count);
    for (bool more = true; more;) {
      const std::size_t before = text_.size();
      if (!input.take(wire, limits::kPieceBytes, text_))
        throw BulkError("the body is damaged gzip; compress it anew");
      more = text_.size() > before;
      co_await pass(false, counts);
    }
  }
  if (!input.finish(text_)) throw BulkError("the body is gzip that was cut off; send all of it");
  co_await pass(true, counts);
  sanitizer_.finish(writer_.body());
  co_await writer_.finish();
}

/// Throws Failure when no rule of the set fits.
std::unique_ptr<BulkSanitizer> open_sanitizer(const BulkSet& set, const std::string& type) {
  try {
    return set.engine->open({.path = {}, .content_type = type});
  } catch (const BulkError& error) {
    throw Failure(Cause::invalid_request, error.what());
  }
}

}  // namespace

bool is_bulk_request(const RequestHead& head, const Snapshot& snapshot) {
  if (snapshot.bulk.empty()) return false;
  try {
    return requested_target(head, snapshot.settings->listen.path_prefix).starts_with(kBulk);
  } catch (const Failure&) {
    return false;  // for whoever looks at those fields next to refuse
  }
}

Task<> handle_bulk_request(Metrics& metrics, HttpReader& reader, const RequestHead& head,
                           ResponseWriter& writer, RequestRecord& record) {
  const Snapshot& snapshot = *record.snapshot;
  const Settings& settings = *snapshot.settings;
  check_control_fields(head.fields, snapshot.engine->codec(), false);
  const std::string target = requested_target(head, settings.listen.path_prefix);
  const BulkSet& set = asked_set(snapshot, target);
  record.route = set.route;
  if (head.method != "POST") refuse("bulk texts are sent with POST");
  const std::string type = text_type(head.fields);
  const std::unique_ptr<BulkSanitizer> sanitizer = open_sanitizer(set, type);
  co_await ask_for_body(head, writer);

  Fields fields;
  fields.add("Content-Type", type.empty() ? "application/octet-stream" : type + "; charset=utf-8");
  writer.begin(200, std::move(fields), ResponseWriter::Body::compressible);
  Passage passage(reader, writer, *sanitizer,
                  std::chrono::duration_cast<Clock::duration>(settings.timeouts.idle));
  BulkReport report;
  report.request = event_fields(record);
  report.route = set.route;
  report.rules = set.engine->rules_name();
  std::exception_ptr broken;
  try {
    co_await passage.run(report.counts);
    report.state = BulkFileState::done;
  } catch (const BulkError& error) {
    report.state = BulkFileState::refused;
    report.error = error.what();
    broken = std::make_exception_ptr(Failure(Cause::invalid_request, error.what()));
  } catch (...) {
    report.error = "the body did not come whole, or its sanitized text could not be sent";
    broken = std::current_exception();
  }
  report.warnings = sanitizer->warnings();
  tell_of_bulk(report, LogLevel::warning, metrics);
  if (broken) std::rethrow_exception(broken);
}

}  // namespace zoom_proxy
