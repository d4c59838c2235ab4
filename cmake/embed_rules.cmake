# Writes the built-in rule files into one C++ source, so that the binary needs no file beside it.
# Usage: cmake -DOUT=FILE -DRULES=a.yaml,b.yaml -P embed_rules.cmake
string(REPLACE "," ";" RULES "${RULES}")
list(SORT RULES)
set(lookup "")
set(names "")
foreach(file IN LISTS RULES)
  get_filename_component(name "${file}" NAME_WE)
  file(READ "${file}" body)
  string(APPEND lookup "  if (name == \"${name}\") return R\"__yaml(${body})__yaml\";\n")
  string(APPEND names "\"${name}\", ")
endforeach()
file(WRITE "${OUT}" "#include \"rules/builtin.hpp\"

namespace zoom_proxy {

std::optional<std::string_view> builtin_rules(std::string_view name) {
${lookup}  return std::nullopt;
}

std::span<const std::string_view> builtin_rule_names() {
  static constexpr std::string_view kNames[] = {${names}};
  return kNames;
}

}  // namespace zoom_proxy
")
