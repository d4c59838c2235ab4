#include "rules/format/gzip_parts.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "rules/format/gzip.hpp"

namespace zoom_proxy {
namespace {

std::string joined(const std::vector<std::string>& texts) {
  GzipJoiner joiner;
  std::string out;
  for (const std::string& text : texts) joiner.append(compress_part(text), out);
  joiner.finish(out);
  return out;
}

std::string sum(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text;
  return all;
}

/// What `gzip -dc` makes of it, and its exit code.
std::string unzipped_by_gzip(const std::string& bytes, int& exit_code) {
  char path[] = "/tmp/gzip-parts-XXXXXX";
  const int descriptor = ::mkstemp(path);
  EXPECT_EQ(::write(descriptor, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  ::close(descriptor);
  FILE* const pipe = ::popen((std::string("gzip -dc < ") + path).c_str(), "r");
  std::string text;
  char room[4096];
  while (const std::size_t count = std::fread(room, 1, sizeof room, pipe)) text.append(room, count);
  exit_code = WEXITSTATUS(::pclose(pipe));
  ::unlink(path);
  return text;
}

std::string numbers(long count) {
  std::string text;
  for (long i = 0; i < count; ++i) text += std::to_string(i * i) + ",";
  return text;
}

/// Random letters: what pseudonyms look like to a compressor.
std::string noise(std::size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) text += static_cast<char>(random() & 0xFF);
  return text;
}

TEST(GzipParts, JoinedPartsAreOneMember) {
  const std::vector<std::vector<std::string>> cases = {
      {},
      {""},
      {"a"},
      {"", "a", "", "b", ""},
      {numbers(100'000), "x", numbers(1000), numbers(100'000)},
      {noise(1'000'000), noise(3)},
      std::vector<std::string>(300, "one short line\n"),
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string text = sum(cases[i]);
    const std::string zipped = joined(cases[i]);
    EXPECT_TRUE(gunzip(zipped, text.size()) == text) << i;
    int exit_code = -1;
    EXPECT_TRUE(unzipped_by_gzip(zipped, exit_code) == text) << i;
    EXPECT_EQ(exit_code, 0) << i;
  }
}

TEST(GzipParts, SizesAroundTheRoomForTheOutput) {
  const std::string text = noise(20'000);
  for (std::size_t size = 1; size < text.size(); size = size * 5 / 4 + 1) {
    const std::string part = text.substr(0, size);
    EXPECT_TRUE(gunzip(joined({part, part}), 2 * size) == part + part) << size;
  }
}

TEST(GzipParts, Compresses) {
  const std::string text = numbers(100'000);
  EXPECT_LT(joined({text}).size(), text.size() * 6 / 10);
  EXPECT_LT(joined({std::string(1'000'000, 'a')}).size(), 10'000U);
  EXPECT_LT(joined({noise(1'000'000)}).size(), 1'010'000U);
}

TEST(GzipParts, TheSizeAtTheEndCountsModulo4GiB) {
  GzipPart part;
  part.size = (std::uint64_t{1} << 32) + 0x0102;
  std::string out;
  GzipJoiner joiner;
  joiner.append(part, out);
  joiner.append(part, out);
  joiner.finish(out);
  EXPECT_EQ(out.substr(out.size() - 4), std::string("\x04\x02\0\0", 4));
}

}  // namespace
}  // namespace zoom_proxy
