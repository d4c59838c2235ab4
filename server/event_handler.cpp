#include "server/event_handler.hpp"

#include <memory>
#include <stdexcept>

#include "server/blocking_work.hpp"
#include "server/bulk_report.hpp"
#include "server/bulk_settings.hpp"
#include "server/client_body.hpp"
#include "server/control_fields.hpp"
#include "server/request.hpp"
#include "server/storage_event.hpp"

namespace zoom_proxy {
namespace {

/// Nobody waits so long for an answer: Cloud Run ends a request after an hour.
constexpr Seconds kPatience = std::chrono::hours(24);

void check_directories(const Snapshot& snapshot) {
  if (snapshot.bulk.empty() || snapshot.settings->bulk.input_directory.empty())
    throw Failure(Cause::invalid_request,
                  "storage events are not taken here: set bulk.rules, bulk.input_directory and "
                  "bulk.output_directory, or send them elsewhere");
}

Task<StorageEvent> read_event(HttpReader& reader, const RequestHead& head, ResponseWriter& writer,
                              const Settings::Timeouts& timeouts) {
  const auto clock = [](Seconds s) { return std::chrono::duration_cast<Clock::duration>(s); };
  co_await ask_for_body(head, writer);
  const Clock::time_point deadline = Clock::now() + clock(timeouts.total);
  const std::string body = co_await read_client_body(reader, deadline, clock(timeouts.idle));
  if (body.size() > kStorageEventBytes) throw HttpError(413, "the event is longer than 64 KiB");
  co_return read_storage_event(head.fields, body);
}

/// An object on a thread that may block. Tells of it itself: the one who sent the event may have
/// gone meanwhile.
struct ObjectJob {
  std::shared_ptr<const Snapshot> snapshot;
  std::string object;
  BulkReport report;
  Metrics& metrics;

  void run();
};

void ObjectJob::run() {
  const BulkSet& set = snapshot->bulk.front();
  const Settings::Bulk& bulk = snapshot->settings->bulk;
  report.rules = set.engine->rules_name();
  const BulkDirectoryJob job{*set.engine,
                             snapshot->engine->codec().salt_fingerprint(),
                             {bulk.input_directory, bulk.output_directory},
                             {},
                             BulkGzip::as_input,
                             marker_settings(*snapshot->settings),
                             snapshot->settings->egress_guard};
  BulkWorkers alone(0);
  BulkFileResult result = run_bulk_file(job, object, alone);
  report.state = result.state;
  report.counts = std::move(result.result.counts);
  report.warnings = std::move(result.result.warnings);
  report.error = "an object: " + result.error;
  tell_of_bulk(report, LogLevel::error, metrics);
}

Task<BulkFileState> sanitize_object(const ProxyContext& context, std::string object,
                                    const RequestRecord& record) {
  BulkReport report;
  report.request = event_fields(record);
  report.route = kStorageEvents;
  const auto job = std::make_shared<ObjectJob>(
      ObjectJob{record.snapshot, std::move(object), std::move(report), context.metrics});
  std::function<void()> work = [job] { job->run(); };
  try {
    co_await run_blocking(context.bulk, kPatience, std::move(work));
  } catch (const std::invalid_argument&) {
    throw Failure(Cause::invalid_request,
                  "the object's name leads out of bulk.input_directory, or to a hidden file");
  }
  co_return job->report.state;
}

}  // namespace

bool is_storage_event(const RequestHead& head, const Snapshot& snapshot) {
  try {
    return requested_target(head, snapshot.settings->listen.path_prefix) == kStorageEvents;
  } catch (const Failure&) {
    return false;  // for whoever looks at those fields next to refuse
  }
}

Task<> handle_storage_event(const ProxyContext& context, HttpReader& reader,
                            const RequestHead& head, ResponseWriter& writer,
                            RequestRecord& record) {
  const Settings& settings = *record.snapshot->settings;
  record.route = kStorageEvents;
  check_head(head);
  check_control_fields(head.fields, record.snapshot->engine->codec(), false);
  if (head.method != "POST") throw Failure(Cause::invalid_request, "events are sent with POST");
  check_directories(*record.snapshot);
  StorageEvent event = co_await read_event(reader, head, writer, settings.timeouts);
  if (!settings.bulk.bucket.empty() && event.bucket != settings.bulk.bucket)
    throw Failure(Cause::blocked_by_rules, "the event is about another bucket than bulk.bucket");
  const bool folder = event.object.ends_with('/');  // made by people's tools: it holds nothing
  if (!folder) {
    const BulkFileState state = co_await sanitize_object(context, std::move(event.object), record);
    if (state == BulkFileState::failed)
      throw Failure(Cause::unknown, "the object could not be read, or its output not written");
  }
  writer.begin(204, {});
  co_await writer.finish();
}

}  // namespace zoom_proxy
