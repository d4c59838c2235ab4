# Writes the files that the binary carries into one C++ source (rules/builtin.hpp): the built-in
# rules, the example answers and the parts of the report's page.
# Usage: cmake -DOUT=FILE -DRULES=a.yaml,b.yaml -DEXAMPLES=a.json,b.json -DPAGES=a.html,b.css
#          -P embed_rules.cmake

# The text of a file as a C++ literal.
function(literal variable file)
  file(READ "${file}" body)
  set(${variable} "R\"__text(${body})__text\"" PARENT_SCOPE)
endfunction()

foreach(list RULES EXAMPLES PAGES)
  string(REPLACE "," ";" ${list} "${${list}}")
  list(SORT ${list})
endforeach()
set(rules "")
set(names "")
foreach(file IN LISTS RULES)
  get_filename_component(name "${file}" NAME_WE)
  literal(text "${file}")
  string(APPEND rules "  if (name == \"${name}\") return ${text};\n")
  string(APPEND names "\"${name}\", ")
endforeach()
set(examples "")
foreach(file IN LISTS EXAMPLES)
  literal(text "${file}")
  string(APPEND examples "${text},\n")
endforeach()
set(pages "")
foreach(file IN LISTS PAGES)
  get_filename_component(name "${file}" NAME)
  literal(text "${file}")
  string(APPEND pages "  if (file == \"${name}\") return ${text};\n")
endforeach()
file(WRITE "${OUT}" "#include \"rules/builtin.hpp\"

#include <stdexcept>

namespace zoom_proxy {

std::optional<std::string_view> builtin_rules(std::string_view name) {
${rules}  return std::nullopt;
}

std::span<const std::string_view> builtin_rule_names() {
  static constexpr std::string_view kNames[] = {${names}};
  return kNames;
}

std::span<const std::string_view> builtin_examples() {
  static constexpr std::string_view kExamples[] = {${examples}};
  return kExamples;
}

std::string_view builtin_page(std::string_view file) {
${pages}  throw std::logic_error(\"no such page\");
}

}  // namespace zoom_proxy
")
