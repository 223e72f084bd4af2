# Writes OUTPUT, the C table of built-in pictures, from FILES: "URL path=file" each, all PNG.
set(arrays "")
set(rows "")
set(index 0)
foreach(pair IN LISTS FILES)
  string(REGEX MATCH "^([^=]+)=(.+)$" matched "${pair}")
  if(NOT matched)
    message(FATAL_ERROR "embed.cmake: not URL=file: ${pair}")
  endif()
  set(url "${CMAKE_MATCH_1}")
  set(file "${CMAKE_MATCH_2}")
  file(READ "${file}" hex HEX)
  file(SHA256 "${file}" sha256)
  string(SUBSTRING "${sha256}" 0 32 etag)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND arrays "static const char picture_${index}[] = {${bytes}};\n")
  string(APPEND rows "\t{STR_INIT(\"${url}\"), STR_INIT(\"image/png\"), STR_INIT(\"${etag}\"),\n"
    "\t\t{picture_${index}, sizeof(picture_${index})}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE "${OUTPUT}" "/* Made by svc-media/embed.cmake. */\n#include \"svc-media/media.h\"\n\n"
  "${arrays}\nconst struct media_builtin media_builtins[] = {\n${rows}};\n"
  "const size_t media_builtin_count = ${index};\n")
