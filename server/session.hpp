#pragma once
// Client connections: requests one after another, dispatch, refusals, the access log.

#include <boost/asio/cancellation_signal.hpp>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "server/admin_handler.hpp"
#include "server/auth/inbound_auth.hpp"
#include "server/proxy_handler.hpp"

namespace zoom_proxy {

/// The client connections of one worker. Not thread-safe: it lives on that worker. What it refers
/// to must outlive it, and it its connections.
class Sessions {
 public:
  Sessions(ProxyContext context, InboundAuth& auth, const Lifecycle& lifecycle);

  /// Serves one connection until its end. `opening` makes it, with TLS or without; null: it did not
  /// come about. Throws nothing.
  [[nodiscard]] Task<> serve(Task<std::unique_ptr<Stream>> opening);

  /// Requests that begin from now on go by this one.
  void use(std::shared_ptr<const Snapshot> snapshot) noexcept;

  /// Ends the connections that wait for a request; the others end after the one they serve when
  /// Lifecycle::draining is set. `new_ones`: also those that have not had a request yet.
  void close_idle(bool new_ones) noexcept;

 private:
  struct Open {
    asio::cancellation_signal end_of_wait;  ///< of endable() work: no request is being served
    bool is_new = true;                     ///< its first request is still to come
  };
  struct Refusal;
  struct Outcome;

  /// Does the work as a coroutine of its own, so that close_idle() can end it and nothing else.
  template <class Result>
  [[nodiscard]] static Task<Result> endable(Open& open, Task<Result> work);
  [[nodiscard]] Task<> serve_requests(Stream& stream, Open& open);
  /// True when another request may follow.
  [[nodiscard]] Task<bool> serve_request(Stream& stream, HttpReader& reader,
                                         const RequestHead& head);
  [[nodiscard]] Task<> refuse_head(Stream& stream, unsigned status, std::string message);
  /// Answers, or tells what the client is to be told. Throws nothing.
  [[nodiscard]] Task<Outcome> try_answer(Stream& stream, HttpReader& reader,
                                         const RequestHead& head, ResponseWriter& writer,
                                         RequestRecord& record);
  /// What is to be done once the answer is sent and the connection closed, if anything.
  [[nodiscard]] Task<std::optional<AsyncJob>> dispatch(Stream& stream, HttpReader& reader,
                                                       const RequestHead& head,
                                                       ResponseWriter& writer,
                                                       RequestRecord& record);
  /// Does that. Throws nothing: the record tells how it went.
  [[nodiscard]] Task<> run_later(AsyncJob job, RequestRecord& record);
  /// False when nothing can be sent any more.
  [[nodiscard]] Task<bool> refuse(Stream& stream, ResponseWriter& writer, const Refusal& refusal,
                                  std::string_view request_id);
  [[nodiscard]] ResponseWriter::Options writer_options(bool head_request, bool keep_alive) const;
  [[nodiscard]] std::string next_request_id();

  [[nodiscard]] const Settings& settings() const { return *context_.snapshot->settings; }

  ProxyContext context_;
  InboundAuth& auth_;
  const Lifecycle& lifecycle_;
  std::list<Open> open_;
  std::mt19937_64 ids_;
};

}  // namespace zoom_proxy
