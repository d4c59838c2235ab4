#pragma once
// HTML pages from a template and data: a part of Mustache.
//
//   {{name}}                  the value as text, escaped for HTML text and quoted attributes
//   {{{name}}}                the same as it is: for the program's own text only
//   {{#name}}...{{/name}}     once for each element of an array; else once, when there is something
//   {{^name}}...{{/name}}     when there is nothing: null, false, "", [] or {}
//   {{.}}                     the element itself
//
// A name is looked for in the innermost object first, then outward.

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace zoom_proxy {

/// Throws std::logic_error for a template that is not well-formed, a name that the data does not
/// have, or an object or array where text should stand: a misspelt page is none. Thread-safe.
[[nodiscard]] std::string render_html(std::string_view page, const boost::json::value& data);

}  // namespace zoom_proxy
