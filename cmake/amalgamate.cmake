# Writes the single header: thrum/firmware.hpp and all it includes, each header once and after what it needs, system
# includes first. Run by the target `single_header`:
#   cmake -DINCLUDE_DIR=<include> -DLICENSE=<file> -DOUTPUT=<file> -P amalgamate.cmake
#
# The text of the headers is C++ and full of semicolons and brackets, which mean something in CMake lists: it is only
# ever held in quoted strings.
cmake_minimum_required(VERSION 3.25)

set(SYSTEM_INCLUDES "")
set(DONE "")

# How many conditional blocks `text` opens and leaves open.
function(open_conditionals text result)
  string(REGEX MATCHALL "(^|\n)[ \t]*#[ \t]*if" opened "${text}")
  string(REGEX MATCHALL "(^|\n)[ \t]*#[ \t]*endif" closed "${text}")
  list(LENGTH opened opened)
  list(LENGTH closed closed)
  math(EXPR difference "${opened} - ${closed}")
  set(${result} ${difference} PARENT_SCOPE)
endfunction()

# Text of `name` with what it includes from thrum put before it. Includes of the system are collected in
# SYSTEM_INCLUDES, except those inside a conditional block, which stay where they are. A file without an include
# guard is a body meant to be included several times: it is put in place of the line that includes it.
function(amalgamate name result)
  if(NOT EXISTS "${INCLUDE_DIR}/${name}")
    message(FATAL_ERROR "${name}: no such header")
  endif()
  file(READ "${INCLUDE_DIR}/${name}" rest)
  string(REGEX MATCH "#ifndef THRUM_[A-Z0-9_]+\n#define THRUM_[A-Z0-9_]+\n" guard "${rest}")
  if(guard)
    if("${name}" IN_LIST DONE)
      set(${result} "" PARENT_SCOPE)
      return()
    endif()
    list(APPEND DONE "${name}")
    set(depth_inside 1)
  else()
    set(depth_inside 0)
  endif()

  set(needed "")
  set(own "")
  set(depth 0)
  while(TRUE)
    string(REGEX MATCH "\n[ \t]*#[ \t]*include[ \t]*([<\"][^>\"\n]+[>\"])[^\n]*" line "\n${rest}")
    if(line STREQUAL "")
      break()
    endif()
    set(included "${CMAKE_MATCH_1}")
    string(FIND "\n${rest}" "${line}" position)
    string(LENGTH "${line}" length)
    math(EXPR after "${position} + ${length} - 1")
    if(position EQUAL 0)
      set(before "")
    else()
      math(EXPR before_length "${position} - 1")
      string(SUBSTRING "${rest}" 0 ${before_length} before)
      string(APPEND before "\n")
    endif()
    string(SUBSTRING "${rest}" ${after} -1 rest)
    string(REGEX REPLACE "^\n" "" rest "${rest}")

    string(APPEND own "${before}")
    open_conditionals("${before}" opened)
    math(EXPR depth "${depth} + ${opened}")
    string(REGEX REPLACE "^\n" "" line "${line}")

    if(included MATCHES "^\"(.*)\"$")
      set(dependency "${CMAKE_MATCH_1}")
      amalgamate("${dependency}" text)
      if(NOT "${dependency}" IN_LIST DONE)
        string(APPEND own "${text}")
      elseif(depth GREATER depth_inside)
        message(FATAL_ERROR "${name}: '${line}' is inside a conditional block, so it can't be inlined once")
      else()
        string(APPEND needed "${text}")
      endif()
    elseif(depth GREATER depth_inside)
      string(APPEND own "${line}\n")
    else()
      list(APPEND SYSTEM_INCLUDES "${included}")
    endif()
  endwhile()
  string(APPEND own "${rest}")

  # What the removed lines leave behind.
  string(REGEX REPLACE "\n\n\n+" "\n\n" own "${own}")
  set(${result} "${needed}${own}\n" PARENT_SCOPE)
  set(DONE "${DONE}" PARENT_SCOPE)
  set(SYSTEM_INCLUDES "${SYSTEM_INCLUDES}" PARENT_SCOPE)
endfunction()

amalgamate("thrum/firmware.hpp" text)
string(REGEX REPLACE "\n+$" "\n" text "${text}")

list(REMOVE_DUPLICATES SYSTEM_INCLUDES)
list(SORT SYSTEM_INCLUDES)
list(TRANSFORM SYSTEM_INCLUDES PREPEND "#include ")
list(JOIN SYSTEM_INCLUDES "\n" system_includes)

file(STRINGS "${LICENSE}" copyright REGEX "^Copyright ")
set(text
    "// thrum for firmware in one file, with no dependency. Generated from include/thrum/firmware.hpp by the CMake
// target `single_header`: change the headers there, not this file.
//
// SPDX-License-Identifier: MIT
// ${copyright}

${system_includes}

${text}")

set(old "")
if(EXISTS "${OUTPUT}")
  file(READ "${OUTPUT}" old)
endif()
if(NOT "x${old}" STREQUAL "x${text}")
  file(WRITE "${OUTPUT}" "${text}")
endif()
