#include "server/bulk_places.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "tests/server/bulk_fixture.hpp"

namespace zoom_proxy {
namespace {

namespace fs = std::filesystem;

class BulkPlacesTest : public testing::Test, protected BulkDirectories {
 protected:
  std::vector<std::string> inputs(const Shard& shard = {}) {
    std::vector<std::string> names;
    for (const BulkInputFile& file : list_inputs(places, shard)) names.push_back(file.name);
    return names;
  }
};

TEST_F(BulkPlacesTest, NoneOfTheTwoIsInsideTheOther) {
  EXPECT_NO_THROW(check_places(places));
  const fs::path& in = places.in;
  fs::create_directory(in / "sub");
  fs::create_directory_symlink(in, in.parent_path() / "link");
  for (const fs::path& out :
       {in, in / "sub", in / "not/yet/there", in.parent_path(), in.parent_path() / "link",
        in.parent_path() / "link/new", in / "sub/../../in"}) {
    EXPECT_THROW(check_places({in, out}), std::invalid_argument) << out;
  }
  EXPECT_NO_THROW(check_places({in, in.parent_path() / "in2"}));
  EXPECT_THROW(check_places({in / "missing", places.out}), std::system_error);
}

TEST_F(BulkPlacesTest, ANameIsARelativePathOfVisibleParts) {
  for (const char* name : {"a.csv", "sub/b.csv", "sub/deep/é ü.csv", "a..b"}) {
    put(name, "x");
    EXPECT_EQ(input_file(places, name), fs::canonical(places.in / name));
  }
  put("../outside", "x");
  put(".hidden", "x");
  put("sub/.hidden/c", "x");
  using namespace std::string_literals;
  for (const std::string& name :
       {""s, "/"s, "/etc/passwd"s, (places.in / "a.csv").string(), "../outside"s, "sub/../a.csv"s,
        "."s, ".."s, "./a.csv"s, "sub//b.csv"s, "sub/"s, ".hidden"s, "sub/.hidden/c"s, "a.csv\0"s,
        "a\n.csv"s, "\xFF.csv"s}) {
    EXPECT_THROW((void)input_file(places, name), std::invalid_argument) << name;
  }
  EXPECT_THROW((void)input_file(places, "missing"), std::system_error);
}

TEST_F(BulkPlacesTest, ALinkMayNotLeadOut) {
  put("sub/a.csv", "x");
  put("../outside/b.csv", "x");
  fs::create_symlink("sub/a.csv", places.in / "inside.csv");
  fs::create_symlink("../outside/b.csv", places.in / "outside.csv");
  fs::create_directory_symlink("../outside", places.in / "folder");
  // A directory whose name begins as that of the inputs.
  put("../in2/c.csv", "x");
  fs::create_symlink("../in2/c.csv", places.in / "beside.csv");
  EXPECT_EQ(input_file(places, "inside.csv"), fs::canonical(places.in / "sub/a.csv"));
  for (const char* name : {"outside.csv", "folder/b.csv", "beside.csv"}) {
    EXPECT_THROW((void)input_file(places, name), std::invalid_argument) << name;
  }
}

TEST_F(BulkPlacesTest, ListsFilesByNameWithoutHiddenOnes) {
  for (const char* name : {"b", "a/z", "a.csv", "a/b/c", ".x", "a/.x", ".y/x", "../out/of"}) {
    put(name, "text");
  }
  fs::create_directory(places.in / "empty");
  fs::create_symlink("b", places.in / "link");
  fs::create_symlink("nowhere", places.in / "dead");
  fs::create_directory_symlink("a", places.in / "again");
  ASSERT_EQ(::mkfifo((places.in / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(inputs(), (std::vector<std::string>{"a.csv", "a/b/c", "a/z", "b", "link"}));
  fs::remove_all(places.in);
  EXPECT_THROW((void)inputs(), std::system_error);
}

TEST_F(BulkPlacesTest, AShardListsItsOwn) {
  for (int i = 0; i < 30; ++i) put("f/" + std::to_string(i), "x");
  std::vector<std::string> all;
  for (std::size_t index = 0; index < 3; ++index) {
    const std::vector<std::string> own = inputs({index, 3});
    EXPECT_GT(own.size(), 0U);
    all.insert(all.end(), own.begin(), own.end());
  }
  std::ranges::sort(all);
  EXPECT_EQ(all, inputs());
}

TEST_F(BulkPlacesTest, AVersionIsSizeAndTimeOfChange) {
  put("a", "four");
  const auto before = version_of(places.in / "a");
  ASSERT_TRUE(before);
  EXPECT_EQ(before->size, 4U);
  EXPECT_EQ(version_of(places.in / "a"), before);
  touch("a");
  EXPECT_NE(version_of(places.in / "a"), before);
  EXPECT_FALSE(version_of(places.in / "b"));
  EXPECT_FALSE(version_of(places.in / "a/b"));
  EXPECT_FALSE(version_of(places.in));
}

TEST_F(BulkPlacesTest, RemovesTheTemporaryFilesOfItsOwnAlone) {
  // Inputs a.csv and sub/b.csv; the outputs of the latter end in .gz.
  put("a.csv", "x");
  put("sub/b.csv", "x");
  const std::vector<std::string> dead = {
      ".a.csv.17.part", ".zoom-proxy/.a.csv.json.17.part", "sub/.b.csv.gz.17.part",
      ".zoom-proxy/sub/.b.csv.json.1.part", "sub/.gone.csv.17.part"};
  const std::vector<std::string> others = {"a.csv",
                                           ".a.csv.part",
                                           ".part",
                                           "a.17.part",
                                           ".zoom-proxy/a.csv.json",
                                           ".other/.a.csv.17.part"};
  const auto there = [&](const std::string& name) { return fs::exists(places.out / name); };
  const auto put_all = [&] {
    for (const auto& names : {dead, others}) {
      for (const std::string& name : names) put("../out/" + name, "x");
    }
  };
  put_all();
  remove_temporaries(places, {});
  EXPECT_TRUE(std::ranges::none_of(dead, there));
  EXPECT_TRUE(std::ranges::all_of(others, there));

  put_all();
  const std::size_t owner = Shard{0, 2}.owns("sub/b.csv") ? 0 : 1;
  remove_temporaries(places, {1 - owner, 2});
  EXPECT_TRUE(there(dead[2]));
  EXPECT_TRUE(there(dead[3]));
  remove_temporaries(places, {owner, 2});
  EXPECT_TRUE(std::ranges::none_of(dead, there));

  // An input that is called .gz itself has another owner than one without it would have.
  put("c.csv.gz", "x");
  put("../out/.c.csv.gz.17.part", "x");
  std::size_t count = 2;
  const auto owner_of = [&](const std::string& name) {
    std::size_t index = 0;
    while (!Shard{index, count}.owns(name)) ++index;
    return index;
  };
  while (owner_of("c.csv") == owner_of("c.csv.gz")) ++count;
  remove_temporaries(places, {owner_of("c.csv"), count});
  EXPECT_TRUE(there(".c.csv.gz.17.part"));
  remove_temporaries(places, {owner_of("c.csv.gz"), count});
  EXPECT_FALSE(there(".c.csv.gz.17.part"));

  fs::remove_all(places.out);
  EXPECT_NO_THROW(remove_temporaries(places, {}));
}

}  // namespace
}  // namespace zoom_proxy
