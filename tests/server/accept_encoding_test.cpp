#include "server/accept_encoding.hpp"

#include <gtest/gtest.h>

namespace zoom_proxy {
namespace {

bool accepts(std::initializer_list<const char*> lines) {
  Fields fields;
  fields.add("User-Agent", "gzip");
  for (const char* line : lines) fields.add("accept-Encoding", line);
  return accepts_gzip(fields);
}

TEST(AcceptEncoding, GzipIsWanted) {
  for (const char* value :
       {"gzip", "GZip", "x-gzip", "gzip,deflate", "deflate, gzip;q=0.5, br", "*", "br;q=1, *;q=0.1",
        "gzip;q=1.000", "gzip ; Q=0.001", "identity;q=0.5, gzip;q=0.5", "gzip;q=0.3, identity;q=0",
        "*;q=0, gzip", ",, gzip ,", "nonsense;;=, gzip"}) {
    EXPECT_TRUE(accepts({value})) << value;
  }
  EXPECT_TRUE(accepts({"br", "gzip"}));
}

TEST(AcceptEncoding, GzipIsNotWanted) {
  for (const char* value :
       {"", "identity", "br, deflate, zstd", "gzip;q=0", "gzip;q=0.000", "*;q=0", "*, gzip;q=0",
        "gzip;q=0.5, identity", "gzip;q=0.5, identity;q=0.6", "gzipped", "x gzip"}) {
    EXPECT_FALSE(accepts({value})) << value;
  }
  EXPECT_FALSE(accepts({}));
}

TEST(AcceptEncoding, ABrokenPartCountsAsAbsent) {
  for (const char* value : {"gzip;q=2", "gzip;q=1.001", "gzip;q=0.0001", "gzip;q=", "gzip;q=.5",
                            "gzip;q=-1", "gzip;level=9", "gzip;q=0x1", "gzip;q=1e0"}) {
    EXPECT_FALSE(accepts({value})) << value;
    EXPECT_TRUE(accepts({value, "*"})) << value;
  }
}

}  // namespace
}  // namespace zoom_proxy
