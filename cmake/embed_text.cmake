# Writes a text file into a C++ source, so that the binary needs no file beside it.
# Usage: cmake -DOUT=FILE -DIN=FILE -DHEADER=FOLDER/FILE.hpp -DNAME=kName -P embed_text.cmake
file(READ "${IN}" body)
file(WRITE "${OUT}" "#include \"${HEADER}\"

namespace zoom_proxy {

constinit const std::string_view ${NAME} = R\"__text(${body})__text\";

}  // namespace zoom_proxy
")
