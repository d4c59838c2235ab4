#include "config/file_watch.hpp"

#include <sys/stat.h>

#include <filesystem>

#include "settings_text.hpp"

namespace zoom_proxy {
namespace {

using test::TemporaryFolder;

TEST(FileWatch, SeesAnotherContentAlone) {
  const TemporaryFolder folder;
  const std::string file = folder.write("a", "one");
  const FileDigests before = {{file, digest_of(file)}};
  EXPECT_EQ(digest_of(file).size(), 32U) << "SHA-256";
  folder.write("a", "two");
  EXPECT_NE(look_again(before), before) << "as long as before, and maybe as old";
  folder.write("a", "one");
  EXPECT_EQ(look_again(before), before);
  std::filesystem::remove(file);
  EXPECT_NE(look_again(before), before);
}

TEST(FileWatch, SeesAFileAppear) {
  const TemporaryFolder folder;
  const std::string file = folder.write("a", "");
  std::filesystem::remove(file);
  const FileDigests before = {{file, digest_of(file)}};
  EXPECT_EQ(look_again(before), before);
  folder.write("a", "");
  EXPECT_NE(look_again(before), before) << "empty is not the same as absent";
}

/// As Kubernetes changes all files of a secret at once: NAME -> ..data/NAME, ..data -> a folder.
TEST(FileWatch, FollowsLinks) {
  const TemporaryFolder old_folder;
  const TemporaryFolder new_folder;
  old_folder.write("salt", "old");
  new_folder.write("salt", "new");
  const TemporaryFolder mount;
  const std::string data = mount.write("..data", "");
  const std::string salt = mount.write("salt", "");
  std::filesystem::remove(data);
  std::filesystem::remove(salt);
  std::filesystem::create_symlink(old_folder.path(), data);
  std::filesystem::create_symlink("..data/salt", salt);
  const FileDigests before = {{salt, digest_of(salt)}};
  std::filesystem::create_symlink(new_folder.path(), data + "_tmp");
  std::filesystem::rename(data + "_tmp", data);
  EXPECT_NE(look_again(before), before);
}

TEST(FileWatch, DoesNotWaitForAPipe) {
  const TemporaryFolder folder;
  const std::string pipe = folder.write("pipe", "");
  std::filesystem::remove(pipe);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(digest_of(pipe), digest_of("/dev/null"));
  EXPECT_EQ(digest_of(pipe), digest_of("/nonexistent"));
}

}  // namespace
}  // namespace zoom_proxy
