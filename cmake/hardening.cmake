# What makes a memory error hard to use, for what ships: tests/image.sh looks for each of these in
# the program. And no path of the machine in it, so that the same sources give the same bytes.
include(CheckCXXCompilerFlag)
include(CheckPIESupported)

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  check_pie_supported(LANGUAGES CXX)
  add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
  add_compile_options(-fstack-protector-strong -fstack-clash-protection
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
  check_cxx_compiler_flag(-fcf-protection=full ZOOM_PROXY_HAS_CET)
  if(ZOOM_PROXY_HAS_CET)
    add_compile_options(-fcf-protection=full)
    # The C library's start files lack the mark, which would take it off the program as well.
    add_link_options(-Wl,-z,ibt,-z,shstk)
  endif()
  set(CMAKE_SKIP_RPATH ON)
endif()
