#include "server/answer_sink.hpp"

#include <ctime>
#include <system_error>
#include <utility>

#include "server/failure.hpp"
#include "server/log.hpp"

namespace zoom_proxy {
namespace {

/// What a file gets at a time.
constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

Failure lost_result(const std::system_error& error) {
  return Failure(Cause::async_output,
                 "the answer's file cannot be written: " + error.code().message());
}

}  // namespace

Task<> ClientSink::copy_to(OutputFile::Options options, std::string path) {
  try {
    copy_.emplace(co_await OutputFile::create(std::move(options), std::move(path)));
  } catch (const std::system_error& error) {
    give_up(error.code().message());
  }
}

void ClientSink::give_up(const std::string& reason) {
  copy_.reset();
  writer_.add_field("X-Psoxy-Warning", "SIDE_OUTPUT_FAILURE_SANITIZED");
  log_event(LogLevel::warning, "side_output",
            "the copy of an answer was not written: " + reason +
                "; check output.side_directory and what is mounted there");
}

Task<> ClientSink::copy(bool last) {
  if (!copy_) co_return;
  try {
    std::string piece(writer_.unsent_body());
    co_await copy_->write(std::move(piece));
    if (last) co_await copy_->commit();
  } catch (const std::system_error& error) {
    give_up(error.code().message());
  }
}

Task<> ClientSink::flush() {
  co_await copy(false);
  co_await writer_.flush();
}

/// The copy first: only so can the head of a short answer say that it failed.
Task<> ClientSink::finish() {
  co_await copy(true);
  co_await writer_.finish();
}

bool FileSink::full() const { return body_.size() >= kPieceBytes; }

Task<> FileSink::flush() {
  try {
    co_await file_.write(std::exchange(body_, {}));
  } catch (const std::system_error& error) {
    throw lost_result(error);
  }
}

Task<> FileSink::finish() {
  co_await flush();
  try {
    co_await file_.commit();
  } catch (const std::system_error& error) {
    throw lost_result(error);
  }
}

Task<OutputFile> create_result(OutputFile::Options options, std::string path) {
  try {
    co_return co_await OutputFile::create(std::move(options), std::move(path));
  } catch (const std::system_error& error) {
    throw lost_result(error);
  }
}

std::string output_key(std::chrono::system_clock::time_point received,
                       std::string_view request_id) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(received);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char date[16];
  const std::size_t length = std::strftime(date, sizeof date, "%Y%m%d/", &utc);
  return std::string(date, length) + std::string(request_id);
}

}  // namespace zoom_proxy
