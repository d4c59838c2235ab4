#include "rules/format/scan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace zoom_proxy::scan {
namespace {

/// The functions of one kind of machine.
struct Portable {
  static constexpr auto string_special = portable::string_special;
  static constexpr auto same_bytes = portable::same_bytes;
  static constexpr auto ascii_run = portable::ascii_run;
  static constexpr auto holds_at_sign = portable::holds_at_sign;
  static constexpr auto short_string_end = portable::short_string_end;
  static constexpr auto digits_end = portable::digits_end;
  static constexpr auto csv_special = portable::csv_special;
};
struct Native {
  static constexpr auto string_special = native::string_special;
  static constexpr auto same_bytes = native::same_bytes;
  static constexpr auto ascii_run = native::ascii_run;
  static constexpr auto holds_at_sign = native::holds_at_sign;
  static constexpr auto short_string_end = native::short_string_end;
  static constexpr auto digits_end = native::digits_end;
  static constexpr auto csv_special = native::csv_special;
};

template <class Machine>
class Scan : public testing::Test {};
using Machines = testing::Types<Portable, Native>;
TYPED_TEST_SUITE(Scan, Machines);

bool special(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

const char* end_of(const std::string& text) { return text.data() + text.size(); }

TYPED_TEST(Scan, FindsEverySpecialByteAtEveryPlace) {
  for (int c = 0; c < 256; ++c) {
    for (std::size_t place = 0; place < 40; ++place) {
      std::string text(40, 'a');
      text[place] = static_cast<char>(c);
      const char* const found = TypeParam::string_special(text.data(), end_of(text));
      EXPECT_EQ(static_cast<std::size_t>(found - text.data()), special(text[place]) ? place : 40U)
          << c << " at " << place;
    }
  }
}

TYPED_TEST(Scan, FindsWhatEndsACellAtEveryPlace) {
  for (int c = 0; c < 256; ++c) {
    for (std::size_t place = 0; place < 40; ++place) {
      std::string text(40, 'a');
      text[place] = static_cast<char>(c);
      const bool ends = c == ';' || c == '"' || c == '\n' || c == '\r';
      for (const std::size_t stop : {std::size_t{40}, std::size_t{20}, place, place + 1}) {
        const char* const found =
            TypeParam::csv_special(text.data(), text.data() + stop, end_of(text), ';');
        EXPECT_EQ(static_cast<std::size_t>(found - text.data()),
                  ends ? std::min(place, stop) : stop)
            << c << " at " << place << " up to " << stop;
      }
    }
  }
}

TYPED_TEST(Scan, ComparesTheBytesThatAreAskedFor) {
  const std::string text = "0123456789abcdef";
  for (std::size_t place = 0; place < 16; ++place) {
    std::string other = text;
    other[place] = '!';
    const std::uint32_t bit = std::uint32_t{1} << place;
    EXPECT_FALSE(TypeParam::same_bytes(text.data(), other.data(), bit));
    EXPECT_FALSE(TypeParam::same_bytes(text.data(), other.data(), 0xFFFF));
    EXPECT_TRUE(TypeParam::same_bytes(text.data(), other.data(), 0xFFFF & ~bit));
  }
}

TYPED_TEST(Scan, NeverTakesOtherBytesForAscii) {
  for (std::size_t place = 0; place < 200; ++place) {
    std::string text(200, 'a');
    text[place] = '\x80';
    const std::size_t run = TypeParam::ascii_run(text.data(), end_of(text));
    EXPECT_LE(run, place);
    EXPECT_GT(run + 8, place);
  }
  const std::string ascii(64, '\x7F');
  EXPECT_EQ(TypeParam::ascii_run(ascii.data(), end_of(ascii)), 64U);
}

TYPED_TEST(Scan, LooksForAtSignsUpToTheStop) {
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::size_t place = 0; place < 40; ++place) {
      for (int c = 0; c < 256; ++c) {
        std::string text(60, 'a');
        text[place] = static_cast<char>(c);
        const bool held = place < size && (c == '@' || c == '%' || c == 0xEF);
        EXPECT_EQ(TypeParam::holds_at_sign(text.data(), text.data() + size, end_of(text)), held);
        const std::string exact(text, 0, size);  // nothing may be read behind it
        EXPECT_EQ(TypeParam::holds_at_sign(exact.data(), end_of(exact), end_of(exact)), held);
      }
    }
  }
}

TYPED_TEST(Scan, StopsAtTheFirstByteThatIsNoDigit) {
  for (int c = 0; c < 256; ++c) {
    for (std::size_t place = 0; place < 40; ++place) {
      std::string text(40, '7');
      text[place] = static_cast<char>(c);
      const char* const stop = TypeParam::digits_end(text.data(), end_of(text));
      EXPECT_EQ(static_cast<std::size_t>(stop - text.data()), c >= '0' && c <= '9' ? 40U : place);
    }
  }
}

TYPED_TEST(Scan, TheEndOfAShortStringIsTheFirstSpecialByte) {
  std::minstd_rand random(20'261'124);
  int found = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string text(200, 'a');
    for (char& c : text) {
      if (random() % 12 == 0) c = "\"\\\n@"[random() % 4];
    }
    const char* const at = text.data() + random() % 150;
    const char* const expected = std::find_if(at, end_of(text), special);
    const char* const stop = TypeParam::short_string_end(at, end_of(text));
    if (stop != nullptr) {
      ++found;
      ASSERT_EQ(stop, expected);
      ASSERT_EQ(*stop, '"');
    } else if (expected != end_of(text) && *expected == '"') {
      // It may give up on long strings and near the end of the text, not elsewhere.
      ASSERT_TRUE(expected - at > 60 || end_of(text) - at < 64);
    }
  }
  EXPECT_GT(found, 100);
}

}  // namespace
}  // namespace zoom_proxy::scan
