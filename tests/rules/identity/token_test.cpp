#include "rules/identity/token.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <stdexcept>

#include "rules/format/encoding.hpp"

namespace zoom_proxy {
namespace {

PseudonymOptions options(PseudonymAlgorithm algorithm) {
  PseudonymOptions options;
  options.algorithm = algorithm;
  options.salt = "salt";
  options.encryption_key = "secret";
  return options;
}

const TokenCodec& codec() {
  static const TokenCodec codec(options(PseudonymAlgorithm::hmac_sha256));
  return codec;
}

const TokenCodec& peer_codec() {
  static const TokenCodec codec(options(PseudonymAlgorithm::psoxy));
  return codec;
}

std::string token(const TokenCodec& codec, std::string_view value, bool reversible,
                  bool may_be_email = true) {
  std::string out;
  codec.append_token(value, reversible, may_be_email, out);
  return out;
}

// ---- What the peer recorded: one table per setting. -------------------------------------------

struct Table {
  const char* file;
  EmailCanonicalization canonicalization = EmailCanonicalization::strict;
  EmailDomain domain = EmailDomain::preserve;
};

void PrintTo(const Table& table, std::ostream* out) { *out << table.file; }

struct Row {
  std::string input, reversible, output, kind, canonical;
};

std::vector<Row> rows_of(const std::string& file) {
  std::ifstream in(std::string(TEST_DATA_DIR) + "/vectors/pseudonyms/" + file);
  std::vector<Row> rows;
  std::string line;
  std::getline(in, line);  // the names of the columns
  while (std::getline(in, line)) {
    std::vector<std::string> cells(1);
    for (const char c : line) {
      if (c == '\t') {
        cells.emplace_back();
      } else {
        cells.back() += c;
      }
    }
    if (cells.size() != 5) throw std::runtime_error("not five columns: " + line);
    rows.push_back({cells[0], cells[1], cells[2], cells[3], cells[4]});
  }
  return rows;
}

/// The text of a JSON string. A lone surrogate is a question mark by the time it is hashed.
std::string string_text(std::string json) {
  if (json == R"("\ud83d")" || json == R"("\uD83D")") json = R"("?")";
  return std::string(boost::json::parse(json).as_string());
}

class PeerTable : public testing::TestWithParam<Table> {
 protected:
  PeerTable() : codec_(options_of(GetParam())) {}

  static PseudonymOptions options_of(const Table& table) {
    PseudonymOptions made = options(PseudonymAlgorithm::psoxy);
    made.email_canonicalization = table.canonicalization;
    made.email_domain = table.domain;
    return made;
  }

  void check(const Row& row, const std::string& value, bool is_string) const {
    const bool reversible = row.reversible == "true";
    EXPECT_EQ(token(codec_, value, reversible, is_string), row.output);
    if (reversible) {
      EXPECT_EQ(codec_.decode(row.output), value);
      const auto text = decode_tokens(row.output, codec_, false);
      ASSERT_TRUE(text);
      EXPECT_EQ(text->text, value);
    }
    const CanonicalValue canonical = canonicalize(value, GetParam().canonicalization);
    if (is_string) {
      EXPECT_EQ(canonical.text, string_text(row.canonical));
      EXPECT_EQ(canonical.domain.empty(), row.kind == "opaque");
    } else {
      EXPECT_EQ(value, string_text(row.canonical));
    }
  }

  const TokenCodec codec_;
};

TEST_P(PeerTable, EveryRowIsTheSame) {
  int strings = 0;
  int numbers = 0;
  int blanks = 0;
  int others = 0;
  for (const Row& row : rows_of(GetParam().file)) {
    SCOPED_TRACE(row.input);
    if (row.kind == "error") {
      ++others;  // no scalar to be pseudonymized: nothing for a codec
    } else if (row.output == "null") {
      ++blanks;
      EXPECT_TRUE(is_blank(string_text(row.input)));
    } else if (row.input.front() == '"') {
      ++strings;
      EXPECT_FALSE(is_blank(string_text(row.input)));
      check(row, string_text(row.input), true);
    } else {
      ++numbers;
      check(row, number_text(row.input), false);
    }
  }
  EXPECT_EQ(strings, 213);
  EXPECT_EQ(numbers, 38);
  EXPECT_EQ(blanks, 10);
  EXPECT_EQ(others, 7);
}

INSTANTIATE_TEST_SUITE_P(
    Pseudonyms, PeerTable,
    testing::Values(
        Table{"strict.tsv"}, Table{"ignore_dots.tsv", EmailCanonicalization::ignore_dots},
        Table{"domain-redact.tsv", EmailCanonicalization::strict, EmailDomain::redact},
        Table{"domain-tokenize.tsv", EmailCanonicalization::strict, EmailDomain::tokenize},
        Table{"domain-encrypt.tsv", EmailCanonicalization::strict, EmailDomain::encrypt}));

TEST(PeerTokens, MoreOfThem) {
  const auto reversible = [](std::string_view value, bool may_be_email = true) {
    return token(peer_codec(), value, true, may_be_email);
  };
  EXPECT_EQ(token(peer_codec(), "example@example.com", false),
            "t~8ZuLJANBU0hIFqmaE8RjwHZqRb4MezRyGZ6rLZUkKSg@example.com");
  EXPECT_EQ(reversible("z8yAAAAA8bbbQ"),
            "p~JzXCV2FA272NOeqHYQbR4PewwSZI9hznATn7Wse3j8GpsoD91NC0nDg1vNKrhPEc");
  EXPECT_EQ(reversible("111111111", false),
            "p~LKW3WIP3bZzEQFelvQBi0lpLDZtk-1qJbWe3rHfhYhdfeki-8voee3S0wopon6Y3");
  EXPECT_EQ(reversible("blah"),
            "p~nVPSMYD7ZO_ptGIMJ65TAFo5_vVVQQ2af5Bfg7bW0Jq9JIOXfBWhts_zA5Ns0r4m");
  EXPECT_EQ(reversible("Alice+x@ACME.com"),
            "p~UFdK0TvVTvZ23c6QslyCy0o2MSq2DRtDjEXfTPJyyMnAjjpQrP5-O3xznAmdRjQl1brJyY0T5rwbPJNkcmLo"
            "aQ@ACME.com");
  EXPECT_EQ(reversible(number_text("1.50"), false),
            "p~IlrZ8WlswrTzTpEYzhz0lGJEPbh3zGeguB7NL6mhF6Zx3V60ul0vPOUXD2OIlcf6");
  EXPECT_EQ(
      reversible(number_text("9223372036854775808"), false),
      "p~Oee2ZwrasO-37ulZTjFtqJwqHqdcpQ-yaq8J2ZIRyD2md_QZoPcxZj_Jvwqzr5Aqn_a0ZBhhpZVK9rSiF633EA");
}

TEST(PeerTokens, ForgedHashIsRefused) {
  // CBC alone would decrypt this: the hash of one value in front of the cipher of another.
  const std::string good = token(peer_codec(), "blah", true);
  std::string bytes = *decode_base64url(good.substr(2));
  bytes[20] = static_cast<char>(bytes[20] ^ 1);  // second half: not the initialization vector
  std::string forged = "p~";
  append_base64url({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, forged);
  EXPECT_EQ(peer_codec().decode(good), "blah");
  EXPECT_EQ(peer_codec().decode(forged), std::nullopt);
}

TEST(PeerTokens, EveryChangedBitIsRefused) {
  const std::string good = token(peer_codec(), "ann@corp.test", true);
  const std::string bytes = *decode_base64url(good.substr(2, good.find('@') - 2));
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    std::string bad = bytes;
    bad[i / 8] = static_cast<char>(bad[i / 8] ^ (1 << i % 8));
    std::string forged = "p~";
    append_base64url({reinterpret_cast<const std::uint8_t*>(bad.data()), bad.size()}, forged);
    EXPECT_EQ(peer_codec().decode(forged), std::nullopt) << i;
  }
}

TEST(PeerTokens, TheExactTextMayBeWhatCounted) {
  const std::string raw = token(peer_codec(), "Ann@corp.test", true, false);
  EXPECT_EQ(raw.find('@'), std::string::npos);
  EXPECT_EQ(peer_codec().decode(raw), "Ann@corp.test");
}

// ---- Our own. -----------------------------------------------------------------------------------

TEST(Tokens, LookAsDocumented) {
  EXPECT_EQ(token(codec(), "ann@corp.test", false),
            "t~DgmZFwKQnjpcsPMg4CNM9wBRVPNmebD9uFmrvHQaw8o@corp.test");
  EXPECT_EQ(token(codec(), "ann@corp.test", true),
            "p~DgmZFwKQnjpcsPMg4CNM9wBRVPNmebD9uFmrvHQaw8qFTjshr3pS8NoEe3YPZv1N98L_iRvWpNU0-yPagQ"
            "@corp.test");
  EXPECT_EQ(token(codec(), "z8yAAAAA8bbbQ", false),
            "t~TvgsOMseQZ_twR6-S8ctyQhkEnciyEhlvmNR16HdD14");
  EXPECT_EQ(token(codec(), "z8yAAAAA8bbbQ", true),
            "p~TvgsOMseQZ_twR6-S8ctyQhkEnciyEhlvmNR16HdD14Jw67v7yYckFoHzgdt7Nr3u6NYQc29SgeNnIU-ZA");
  EXPECT_EQ(token(codec(), "Ann+x@Corp.TEST", true),
            "p~DgmZFwKQnjpcsPMg4CNM9wBRVPNmebD9uFmrvHQaw8qSHypr4IfrqWXDhs8D8XN0YwZDtW-os5L2XifzznVF"
            "@Corp.TEST");
}

TEST(Tokens, DomainsCanBeHiddenInTheSameScheme) {
  PseudonymOptions made = options(PseudonymAlgorithm::hmac_sha256);
  const std::string hash = "t~DgmZFwKQnjpcsPMg4CNM9wBRVPNmebD9uFmrvHQaw8o";
  made.email_domain = EmailDomain::redact;
  EXPECT_EQ(token(TokenCodec(made), "ann@corp.test", false), hash);
  made.email_domain = EmailDomain::tokenize;
  EXPECT_EQ(token(TokenCodec(made), "ann@corp.test", false),
            hash + "@h~4rLvP-Avy-HIohofZ7qkHyIGQfAraB2zDQ8Cw1hyhEg");
  made.email_domain = EmailDomain::encrypt;
  EXPECT_EQ(
      token(TokenCodec(made), "ann@corp.test", false),
      hash + "@e~4rLvP-Avy-HIohofZ7qkHyIGQfAraB2zDQ8Cw1hyhEhbTnp0h2rT8rN5OnBDKD6F3qyGmnfmX5ad");
}

TEST(Tokens, ReversibleOnesComeBack) {
  for (const std::string& value :
       {std::string("a"), std::string("z8yAAAAA8bbbQ"), std::string("ann@corp.test"),
        std::string("\"Änn, Q\" <Ann+x@Corp.TEST>"), std::string("nul\0inside", 10),
        std::string(100'000, 'x'), token(codec(), "ann@corp.test", true)}) {
    EXPECT_EQ(codec().decode(token(codec(), value, true)), value);
  }
}

TEST(Tokens, AreAppended) {
  std::string out = "\"";
  codec().append_token("z8yAAAAA8bbbQ", false, true, out);
  EXPECT_EQ(out, "\"t~TvgsOMseQZ_twR6-S8ctyQhkEnciyEhlvmNR16HdD14");
}

TEST(Tokens, WhatMayNotBeAnEmailIsNone) {
  EXPECT_EQ(token(codec(), "ann@corp.test", false, false).find('@'), std::string::npos);
}

TEST(Tokens, ATokenInTheInputIsAValueLikeAnyOther) {
  const std::string once = token(codec(), "z8yAAAAA8bbbQ", true);
  const std::string twice = token(codec(), once, true);
  EXPECT_NE(twice, once);
  EXPECT_EQ(codec().decode(twice), once);
}

TEST(Tokens, DecodeRefusesWhatWeDidNotMake) {
  const std::string good = token(codec(), "z8yAAAAA8bbbQ", true);
  for (const std::string& bad :
       {std::string(), std::string("p~"), std::string("t~") + good.substr(2), "P" + good.substr(1),
        " " + good, good + " ", good + "A", good.substr(0, good.size() - 1), "p~" + good,
        "p~" + std::string(43, 'A'), "p~" + std::string(64, 'A'), "p~" + std::string(10'000, 'A'),
        token(peer_codec(), "z8yAAAAA8bbbQ", true), token(codec(), "z8yAAAAA8bbbQ", false)}) {
    EXPECT_EQ(codec().decode(bad), std::nullopt) << bad;
  }
}

TEST(Tokens, PreviousKeysDecode) {
  PseudonymOptions rotated = options(PseudonymAlgorithm::hmac_sha256);
  rotated.encryption_key = "new secret";
  const std::string old_token = token(codec(), "z8yAAAAA8bbbQ", true);
  EXPECT_EQ(TokenCodec(rotated).decode(old_token), std::nullopt);
  rotated.previous_encryption_keys = {"older", "", "secret"};
  const TokenCodec both(rotated);
  EXPECT_EQ(both.decode(old_token), "z8yAAAAA8bbbQ");
  const std::string new_token = token(both, "z8yAAAAA8bbbQ", true);
  EXPECT_EQ(both.decode(new_token), "z8yAAAAA8bbbQ");
  EXPECT_EQ(codec().decode(new_token), std::nullopt);
}

TEST(Tokens, ThePeersPreviousKeysDecodeToo) {
  PseudonymOptions rotated = options(PseudonymAlgorithm::psoxy);
  rotated.encryption_key = "new secret";
  rotated.previous_encryption_keys = {"secret"};
  EXPECT_EQ(TokenCodec(rotated).decode(token(peer_codec(), "ann@corp.test", true)),
            "ann@corp.test");
}

TEST(Tokens, WithoutAKeyOnlyOneWay) {
  PseudonymOptions made = options(PseudonymAlgorithm::hmac_sha256);
  made.encryption_key.clear();
  const TokenCodec one_way(made);
  EXPECT_FALSE(one_way.reversible());
  EXPECT_TRUE(codec().reversible());
  EXPECT_EQ(token(one_way, "x", false), token(codec(), "x", false));
  EXPECT_THROW(token(one_way, "x", true), std::logic_error);
  EXPECT_EQ(one_way.decode(token(codec(), "x", true)), std::nullopt);
  made.previous_encryption_keys = {"secret"};
  const TokenCodec reading(made);
  EXPECT_FALSE(reading.reversible());
  EXPECT_EQ(reading.decode(token(codec(), "x", true)), "x");
}

TEST(Tokens, UnusableOptionsAreRefused) {
  PseudonymOptions made = options(PseudonymAlgorithm::hmac_sha256);
  made.salt.clear();
  EXPECT_THROW(TokenCodec{made}, std::invalid_argument);
  made = options(PseudonymAlgorithm::hmac_sha256);
  made.encryption_key.clear();
  made.email_domain = EmailDomain::encrypt;
  EXPECT_THROW(TokenCodec{made}, std::invalid_argument);
}

TEST(Tokens, TellTheSaltsFingerprint) {
  EXPECT_EQ(codec().salt_fingerprint(), "pRwka918R7CEI6El1noIhIMJzqBGYUvvqXYHyMvxl2Y");
}

// ---- Tokens in requests. ------------------------------------------------------------------------

std::string decoded(std::string_view text, bool for_target = false) {
  const auto result = decode_tokens(text, codec(), for_target);
  return result ? result->text : "(refused)";
}

TEST(DecodeTokens, ReplacesEveryToken) {
  const std::string id = token(codec(), "z8yAAAAA8bbbQ", true);
  const std::string ann = token(codec(), "ann@corp.test", true);
  EXPECT_EQ(decoded("/v2/users/" + id + "/meetings?x=" + ann + "&y=1"),
            "/v2/users/z8yAAAAA8bbbQ/meetings?x=ann@corp.test&y=1");
  const auto result = decode_tokens(id, codec(), false);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->values, std::vector<std::string>{"z8yAAAAA8bbbQ"});
  EXPECT_EQ(decoded(id + "," + id), "z8yAAAAA8bbbQ,z8yAAAAA8bbbQ");
}

TEST(DecodeTokens, EncodesForATarget) {
  const std::string hard = token(codec(), "a/b?c=d&e #\xC3\xA4%2F+x@corp.test", true);
  EXPECT_EQ(decoded("/v2/users/" + hard + "/meetings", true),
            "/v2/users/a%2Fb%3Fc%3Dd%26e%20%23%C3%A4%252F%2Bx%40corp.test/meetings");
  EXPECT_EQ(decoded(hard), "a/b?c=d&e #\xC3\xA4%2F+x@corp.test");
}

TEST(DecodeTokens, SwallowsTheWholeDomainSuffix) {
  const std::string ann = token(codec(), "ann@corp.test", true);
  ASSERT_TRUE(ann.ends_with("@corp.test"));
  const std::string bare = ann.substr(0, ann.find('@'));
  const std::string hash = "4rLvP-Avy_HIohofZ7qkHyIGQfAraB2zDQ8Cw1hyhEg";
  for (const std::string& suffix : {std::string(), std::string("@corp.test"),
                                    std::string("@a-b.c.d"), "@h~" + hash, "@e~" + hash + hash}) {
    EXPECT_EQ(decoded("x=" + bare + suffix + "/y"), "x=ann@corp.test/y") << suffix;
    EXPECT_EQ(decoded(bare + suffix), "ann@corp.test") << suffix;
  }
  EXPECT_EQ(decoded(bare + "@"), "ann@corp.test@");
  EXPECT_EQ(decoded(bare + "@/x"), "ann@corp.test@/x");
  EXPECT_EQ(decoded(bare + "@corp.test@x"), "ann@corp.test@x");
  EXPECT_EQ(decoded(bare + "@t~x"), "ann@corp.test~x");
  EXPECT_EQ(decoded(bare + "%40corp.test"), "ann@corp.test%40corp.test");
}

TEST(DecodeTokens, LeavesEverythingElse) {
  const std::string id = token(codec(), "z8yAAAAA8bbbQ", true);
  for (const std::string& text :
       {std::string(), std::string("/v2/users?page_size=30"),
        token(codec(), "ann@corp.test", false), std::string("p~"), std::string("p~p~p~"),
        "p~" + std::string(42, 'A'), "p%7E" + id.substr(2), "P~" + id.substr(2),
        "p~ " + id.substr(2)}) {
    const auto result = decode_tokens(text, codec(), true);
    ASSERT_TRUE(result) << text;
    EXPECT_EQ(result->text, text);
    EXPECT_TRUE(result->values.empty());
  }
  EXPECT_EQ(decoded("p~abc" + id), "p~abcz8yAAAAA8bbbQ");
  EXPECT_EQ(decoded("p~" + id), "p~z8yAAAAA8bbbQ");
}

TEST(DecodeTokens, RefusesATokenThatDoesNotDecode) {
  const std::string id = token(codec(), "z8yAAAAA8bbbQ", true);
  for (const std::string& text :
       {"p~" + std::string(43, 'A'), id + "A", "/v2/users/" + id + "/" + id.substr(0, 60),
        token(peer_codec(), "z8yAAAAA8bbbQ", true)}) {
    EXPECT_EQ(decode_tokens(text, codec(), true), std::nullopt) << text;
  }
}

TEST(DecodeTokens, AValueThatLooksLikeATokenIsNotDecodedAgain) {
  const std::string once = token(codec(), "z8yAAAAA8bbbQ", true);
  EXPECT_EQ(decoded(token(codec(), once, true)), once);
}

TEST(DecodeTokens, HugeTextsTakeLinearTime) {
  const std::string ann = token(codec(), "ann@corp.test", true);
  std::string many;
  for (int i = 0; i < 2'000; ++i) many += ann + "/";
  EXPECT_EQ(decoded(many).size(), 2'000 * std::string_view("ann@corp.test/").size());
  for (const std::string_view piece : {"p~", "p", "~", "p~A", "@", "p~abcp"}) {
    std::string text;
    while (text.size() < (1U << 20)) text += piece;
    EXPECT_EQ(decoded(text), text);
  }
  EXPECT_EQ(decode_tokens("p~" + std::string(1U << 20, 'A'), codec(), true), std::nullopt);
}

}  // namespace
}  // namespace zoom_proxy
