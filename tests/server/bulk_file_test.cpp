#include "server/bulk_file.hpp"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>
#include <vector>

namespace zoom_proxy {
namespace {

namespace fs = std::filesystem;

class BulkFileTest : public testing::Test {
 protected:
  BulkFileTest() {
    std::string name = (fs::temp_directory_path() / "bulk-file-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    directory_ = name;
  }
  ~BulkFileTest() override { fs::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ + '/' + name; }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }
  std::string text_of(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// All names below the directory.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(directory_))
      if (!entry.is_directory()) all.push_back(entry.path().lexically_relative(directory_));
    std::sort(all.begin(), all.end());
    return all;
  }

 private:
  std::string directory_;
};

using Names = std::vector<std::string>;

TEST_F(BulkFileTest, ReadsAFileToItsEnd) {
  put("in", "some text");
  FileSource source(path("in"));
  EXPECT_EQ(source.size(), 9U);
  char room[5];
  EXPECT_EQ(source.read(room), 5U);
  EXPECT_EQ(source.read(room), 4U);
  EXPECT_EQ(std::string(room, 4), "text");
  EXPECT_EQ(source.read(room), 0U);
}

TEST_F(BulkFileTest, WhatCannotBeReadIsASystemErrorWithoutAName) {
  try {
    FileSource source(path("private-name"));
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
    EXPECT_EQ(std::string(error.what()).find("private-name"), std::string::npos);
  }
  FileSource source(path(""));  // a directory can be opened
  EXPECT_EQ(source.size(), 0U);
  char room[5];
  EXPECT_THROW((void)source.read(room), std::system_error);
}

TEST_F(BulkFileTest, AFileAppearsWholeInDirectoriesThatAreMade) {
  NewFile file(path("a/b/out.csv"));
  file.write("one,");
  file.write("two");
  ASSERT_EQ(names().size(), 1U);
  EXPECT_TRUE(names()[0].starts_with("a/b/.out.csv.")) << names()[0];
  EXPECT_TRUE(names()[0].ends_with(".part")) << names()[0];
  file.commit();
  EXPECT_EQ(names(), Names{"a/b/out.csv"});
  EXPECT_EQ(text_of("a/b/out.csv"), "one,two");
}

TEST_F(BulkFileTest, WithoutCommitNothingIsLeftAndNothingIsLost) {
  put("out.csv", "before");
  {
    NewFile file(path("out.csv"));
    file.write("half");
  }
  EXPECT_EQ(names(), Names{"out.csv"});
  EXPECT_EQ(text_of("out.csv"), "before");
}

TEST_F(BulkFileTest, ReplacesAFileAndKeepsALink) {
  put("real.csv", "before");
  fs::create_symlink("real.csv", path("link.csv"));
  NewFile file(path("link.csv"));
  file.write("after");
  file.commit();
  EXPECT_TRUE(fs::is_symlink(path("link.csv")));
  EXPECT_EQ(text_of("real.csv"), "after");
  EXPECT_EQ(names(), (Names{"link.csv", "real.csv"}));
}

TEST_F(BulkFileTest, ReplacesNothingElse) {
  fs::create_directory(path("folder"));
  EXPECT_THROW(NewFile(path("folder")), std::system_error);
  EXPECT_THROW(NewFile("/dev/null"), std::system_error);
  put("file", "text");
  EXPECT_THROW(NewFile(path("file/below")), std::system_error);
  EXPECT_EQ(names(), Names{"file"});
}

TEST_F(BulkFileTest, TwoAtOnceForTheSameNameDoNotMeet) {
  NewFile one(path("out.csv"));
  NewFile two(path("out.csv"));
  one.write("text");
  two.write("text");
  two.commit();
  one.commit();
  EXPECT_EQ(names(), Names{"out.csv"});
  EXPECT_EQ(text_of("out.csv"), "text");
}

/// From here on the thread cannot rename, as on a mount that does not know how.
void forbid_renames(unsigned error) {
  std::vector<sock_filter> filter = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const unsigned call : {
#ifdef SYS_rename
           unsigned{SYS_rename},
#endif
           unsigned{SYS_renameat}, unsigned{SYS_renameat2}}) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

TEST_F(BulkFileTest, AMountThatCannotRenameGetsACopy) {
  put("out.csv", "before, and longer");
  for (const unsigned error : {EXDEV, ENOTSUP, ENOSYS, EPERM}) {
    std::thread([&] {
      forbid_renames(error);
      NewFile file(path("out.csv"));
      file.write("after " + std::to_string(error));
      file.commit();
    }).join();
    EXPECT_EQ(text_of("out.csv"), "after " + std::to_string(error));
    EXPECT_EQ(names(), Names{"out.csv"});
  }
}

TEST_F(BulkFileTest, ACopyThatFailsLeavesNothing) {
  std::thread([&] {
    forbid_renames(EXDEV);
    NewFile file(path("out.csv"));
    fs::remove(path(names().at(0)));
    EXPECT_THROW(file.commit(), std::system_error);
    forbid_renames(EACCES);
    EXPECT_THROW(NewFile(path("out.csv")).commit(), std::system_error) << "a right that lacks";
  }).join();
  EXPECT_EQ(names(), Names{});
}

TEST_F(BulkFileTest, AFullDiskIsASystemErrorAndLeavesNothing) {
  // In a child: the bound on the size of files holds for a process, and its signal too.
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &small);
    int exit_code = 1;
    try {
      NewFile file(path("out.csv"));
      file.write(std::string(5000, 'x'));
    } catch (const std::system_error& error) {
      exit_code = error.code() == std::errc::file_too_large ? 0 : 2;
    }
    ::_exit(exit_code);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(names(), Names{});
}

TEST_F(BulkFileTest, AnExitAtOnceRemovesWhatIsUnfinishedOnly) {
  const pid_t child = ::fork();
  if (child == 0) {
    NewFile done(path("done.csv"));
    done.write("text");
    done.commit();
    NewFile half(path("half.csv"));
    half.write("half");
    exit_without_unfinished_files(143);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 143);
  EXPECT_EQ(names(), Names{"done.csv"});
}

}  // namespace
}  // namespace zoom_proxy
