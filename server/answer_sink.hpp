#pragma once
// Where the sanitized bytes of an answer go: to the client, perhaps with a copy, or into a file.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "server/output_file.hpp"
#include "server/response_writer.hpp"

namespace zoom_proxy {

/// Used by one coroutine, which appends to body() and calls flush() when the sink is full.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  [[nodiscard]] virtual std::string& body() = 0;
  [[nodiscard]] virtual bool full() const = 0;
  [[nodiscard]] virtual Task<> flush() = 0;
  /// The answer is whole. Without this call no file remains.
  [[nodiscard]] virtual Task<> finish() = 0;
};

/// The client, who gets the answer whatever becomes of the copy. Throws as ResponseWriter does.
class ClientSink final : public AnswerSink {
 public:
  /// The writer must outlive it.
  explicit ClientSink(ResponseWriter& writer) : writer_(writer) {}

  /// From now on each byte is written to a file first. A file that fails is given up: a warning in
  /// the answer's head, if that is still here, and in the log.
  [[nodiscard]] Task<> copy_to(OutputFile::Options options, std::string path);

  [[nodiscard]] std::string& body() override { return writer_.body(); }
  [[nodiscard]] bool full() const override { return writer_.full(); }
  [[nodiscard]] Task<> flush() override;
  [[nodiscard]] Task<> finish() override;

 private:
  [[nodiscard]] Task<> copy(bool last);
  void give_up(const std::string& reason);

  ResponseWriter& writer_;
  std::optional<OutputFile> copy_;
};

/// A file alone. Throws Failure (async_output).
class FileSink final : public AnswerSink {
 public:
  explicit FileSink(OutputFile file) : file_(std::move(file)) {}

  [[nodiscard]] std::string& body() override { return body_; }
  [[nodiscard]] bool full() const override;
  [[nodiscard]] Task<> flush() override;
  [[nodiscard]] Task<> finish() override;

 private:
  OutputFile file_;
  std::string body_;
};

/// The file of a FileSink. Throws Failure (async_output).
[[nodiscard]] Task<OutputFile> create_result(OutputFile::Options options, std::string path);

/// The name of an answer's file below its directory: `yyyyMMdd/REQUESTID`, by UTC.
[[nodiscard]] std::string output_key(std::chrono::system_clock::time_point received,
                                     std::string_view request_id);

}  // namespace zoom_proxy
