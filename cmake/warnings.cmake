# Warnings are errors, for our own code: packages' headers come in as system headers.
add_library(zoom_proxy_warnings INTERFACE)
target_compile_options(zoom_proxy_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual
  -Wunused -Woverloaded-virtual -Werror
  # GCC 12 sees these two where there are none, inside std::string at -O3 (its bugs 105651, 105562).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
