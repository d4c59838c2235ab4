#include "server/exchange.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <exception>
#include <random>
#include <stdexcept>
#include <utility>

#include "rules/format/encoding.hpp"
#include "rules/format/gzip.hpp"
#include "server/backoff.hpp"
#include "server/connection_pool.hpp"
#include "server/failure.hpp"
#include "server/http_syntax.hpp"
#include "server/retry_after.hpp"
#include "server/token_cache.hpp"

namespace zoom_proxy {
namespace {

namespace json = boost::json;
using Lease = ConnectionPool::Lease;
using Reuse = ConnectionPool::Reuse;

/// Header lines of an answer; Zoom sends about 30.
constexpr std::size_t kResponseHeaders = 200;

/// An error body that is worth looking into, inflated. Zoom's have some hundred bytes.
constexpr std::size_t kErrorBodyBytes = std::size_t{64} * 1024;

/// Zoom's codes have at most five digits.
constexpr std::size_t kErrorCodeDigits = 10;

/// Zoom's code for a token that it does not, or no longer, accept.
constexpr std::string_view kBadTokenCode = "124";

/// JSON shrinks by gzip to a fifth, repetitive JSON to a hundredth. More than this, once so much
/// has been inflated, is made to burn our time.
constexpr std::uint64_t kBombRatio = 200;
constexpr std::uint64_t kBombBytes = std::uint64_t{64} << 20;

constexpr std::size_t kReadBytes = std::size_t{16} * 1024;

bool is_success(unsigned status) { return status / 100 == 2; }

enum class Coding { none, gzip, unknown };

Coding coding_of(const Fields& fields) {
  const auto value = fields.find("Content-Encoding");
  if (!value) return Coding::none;
  if (fields.count("Content-Encoding") > 1) return Coding::unknown;
  const std::string_view name = trimmed(*value);
  if (name.empty() || ascii_iequals(name, "identity")) return Coding::none;
  if (ascii_iequals(name, "gzip") || ascii_iequals(name, "x-gzip")) return Coding::gzip;
  return Coding::unknown;
}

/// Zoom's {"code": 124, "message": "…"}; the code comes as a number or as text.
ZoomError read_zoom_error(std::string_view body) {
  ZoomError result;
  json::error_code error;
  const json::value value = json::parse({body.data(), body.size()}, error);
  const json::object* object = error ? nullptr : value.if_object();
  if (object == nullptr) return result;
  if (const json::value* code = object->if_contains("code")) {
    if (code->is_int64()) result.code = std::to_string(code->get_int64());
    if (code->is_string()) result.code = std::string(std::string_view(code->get_string()));
  }
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (result.code.size() > kErrorCodeDigits ||
      !std::all_of(result.code.begin(), result.code.end(), digit)) {
    result.code.clear();
  }
  const json::value* message = object->if_contains("message");
  if (message != nullptr && message->is_string()) {
    result.message = std::string(std::string_view(message->get_string()));
  }
  return result;
}

/// What broke, in words that hold nothing of the answer.
Failure explain(const std::exception_ptr& error, const Origin& origin) {
  try {
    std::rethrow_exception(error);
  } catch (const Failure& failure) {
    return failure;
  } catch (const HttpError& e) {
    return Failure(Cause::bad_source_response,
                   "the answer of " + origin.host + " is not sound HTTP: " + e.what());
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::beast::error::timeout) {
      return Failure(Cause::source_api_read_timeout,
                     origin.host + " did not answer in time (timeouts.*)");
    }
    return Failure(Cause::bad_source_response,
                   "the connection to " + origin.host + " broke: " + e.code().message());
  }
}

/// Evenly from [0, 1).
double random_share() {
  thread_local std::mt19937_64 numbers{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(numbers);
}

bool is_timeout(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    return e.code() == boost::beast::error::timeout;
  } catch (...) {
    return false;
  }
}

}  // namespace

struct Exchange::Impl {
  Impl(ConnectionPool& p, TokenCache& t, const Settings& s) : pool(p), tokens(t), settings(s) {}

  [[nodiscard]] std::string request_text(const UpstreamRequest& request,
                                         std::string_view token) const;
  /// Waits for the request's turn; then a token, which that wait may have outlasted.
  Task<std::shared_ptr<const AccessToken>> wait_for_turn(const UpstreamRequest& request);
  /// One answer. True when Zoom does not accept the token, which is the one that was sent last.
  Task<bool> ask(const UpstreamRequest& request, std::shared_ptr<const AccessToken>& token);
  /// How long to wait before the next attempt; nothing when Zoom's answer is to be passed on.
  Task<std::optional<Seconds>> wait_before_retry(std::string_view method, std::size_t retries);
  /// False when a reused connection turned out dead before a byte of the answer came.
  Task<bool> try_once(const UpstreamRequest& request, std::string_view token, Reuse reuse);
  Task<> send(const UpstreamRequest& request, std::string_view token);
  /// The body as it came, with the idle deadline for each piece.
  Task<std::size_t> read_wire(std::span<char> into);
  Task<std::size_t> read_gzip(std::span<char> into);
  /// Body bytes, inflated; 0 at the whole end, after which the connection is given back.
  Task<std::size_t> read_decoded(std::span<char> into);
  Task<ZoomError> collect_error();
  void start_body();
  void finish() noexcept;
  void close() noexcept {
    reader.reset();
    lease.reset();
  }
  [[nodiscard]] Clock::time_point soon(Seconds seconds) const {
    return std::min(deadline, Clock::now() + std::chrono::duration_cast<Clock::duration>(seconds));
  }
  [[noreturn]] void fail(const char* what) {
    close();
    throw Failure(Cause::bad_source_response, "the body from " + pool.origin().host + " " + what);
  }

  ConnectionPool& pool;
  TokenCache& tokens;
  const Settings& settings;
  Clock::time_point deadline;
  std::optional<Lease> lease;
  std::optional<HttpReader> reader;  ///< refers to the lease's stream
  ResponseHead head;
  Coding coding = Coding::none;
  std::optional<ZoomError> error;

  // The body.
  std::optional<Inflater> inflater;
  std::vector<char> wire;         ///< of gzip: one piece as it came
  std::span<const char> pending;  ///< what is left of it
  std::uint64_t wire_bytes = 0;
  std::uint64_t inflated_bytes = 0;
  bool wire_ended = false;
};

std::string Exchange::Impl::request_text(const UpstreamRequest& request,
                                         std::string_view token) const {
  Fields fields;
  fields.add("Host", authority(pool.origin()));
  fields.add("Authorization", "Bearer " + std::string(token));
  // What the rules let through replaces a default of the same name; what frames the message or
  // proves who we are never comes from outside.
  constexpr std::array<std::string_view, 7> kOurs{
      "Host",       "Authorization",     "Accept-Encoding", "Content-Length",
      "Connection", "Transfer-Encoding", "Expect"};
  for (const Fields::Field& field : request.fields) {
    const auto same = [&](std::string_view name) { return ascii_iequals(name, field.name); };
    if (std::none_of(kOurs.begin(), kOurs.end(), same)) fields.add(field.name, field.value);
  }
  if (!fields.find("Accept")) fields.add("Accept", "application/json");
  fields.add("Accept-Encoding", "gzip");
  if (!fields.find("User-Agent")) fields.add("User-Agent", settings.zoom.user_agent);
  if (!request.body.empty()) {
    if (!fields.find("Content-Type")) fields.add("Content-Type", "application/json");
    fields.add("Content-Length", std::to_string(request.body.size()));
  } else if (request.method != "GET" && request.method != "HEAD") {
    fields.add("Content-Length", "0");
  }
  return request_head_text(request.method, request.target, fields) + request.body;
}

Task<> Exchange::Impl::send(const UpstreamRequest& request, std::string_view token) {
  Stream& stream = lease->stream();
  const HttpLimits limits{.head_bytes = settings.limits.response_head_bytes,
                          .headers_count = kResponseHeaders,
                          .target_bytes = 0,
                          .body_bytes = settings.limits.response_body_bytes};
  reader.emplace(stream, limits);
  stream.expires_at(soon(settings.timeouts.response_head));
  const std::string text = request_text(request, token);
  // RFC 9112 section 9.2. What comes from here on may be an answer to this request.
  if (!stream.idle_and_open()) {
    throw HttpError(400, "closed, or answered, before anything was asked");
  }
  co_await stream.write(text);
  head = co_await reader->read_response_head(request.method == "HEAD");
}

Task<bool> Exchange::Impl::try_once(const UpstreamRequest& request, std::string_view token,
                                    Reuse reuse) {
  close();
  std::vector<UpstreamCall> nobody_asks;
  std::vector<UpstreamCall>& calls = request.calls != nullptr ? *request.calls : nobody_asks;
  UpstreamCall& call = calls.emplace_back();
  Lease acquired = co_await pool.acquire(deadline, reuse);
  lease.emplace(std::move(acquired));
  std::exception_ptr broken;
  const Clock::time_point began = Clock::now();
  try {
    co_await send(request, token);
  } catch (...) {
    broken = std::current_exception();
  }
  call.duration = Clock::now() - began;
  if (!broken) {
    call.status = head.status;
    start_body();
    co_return true;
  }
  const bool idempotent = request.method == "GET" || request.method == "HEAD";
  const bool dead = lease->reused() && !reader->received_any() && !is_timeout(broken);
  close();
  if (dead && idempotent && reuse == Reuse::allowed) co_return false;
  throw explain(broken, pool.origin());
}

void Exchange::Impl::start_body() {
  error.reset();
  inflater.reset();
  pending = {};
  wire_bytes = inflated_bytes = 0;
  wire_ended = false;
  coding = coding_of(head.fields);
  if (coding == Coding::unknown && is_success(head.status)) {
    fail("has a Content-Encoding that was not asked for");
  }
}

Task<std::size_t> Exchange::Impl::read_wire(std::span<char> into) {
  if (wire_ended) co_return 0;
  if (!reader) throw std::logic_error("an exchange without a connection");
  lease->stream().expires_at(soon(settings.timeouts.idle));
  std::exception_ptr broken;
  std::size_t count = 0;
  try {
    count = co_await reader->read_body(into);
  } catch (...) {
    broken = std::current_exception();
  }
  if (broken) {
    close();
    throw explain(broken, pool.origin());
  }
  wire_bytes += count;
  wire_ended = count == 0;
  co_return count;
}

Task<std::size_t> Exchange::Impl::read_gzip(std::span<char> into) {
  if (!inflater) inflater.emplace();
  wire.resize(kReadBytes);
  for (;;) {
    const Inflater::Step step = inflater->inflate(pending, into);
    if (step.result == Inflater::Result::bad) fail("is damaged gzip, or goes on after it");
    pending = pending.subspan(step.used);
    inflated_bytes += step.made;
    if (inflated_bytes > settings.limits.response_body_bytes) {
      fail("is longer than limits.response_body_bytes");
    }
    if (inflated_bytes > kBombBytes && inflated_bytes / kBombRatio > wire_bytes) {
      fail("is a gzip bomb");
    }
    if (step.made > 0) co_return step.made;
    if (!pending.empty()) {
      if (step.used == 0) fail("is damaged gzip");
      continue;
    }
    const std::size_t count = co_await read_wire(wire);
    pending = std::span<const char>(wire.data(), count);
    if (count > 0) continue;
    if (wire_bytes > 0 && !inflater->finished()) fail("is gzip that was cut off");
    co_return 0;
  }
}

Task<std::size_t> Exchange::Impl::read_decoded(std::span<char> into) {
  std::size_t count = 0;
  if (coding == Coding::gzip) {
    count = co_await read_gzip(into);
  } else {
    count = co_await read_wire(into);
  }
  if (count == 0) finish();
  co_return count;
}

/// The whole answer has come: the connection is good for another one unless Zoom says otherwise or
/// has sent more than the answer.
void Exchange::Impl::finish() noexcept {
  if (!lease) return;
  const bool reusable = head.keep_alive && !reader->has_leftover();
  reader.reset();
  if (reusable) lease->give_back();
  lease.reset();
}

Task<ZoomError> Exchange::Impl::collect_error() {
  std::string body;
  if (coding == Coding::unknown) {
    close();
    co_return ZoomError{};
  }
  std::array<char, 4096> piece{};
  bool readable = true;
  try {
    for (;;) {
      const std::size_t count = co_await read_decoded(piece);
      if (count == 0) break;
      readable = body.size() + count <= kErrorBodyBytes;
      if (!readable) break;
      body.append(piece.data(), count);
    }
  } catch (const Failure&) {
    readable = false;
  }
  if (!readable) {
    close();
    co_return ZoomError{};
  }
  co_return read_zoom_error(body);
}

Exchange::Exchange(ConnectionPool& pool, TokenCache& tokens, const Settings& settings)
    : impl_(std::make_unique<Impl>(pool, tokens, settings)) {}
Exchange::~Exchange() = default;

Task<std::shared_ptr<const AccessToken>> Exchange::Impl::wait_for_turn(
    const UpstreamRequest& request) {
  // A token comes first, so that those who wait for the first one do not leave all at once.
  std::shared_ptr<const AccessToken> token = co_await tokens.get(deadline);
  if (request.turn.limiter == nullptr) co_return token;
  co_await request.turn.limiter->wait_for_turn(request.turn.label, request.turn.client, deadline);
  token = co_await tokens.get(deadline);
  co_return token;
}

Task<bool> Exchange::Impl::ask(const UpstreamRequest& request,
                               std::shared_ptr<const AccessToken>& token) {
  token = co_await wait_for_turn(request);
  const bool answered = co_await try_once(request, token->text, Reuse::allowed);
  if (!answered) {
    token = co_await wait_for_turn(request);
    co_await try_once(request, token->text, Reuse::never);
  }
  if (head.status != 401 && head.status != 400) co_return false;
  error = co_await collect_error();
  co_return head.status == 401 || error->code == kBadTokenCode;
}

Task<std::optional<Seconds>> Exchange::Impl::wait_before_retry(std::string_view method,
                                                               std::size_t retries) {
  if (retries >= settings.zoom.retries || !may_retry(method, head.status)) co_return std::nullopt;
  Attempt attempt;
  attempt.retries = retries;
  if (const auto value = head.fields.find("Retry-After")) {
    attempt.retry_after = retry_after_seconds(*value, std::chrono::system_clock::now());
    if (!attempt.retry_after) co_return std::nullopt;  // a wish, but not one that we understand
  }
  error = co_await collect_error();  // the connection is free for others meanwhile
  attempt.left = deadline - Clock::now();
  co_return retry_wait(attempt, random_share());
}

Task<ResponseHead> Exchange::start(const UpstreamRequest& request) {
  Impl& my = *impl_;
  my.deadline = request.deadline;
  bool fresh_token = false;
  for (std::size_t retries = 0;;) {
    std::shared_ptr<const AccessToken> token;
    const bool token_refused = co_await my.ask(request, token);
    if (token_refused) {
      if (fresh_token) co_return my.head;  // a brand-new one: the fault is not in it
      fresh_token = true;
      my.tokens.invalidate(token);
      continue;
    }
    const std::optional<Seconds> wait = co_await my.wait_before_retry(request.method, retries);
    if (!wait) co_return my.head;
    ++retries;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_after(std::chrono::duration_cast<Clock::duration>(*wait));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

Task<std::size_t> Exchange::read_body(std::span<char> into) {
  if (!is_success(impl_->head.status)) throw std::logic_error("read_body of a refusal");
  co_return co_await impl_->read_decoded(into);
}

Task<ZoomError> Exchange::read_error() {
  if (impl_->error) co_return *impl_->error;
  co_return co_await impl_->collect_error();
}

}  // namespace zoom_proxy
