#include "server/proxy_handler.hpp"

#include <algorithm>
#include <iterator>
#include <memory>

#include "rules/format/encoding.hpp"
#include "rules/limits.hpp"
#include "rules/zoom_api.hpp"
#include "server/async_answer.hpp"
#include "server/client_address.hpp"
#include "server/client_body.hpp"
#include "server/control_fields.hpp"
#include "server/headers.hpp"
#include "server/outgoing_body.hpp"
#include "server/request.hpp"

namespace zoom_proxy {
namespace {

/// Zoom's id of the call, for its support: `v=2.0;clid=us02;rid=WEB_…`. Anything else is not
/// logged.
std::string checked_tracking_id(const Fields& from_zoom) {
  const auto value = from_zoom.find("x-zm-trackingid");
  if (!value || value->empty() || value->size() > 128) return {};
  const bool plain = std::ranges::all_of(*value, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_=;.:-").find(c) != std::string_view::npos;
  });
  return plain ? std::string(*value) : std::string();
}

/// Clients that cannot be told apart share a line.
RateTurn rate_turn(const ProxyContext& context, RateLabel label, const RequestHead& head,
                   const asio::ip::address& peer) {
  if (context.limiter == nullptr || !context.limiter->limits(label)) return {};
  const std::size_t proxies = context.snapshot->settings->listen.trusted_proxies;
  const auto client = client_address(head.fields, peer, proxies);
  return {context.limiter, label, client.value_or(asio::ip::address())};
}

void check_status(const ResponseHead& answer) {
  if (answer.status < 200 || answer.status > 599) {
    throw Failure(Cause::bad_source_response, "Zoom answered with a status that does not exist");
  }
}

/// Refuses an answer whose body the sanitizer cannot understand, before it is read.
void check_answer(const ResponseHead& answer, bool to_head) {
  const bool empty = to_head || answer.status == 204 || answer.content_length == 0u;
  const BodyType type = body_type(answer.fields);
  if (type == BodyType::other || (type == BodyType::none && !empty)) {
    throw Failure(Cause::bad_source_response, "Zoom's answer is not JSON by its Content-Type");
  }
}

Failure refused_body(BodyFault fault) {
  return Failure(Cause::bad_source_response,
                 "Zoom's answer cannot be sanitized (" + std::string(to_string(fault)) + ")");
}

/// Zoom's refusal, rebuilt: its status, its code and a message from our own list.
Task<> answer_zoom_error(Exchange& exchange, const ResponseHead& answer,
                         const std::vector<std::string>& identifiers, ResponseWriter& writer,
                         RequestRecord& record) {
  record.cause = Cause::api_error;
  const ZoomError error = co_await exchange.read_error();
  Fields fields = response_fields(answer.fields, identifiers, std::chrono::system_clock::now());
  fields.add("Content-Type", "application/json; charset=utf-8");
  fields.add("X-Psoxy-Error", std::string(describe(Cause::api_error).name));
  writer.begin(answer.status, std::move(fields));
  writer.body() += zoom_error_body(answer.status, error.code, error.message);
  co_await writer.finish();
}

/// Body bytes from Zoom through the sanitizer to the client, a file or both. The write is awaited
/// before the next read: a slow client slows the read from Zoom.
Task<> sanitize_body(Exchange& exchange, Sanitizer& sanitizer, AnswerSink& out,
                     RequestRecord& record) {
  const auto piece = std::make_unique_for_overwrite<char[]>(kReadBytes);
  const std::span<char> into(piece.get(), kReadBytes);
  for (;;) {
    const std::size_t count = co_await exchange.read_body(into);
    if (count == 0) break;
    record.sanitizer_in += count;
    std::string_view rest(piece.get(), count);
    while (!rest.empty()) {
      const std::size_t step = std::min(rest.size(), limits::kSanitizerStepBytes);
      const std::size_t before = out.body().size();
      const bool good = sanitizer.feed(rest.substr(0, step), out.body());
      record.sanitizer_out += out.body().size() - before;
      if (!good) throw refused_body(sanitizer.fault());
      rest.remove_prefix(step);
      if (out.full()) co_await out.flush();
    }
  }
  const std::size_t before = out.body().size();
  if (!sanitizer.finish(out.body())) throw refused_body(sanitizer.fault());
  record.sanitizer_out += out.body().size() - before;
}

/// Development only: Zoom's answer as it came, inflated, with its own Content-Type.
Task<> answer_unsanitized(Exchange& exchange, const ResponseHead& answer,
                          const std::vector<std::string>& identifiers, ResponseWriter& writer) {
  Fields fields = response_fields(answer.fields, identifiers, std::chrono::system_clock::now());
  if (const auto type = answer.fields.find("content-type")) {
    fields.add("Content-Type", std::string(*type));
  }
  writer.begin(answer.status, std::move(fields), ResponseWriter::Body::compressible);
  const auto piece = std::make_unique_for_overwrite<char[]>(kReadBytes);
  const std::span<char> into(piece.get(), kReadBytes);
  for (;;) {
    const std::size_t count = co_await exchange.read_body(into);
    if (count == 0) break;
    writer.body().append(piece.get(), count);
    if (writer.full()) co_await writer.flush();
  }
  co_await writer.finish();
}

/// What the sanitizer found out about Zoom's answer, by places in the rules.
void record_findings(const Sanitizer& sanitizer, const Program& program, RequestRecord& record) {
  record.values = sanitizer.counts();
  for (const auto& [state, count] : sanitizer.guard_hits()) {
    record.guard_hits.push_back({program.states[state].place, count});
  }
  std::map<std::string, UnlistedAt> places;
  for (UnlistedField& field : sanitizer.unlisted()) {
    UnlistedAt& at = places[program.states[field.object].place + ".<unlisted>"];
    at.count += field.count;
    if (!field.name.empty()) at.names.push_back(std::move(field.name));
  }
  for (auto& [place, at] : places) {
    at.place = place;
    record.unlisted.push_back(std::move(at));
  }
}

OutputFile::Options file_options(const ProxyContext& context, const Settings& settings) {
  return {context.files, settings.timeouts.idle};
}

/// Asks for the answer's head, and notes what the log tells of it.
Task<ResponseHead> ask_zoom(Exchange& exchange, const UpstreamRequest& request,
                            RequestRecord& record) {
  ResponseHead answer = co_await exchange.start(request);
  record.upstream_status = answer.status;
  record.tracking_id = checked_tracking_id(answer.fields);
  co_return answer;
}

/// Tells the client where the answer will be, once the credentials and the place are known to be
/// good: what fails after that only the log can tell.
Task<AsyncJob> accept_for_later(const ProxyContext& context,
                                std::shared_ptr<const Snapshot> snapshot, std::size_t endpoint,
                                UpstreamRequest request, ResponseWriter& writer,
                                RequestRecord& record) {
  const Settings& settings = *snapshot->settings;
  const auto received = std::chrono::system_clock::now();
  const std::string key = output_key(received, record.request_id);
  const auto token = co_await context.tokens.get(request.deadline);
  OutputFile::Options options = file_options(context, settings);
  std::string path = settings.output.async_directory + '/' + key;
  OutputFile file = co_await create_result(std::move(options), std::move(path));
  begin_async_answer(settings.output, record.request_id, key, received, writer);
  co_await writer.finish();
  record.async = true;
  co_return AsyncJob{std::move(snapshot), endpoint, std::move(request), std::move(file)};
}

/// Allowed by the rules as sent, and again with its tokens decoded.
CheckedTarget allowed_target(const Snapshot& snapshot, const RequestHead& head) {
  const Settings& settings = *snapshot.settings;
  const std::string asked = requested_target(head, settings.listen.path_prefix);
  const Cause bad_token = settings.compat.url_token_error == UrlTokenError::server_error
                              ? Cause::failed_to_build_url
                              : Cause::tokenized_request_parameter_invalid;
  return check_target(*snapshot.engine, head.method, asked, bad_token);
}

/// What goes to Zoom, with the client's body; the values of the body's tokens join those of the
/// target's.
Task<UpstreamRequest> upstream_request(const ProxyContext& context, const Snapshot& snapshot,
                                       HttpReader& reader, const RequestHead& head,
                                       CheckedTarget& target, ResponseWriter& writer,
                                       RequestRecord& record) {
  const Engine& engine = *snapshot.engine;
  const Settings::Timeouts& timeouts = snapshot.settings->timeouts;
  UpstreamRequest request;
  request.method = head.method;
  request.target = context.base_path + target.upstream;
  request.fields = request_fields(head.fields, engine, target.endpoint, target.identifiers);
  request.deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(timeouts.total);
  request.turn = rate_turn(context, engine.rate_label(target.endpoint), head, record.peer);
  request.calls = &record.calls;
  const auto idle = std::chrono::duration_cast<Clock::duration>(timeouts.idle);
  std::string sent;
  if (head.has_body) {
    co_await ask_for_body(head, writer);
    sent = co_await read_client_body(reader, request.deadline, idle);
  }
  const Endpoint& endpoint = engine.rules().endpoints[target.endpoint];
  DecodedText body = outgoing_body(endpoint, engine.codec(), head.fields, sent);
  request.body = std::move(body.text);
  if (!request.body.empty() && !request.fields.find("Content-Type")) {
    const std::string type = utf8_media_type(head.fields).value_or("");
    if (!type.empty()) request.fields.add("Content-Type", type);
  }
  std::ranges::move(body.values, std::back_inserter(target.identifiers));
  co_return request;
}

/// Zoom's answer through the sanitizer, to the client and, where that is set, into a file.
Task<> answer_sanitized(const ProxyContext& context, const Snapshot& snapshot, Exchange& exchange,
                        const ResponseHead& answer, const CheckedTarget& target, bool to_head,
                        ResponseWriter& writer, RequestRecord& record) {
  const Engine& engine = *snapshot.engine;
  const Settings& settings = *snapshot.settings;
  check_answer(answer, to_head);
  const auto now = std::chrono::system_clock::now();
  Fields fields = response_fields(answer.fields, target.identifiers, now);
  fields.add("Content-Type", body_type(answer.fields) == BodyType::ndjson
                                 ? "application/x-ndjson; charset=utf-8"
                                 : "application/json; charset=utf-8");
  add_metadata_fields(engine, fields);
  writer.begin(answer.status, std::move(fields), ResponseWriter::Body::compressible);
  ClientSink sink(writer);
  if (!settings.output.side_directory.empty() && !to_head) {
    OutputFile::Options options = file_options(context, settings);
    std::string path = settings.output.side_directory + '/' + output_key(now, record.request_id);
    co_await sink.copy_to(std::move(options), std::move(path));
  }
  Sanitizer sanitizer = engine.sanitizer(target.endpoint);
  co_await sanitize_body(exchange, sanitizer, sink, record);
  record_findings(sanitizer, engine.program(target.endpoint), record);
  co_await sink.finish();
}

}  // namespace

Task<std::optional<AsyncJob>> handle_proxy_request(const ProxyContext& context, HttpReader& reader,
                                                   const RequestHead& head, ResponseWriter& writer,
                                                   RequestRecord& record) {
  const std::shared_ptr<const Snapshot> snapshot = record.snapshot;
  const Engine& engine = *snapshot->engine;
  const Settings& settings = *snapshot->settings;

  // What the client asks for.
  check_control_fields(head.fields, engine.codec(), settings.development_mode);
  CheckedTarget target = allowed_target(*snapshot, head);
  record.route = engine.rules().endpoints[target.endpoint].name();
  const bool later = prefers_async(head.fields);
  if (later && settings.output.async_directory.empty()) {
    throw Failure(Cause::async_handler_dispatch, "answers are not given later here");
  }
  UpstreamRequest request =
      co_await upstream_request(context, *snapshot, reader, head, target, writer, record);
  if (later) {
    co_return co_await accept_for_later(context, snapshot, target.endpoint, std::move(request),
                                        writer, record);
  }

  // Exchange: token, connection, Zoom's answer.
  Exchange exchange(context.pool, context.tokens, settings);
  const ResponseHead answer = co_await ask_zoom(exchange, request, record);
  check_status(answer);
  if (answer.status >= 300) {
    co_await answer_zoom_error(exchange, answer, target.identifiers, writer, record);
  } else if (asks_to_skip_sanitizer(head.fields)) {
    co_await answer_unsanitized(exchange, answer, target.identifiers, writer);
  } else {
    co_await answer_sanitized(context, *snapshot, exchange, answer, target, head.method == "HEAD",
                              writer, record);
  }
  co_return std::nullopt;
}

Task<> run_async_job(const ProxyContext& context, AsyncJob job, RequestRecord& record) {
  const Engine& engine = *job.snapshot->engine;
  const Settings& settings = *job.snapshot->settings;
  job.request.deadline =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(settings.timeouts.total));
  Exchange exchange(context.pool, context.tokens, settings);
  const ResponseHead answer = co_await ask_zoom(exchange, job.request, record);
  check_status(answer);
  if (answer.status >= 300) {
    throw Failure(Cause::api_error, "Zoom answered with an error");
  }
  check_answer(answer, job.request.method == "HEAD");
  FileSink sink(std::move(job.file));
  Sanitizer sanitizer = engine.sanitizer(job.endpoint);
  co_await sanitize_body(exchange, sanitizer, sink, record);
  record_findings(sanitizer, engine.program(job.endpoint), record);
  co_await sink.finish();
}

}  // namespace zoom_proxy
