#include "server/bulk_marker.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <functional>
#include <system_error>
#include <vector>

#include "server/version.hpp"
#include "tests/server/bulk_fixture.hpp"

namespace zoom_proxy {
namespace {

class BulkMarkerTest : public testing::Test, protected BulkDirectories {
 protected:
  const BulkMarker marker_{{123, 1'700'000'000'123'456'789}, "rules", "salt", "settings"};
  const std::string file_ = ".zoom-proxy/sub/a.csv.json";
};

TEST_F(BulkMarkerTest, FitsNothingButWhatWasWritten) {
  EXPECT_FALSE(is_marked(places, "sub/a.csv", marker_));
  write_marker(places, "sub/a.csv", marker_, 5);
  EXPECT_TRUE(is_marked(places, "sub/a.csv", marker_));
  EXPECT_FALSE(is_marked(places, "a.csv", marker_));
  const std::vector<std::function<void(BulkMarker&)>> changes = {
      [](BulkMarker& m) { ++m.input.size; },
      [](BulkMarker& m) { ++m.input.changed; },
      [](BulkMarker& m) { m.rules_sha = "other"; },
      [](BulkMarker& m) { m.salt_fingerprint = "other"; },
      [](BulkMarker& m) { m.settings = ""; },
  };
  for (const auto& change : changes) {
    BulkMarker other = marker_;
    change(other);
    EXPECT_FALSE(is_marked(places, "sub/a.csv", other));
  }
}

TEST_F(BulkMarkerTest, TellsPeopleWhatWasDone) {
  write_marker(places, "sub/a.csv", marker_, 5);
  const auto text = boost::json::parse(output(file_)).as_object();
  EXPECT_EQ(text.at("rows").as_int64(), 5);
  EXPECT_EQ(text.at("version").as_string(), kVersion);
  EXPECT_EQ(text.at("inputBytes").as_int64(), 123);
  EXPECT_EQ(text.at("inputChangedNanoseconds").as_int64(), 1'700'000'000'123'456'789);
}

TEST_F(BulkMarkerTest, ADamagedOneIsNone) {
  write_marker(places, "sub/a.csv", marker_, 5);
  const std::string whole = output(file_);
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {  // without its line end it is whole
    put("../out/" + file_, whole.substr(0, size));
    EXPECT_FALSE(is_marked(places, "sub/a.csv", marker_)) << size;
  }
  for (const std::string& text :
       {"null" + whole, std::string("[]"), std::string(10'000, '['), std::string(1 << 20, ' ')}) {
    put("../out/" + file_, text);
    EXPECT_FALSE(is_marked(places, "sub/a.csv", marker_));
  }
  put("../out/" + file_, whole);
  EXPECT_TRUE(is_marked(places, "sub/a.csv", marker_));
}

TEST_F(BulkMarkerTest, GoesWhenItIsRemoved) {
  EXPECT_NO_THROW(remove_marker(places, "sub/a.csv"));
  write_marker(places, "sub/a.csv", marker_, 5);
  remove_marker(places, "sub/a.csv");
  EXPECT_FALSE(is_marked(places, "sub/a.csv", marker_));
}

}  // namespace
}  // namespace zoom_proxy
