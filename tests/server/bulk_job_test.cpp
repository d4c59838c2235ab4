#include "server/bulk_job.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>

#include "rules/format/encoding.hpp"
#include "rules/format/gzip.hpp"
#include "rules/limits.hpp"

namespace zoom_proxy {
namespace {

constexpr std::size_t kThreads[] = {0, 1, 2, 4};

/// Counts while it lives.
class Busy {
 public:
  explicit Busy(std::atomic<int>& count) : count_(count) { ++count_; }
  ~Busy() { --count_; }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  std::atomic<int>& count_;
};

/// Lines in lower case, in pieces of some of them; a line REFUSED is an error.
class Lines : public BulkSanitizer {
 public:
  explicit Lines(std::size_t piece_bytes) : piece_bytes_(piece_bytes) {}

  bool cut(std::string& buffer, bool last, BulkPiece& piece) override {
    largest_buffer = std::max(largest_buffer, buffer.size());
    if (buffer.compare(0, 5, "UNCUT") == 0) throw BulkError("cannot be cut");
    const std::size_t line_end = buffer.find('\n', std::min(buffer.size(), piece_bytes_ - 1));
    if (line_end == std::string::npos && (!last || buffer.empty())) return false;
    const std::size_t size = line_end == std::string::npos ? buffer.size() : line_end + 1;
    piece.head = number_ == 0 ? "head\n" : "";
    piece.text = buffer.substr(0, size);
    piece.number = number_++;
    buffer.erase(0, size);
    return true;
  }

  void sanitize(BulkPiece& piece, std::string& out, BulkCounts& counts) const override {
    const Busy busy(at_work);
    if (piece.number % 3 == 0) std::this_thread::yield();  // so that the order of ends changes
    if (piece.text.find("REFUSED") != std::string::npos)
      throw BulkError("refused in piece " + std::to_string(piece.number));
    out += piece.head + ascii_lower(piece.text);
    const auto rows = std::count(piece.text.begin(), piece.text.end(), '\n');
    counts.rows += static_cast<std::uint64_t>(rows);
    counts.changed["Name"] += 2;
  }

  void finish(std::string& out) override { out += "end\n"; }
  const std::vector<std::string>& warnings() const override { return warnings_; }

  mutable std::atomic<int> at_work = 0;
  std::size_t largest_buffer = 0;

 private:
  std::size_t piece_bytes_;
  std::uint64_t number_ = 0;
  std::vector<std::string> warnings_{"a warning"};
};

class TextSource : public BulkSource {
 public:
  explicit TextSource(std::string text, std::size_t step = 1000)
      : text_(std::move(text)), step_(step) {}
  std::size_t read(std::span<char> into) override {
    if (at_ >= fail_at) throw std::system_error(EIO, std::generic_category(), "read");
    const std::size_t count = std::min({into.size(), step_, text_.size() - at_});
    std::copy_n(text_.data() + at_, count, into.data());
    at_ += count;
    return count;
  }
  std::size_t fail_at = std::string::npos;

 private:
  std::string text_;
  std::size_t step_;
  std::size_t at_ = 0;
};

class TextSink : public BulkSink {
 public:
  void write(std::string_view bytes) override {
    if (text.size() + bytes.size() > capacity)
      throw std::system_error(ENOSPC, std::generic_category(), "write");
    text += bytes;
  }
  std::string text;
  std::size_t capacity = std::string::npos;
};

std::string gzip(std::string_view text) {
  std::string out;
  Deflater deflater;
  deflater.deflate(text, out);
  deflater.finish(out);
  return out;
}

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "Line " + std::to_string(i) + '\n';
  return text;
}

constexpr int kLines = 5000;
constexpr std::size_t kPiece = 200;

std::string expected() { return "head\n" + ascii_lower(lines(kLines)) + "end\n"; }

/// Runs a job over the text and returns what was written.
struct Ran {
  std::string out;
  BulkResult result;
};
Ran run(const std::string& text, std::size_t threads, BulkGzip gzip = BulkGzip::as_input) {
  Lines sanitizer(kPiece);
  TextSource source(text);
  TextSink sink;
  BulkWorkers workers(threads);
  Ran ran;
  ran.result = run_bulk_job(sanitizer, {source, sink, gzip, {}}, workers);
  ran.out = std::move(sink.text);
  return ran;
}

/// What a job over the text says when it refuses it.
std::string refusal(const std::string& text, std::size_t threads) {
  try {
    run(text, threads);
  } catch (const BulkError& error) {
    return error.what();
  }
  return "";
}

TEST(BulkJob, KeepsTheOrderAndAddsTheCountsWithAnyNumberOfThreads) {
  const std::string text = lines(kLines);
  std::uint64_t pieces = 0;
  for (const std::size_t threads : kThreads) {
    const Ran ran = run(text, threads);
    EXPECT_TRUE(ran.out == expected()) << threads;
    EXPECT_EQ(ran.result.counts.rows, static_cast<std::uint64_t>(kLines));
    EXPECT_EQ(ran.result.bytes_in, text.size());
    EXPECT_EQ(ran.result.bytes_out, ran.out.size());
    EXPECT_EQ(ran.result.warnings, std::vector<std::string>{"a warning"});
    const std::uint64_t changed = ran.result.counts.changed.at("Name");
    if (pieces == 0) pieces = changed;
    EXPECT_EQ(changed, pieces);
  }
  EXPECT_GT(pieces, 100U);
}

/// Lines that become much.
class Growing : public Lines {
 public:
  static constexpr std::size_t kTimes = 500;
  using Lines::Lines;

  void sanitize(BulkPiece& piece, std::string& out, BulkCounts& counts) const override {
    std::string once;
    Lines::sanitize(piece, once, counts);
    for (std::size_t i = 0; i < kTimes; ++i) out += once;
    made += kTimes * once.size();
  }
  mutable std::atomic<std::size_t> made = 0;
};

TEST(BulkJob, WhatLittleTextBecomesIsNotHeldTogether) {
  /// Most that was made and not written.
  class Sink : public BulkSink {
   public:
    explicit Sink(const Growing& growing) : growing_(growing) {}
    void write(std::string_view bytes) override {
      held = std::max(held, growing_.made - written);
      written += bytes.size();
    }
    std::size_t held = 0;
    std::size_t written = 0;

   private:
    const Growing& growing_;
  };
  const std::string text = lines(kLines);
  for (const std::size_t threads : kThreads) {
    Growing sanitizer(kPiece);
    TextSource source(text);
    Sink sink(sanitizer);
    BulkWorkers workers(threads);
    const BulkResult result = run_bulk_job(sanitizer, {source, sink, BulkGzip::no, {}}, workers);
    EXPECT_EQ(result.counts.rows, static_cast<std::uint64_t>(kLines));
    EXPECT_EQ(sink.written, Growing::kTimes * (text.size() + 5) + 4) << "with head and end";
    EXPECT_LT(sink.held, std::size_t{4} << 20);
  }
}

TEST(BulkJob, AnEmptyTextHasOnlyAnEnd) {
  for (const std::size_t threads : kThreads) {
    EXPECT_EQ(run("", threads).out, "end\n");
    EXPECT_EQ(gunzip(run("", threads, BulkGzip::yes).out, 100), "end\n");
  }
}

TEST(BulkJob, GzipComesOutWhereItCameInOrIsAskedFor) {
  const std::string text = lines(kLines);
  std::string first;
  for (const std::size_t threads : kThreads) {
    const std::string out = run(gzip(text), threads).out;
    EXPECT_TRUE(gunzip(out, 1'000'000) == expected()) << threads;
    if (first.empty()) first = out;
    EXPECT_TRUE(out == first) << "the same bytes whatever the number of threads";
    EXPECT_TRUE(run(text, threads, BulkGzip::yes).out == first);
  }
}

TEST(BulkJob, TheFirstErrorOfTheTextEndsIt) {
  std::string text = lines(kLines);
  text.replace(text.find("Line 3000"), 7, "REFUSED");
  text.replace(text.find("Line 3900"), 7, "REFUSED");
  const std::string error = refusal(text, 0);
  EXPECT_NE(error.find("refused in piece"), std::string::npos);
  for (int repeat = 0; repeat < 20; ++repeat)
    for (const std::size_t threads : kThreads) EXPECT_EQ(refusal(text, threads), error) << threads;
}

TEST(BulkJob, AnErrorOfThePiecesCountsBeforeOneBehindThem) {
  const std::string text = "REFUSED" + std::string(kPiece, ' ') + "\nUNCUT";
  for (const std::size_t threads : kThreads)
    EXPECT_EQ(refusal(text, threads), "refused in piece 0");
}

TEST(BulkJob, NothingIsWrittenWhenTheFirstPieceIsRefused) {
  for (const std::size_t threads : kThreads) {
    Lines sanitizer(kPiece);
    TextSource source("REFUSED\n" + lines(kLines));
    TextSink sink;
    BulkWorkers workers(threads);
    EXPECT_THROW((void)run_bulk_job(sanitizer, {source, sink, BulkGzip::yes, {}}, workers),
                 BulkError);
    EXPECT_EQ(sink.text, "");
    EXPECT_EQ(sanitizer.at_work, 0);
  }
}

TEST(BulkJob, DamagedOrCutOffGzipIsRefused) {
  const std::string zipped = gzip(lines(kLines));
  std::string damaged = zipped;
  damaged[damaged.size() - 6] ^= 1;
  for (const std::size_t threads : kThreads) {
    EXPECT_EQ(refusal(damaged, threads), "the gzip is damaged; compress the file anew");
    EXPECT_EQ(refusal(zipped + "garbage behind it", threads),
              "the gzip is damaged; compress the file anew");
    EXPECT_EQ(refusal(zipped.substr(0, zipped.size() - 1), threads),
              "the gzip is cut off; copy the whole file");
  }
}

TEST(BulkJob, WhatSourceAndSinkAndProgressThrowEndsIt) {
  for (const std::size_t threads : kThreads) {
    BulkWorkers workers(threads);
    {
      Lines sanitizer(kPiece);
      TextSource source(lines(kLines));
      source.fail_at = 20'000;
      TextSink sink;
      EXPECT_THROW((void)run_bulk_job(sanitizer, {source, sink, {}, {}}, workers),
                   std::system_error);
      EXPECT_EQ(sanitizer.at_work, 0);
    }
    {
      Lines sanitizer(kPiece);
      TextSource source(lines(kLines));
      TextSink sink;
      sink.capacity = 20'000;
      EXPECT_THROW((void)run_bulk_job(sanitizer, {source, sink, {}, {}}, workers),
                   std::system_error);
    }
    {
      Lines sanitizer(kPiece);
      TextSource source(lines(kLines));
      TextSink sink;
      const auto stop = [](const BulkProgress& progress) {
        if (progress.rows > 1000) throw std::runtime_error("enough");
      };
      EXPECT_THROW((void)run_bulk_job(sanitizer, {source, sink, {}, stop}, workers),
                   std::runtime_error);
    }
  }
}

TEST(BulkJob, TellsItsProgress) {
  Lines sanitizer(kPiece);
  TextSource source(lines(kLines));
  TextSink sink;
  BulkWorkers workers(2);
  BulkProgress last;
  const auto progress = [&](const BulkProgress& now) {
    EXPECT_GT(now.rows, last.rows);
    EXPECT_GE(now.bytes_in, last.bytes_in);
    last = now;
  };
  (void)run_bulk_job(sanitizer, {source, sink, {}, progress}, workers);
  EXPECT_EQ(last.rows, static_cast<std::uint64_t>(kLines));
  EXPECT_EQ(last.bytes_in, lines(kLines).size());
}

TEST(BulkJob, ManyJobsShareTheSameWorkers) {
  BulkWorkers workers(2);
  std::vector<std::thread> jobs;
  std::atomic<int> right = 0;
  for (int i = 0; i < 4; ++i) {
    jobs.emplace_back([&] {
      Lines sanitizer(kPiece);
      TextSource source(lines(kLines));
      TextSink sink;
      (void)run_bulk_job(sanitizer, {source, sink, {}, {}}, workers);
      if (sink.text == expected()) ++right;
    });
  }
  for (std::thread& job : jobs) job.join();
  EXPECT_EQ(right, 4);
}

TEST(BulkJob, HoldsNoMoreThanABufferAndARead) {
  constexpr std::size_t kRead = std::size_t{64} << 10;
  const std::string text = lines(500'000);
  for (const std::string& input : {text, gzip(text)}) {
    Lines sanitizer(limits::kBulkBufferBytes - 100);
    TextSource source(input, kRead);
    TextSink sink;
    BulkWorkers workers(0);
    (void)run_bulk_job(sanitizer, {source, sink, {}, {}}, workers);
    EXPECT_LE(sanitizer.largest_buffer, limits::kBulkBufferBytes + kRead);
    EXPECT_GT(sanitizer.largest_buffer, limits::kBulkBufferBytes - 100);
  }
}

}  // namespace
}  // namespace zoom_proxy
