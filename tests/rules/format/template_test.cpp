#include "rules/format/template.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <stdexcept>

namespace zoom_proxy {
namespace {

std::string render(std::string_view page, std::string_view data) {
  return render_html(page, boost::json::parse(data));
}

TEST(Template, PutsValuesInEscaped) {
  EXPECT_EQ(render(R"(<a title="{{x}}">{{n}}{{b}}</a>)",
                   R"({"x": "<b> & \"c\" 'd'", "n": 7, "b": true})"),
            R"(<a title="&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;">7true</a>)");
  EXPECT_EQ(render("{{{x}}}", R"({"x": "<b>{{y}}"})"), "<b>{{y}}");
  EXPECT_EQ(render("{{x}}", R"({"x": "{{y}}"})"), "{{y}}");
}

TEST(Template, RepeatsSections) {
  EXPECT_EQ(render("{{#list}}[{{.}}]{{/list}}", R"({"list": ["a", "<"]})"), "[a][&lt;]");
  EXPECT_EQ(render("{{#rows}}{{outer}}{{x}}{{#in}}({{x}}{{.}}){{/in}};{{/rows}}",
                   R"({"outer": "o", "x": "X", "rows": [{"x": 1, "in": [8, 9]},
                       {"in": []}]})"),
            "o1(18)(19);oX;");
  EXPECT_EQ(render("{{#on}}yes{{/on}}{{^on}}no{{/on}}", R"({"on": true})"), "yes");
}

TEST(Template, KnowsWhenThereIsNothing) {
  for (const char* nothing : {"null", "false", "\"\"", "[]", "{}"}) {
    EXPECT_EQ(
        render("{{#x}}yes {{y}}{{/x}}{{^x}}no{{/x}}", std::string(R"({"x": )") + nothing + "}"),
        "no")
        << nothing;
  }
  EXPECT_EQ(render("{{^x}}no{{/x}}", R"({"x": 0})"), "");
}

TEST(Template, RefusesWhatIsMisspelt) {
  for (const char* page : {"{{nme}}", "{{#nme}}{{/nme}}", "{{x", "{{#x}}", "{{#x}}{{/y}}", "{{/x}}",
                           "{{}}", "{{#x}}{{#y}}{{/x}}{{/y}}", "{{x}}", "{{{x}}"}) {
    EXPECT_THROW((void)render(page, R"({"x": [1], "y": 2})"), std::logic_error) << page;
  }
}

}  // namespace
}  // namespace zoom_proxy
