#include "rules/bulk/column_hints.hpp"

#include <gtest/gtest.h>

namespace zoom_proxy {
namespace {

TEST(ColumnHints, TheNearestColumn) {
  const std::vector<std::string> header = {"Id", "User Name", "Email Address", "Feature used", ""};
  EXPECT_EQ(did_you_mean_column("Emial address", header), "; did you mean \"Email Address\"?");
  EXPECT_EQ(did_you_mean_column("email", header), "; did you mean \"Email Address\"?");
  EXPECT_EQ(did_you_mean_column("Full user name", header), "; did you mean \"User Name\"?");
  EXPECT_EQ(did_you_mean_column("User ID", header), "; did you mean \"Id\"?");
  EXPECT_EQ(did_you_mean_column("EmailAddresses", {"id", "EMAIL", "emailAddress"}),
            "; did you mean \"emailAddress\"?");
  EXPECT_EQ(did_you_mean_column("Email", {"x", "Email\u00A0"}), "; did you mean \"Email\u00A0\"?");
  EXPECT_EQ(did_you_mean_column("Nom", {"id", "NOM DE FAMILLE"}),
            "; did you mean \"NOM DE FAMILLE\"?");
}

TEST(ColumnHints, OfSeveralTheShortest) {
  EXPECT_EQ(did_you_mean_column("Email", {"Secondary email address", "Work email", "Note"}),
            "; did you mean \"Work email\"?");
}

TEST(ColumnHints, NothingThatIsNotLikeIt) {
  EXPECT_EQ(did_you_mean_column("Email", {"Ada Lovelace", "London", ""}), "");
  EXPECT_EQ(did_you_mean_column("id", {"David", "Did he?", "Identity"}), "");
  EXPECT_EQ(did_you_mean_column("Name", {"surnamed"}), "");
  EXPECT_EQ(did_you_mean_column("Name", {"Name of " + std::string(99, 'x')}), "");
  EXPECT_EQ(did_you_mean_column("Name", {std::string(1 << 20, 'x')}), "");
}

TEST(ColumnHints, AnotherDelimiter) {
  EXPECT_EQ(other_delimiter("email", {"Name;Email"}), "\";\"");
  EXPECT_EQ(other_delimiter("Name", {"Name\tEmail"}), "\"\\t\"");
  EXPECT_EQ(other_delimiter("Email", {"Name|\"Email\"|x"}), "\"|\"");
  EXPECT_EQ(other_delimiter("Email", {"Name,Email"}), "\",\"");
  EXPECT_EQ(other_delimiter("Phone", {"Name;Email"}), "");
  EXPECT_EQ(other_delimiter("Email", {"Name;Email", "x"}), "");
  EXPECT_EQ(other_delimiter("Email", {"Email"}), "");
  EXPECT_EQ(other_delimiter("\u200B", {"Name;;Email"}), "");
}

}  // namespace
}  // namespace zoom_proxy
