#!/usr/bin/env bash
# Lives of a device that learns (examples/firmware/learn.cpp): three boots, between which nothing is left but its flash.
# FOLDER has the recordings of each: first, later, faulty. What was printed and the flash after each boot are left in
# FOLDER/NAME.BOOT.output and .flash.
#
#   life.sh live FOLDER laptop PROGRAM | live FOLDER BOARD ELF
#       lets it live, as a program of this computer or on a board.
#   life.sh same FOLDER NAME
#       compares the life on the board NAME with that on the laptop: all that was printed but what it costs or what
#       memory has room for, and every byte of flash.
#   life.sh cut FOLDER BOARD ELF
#       power fails while what was learned is written for the third time: all of that boot happens once more.
#   life.sh in_c FOLDER BOARD ELF
#       lets the firmware in C (examples/firmware/c_api/learn.c) live on a board: what it says of recordings, and every
#       byte of flash, is what the one in C++ left.
#   life.sh goals FOLDER NAME
#       what such a device must reach while learning and watching.
#   life.sh spoil FOLDER NAME
#       the twin of both: a bit of flash, a number that was printed, or a goal missed is noticed.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
boots="first later faulty"

fail() {
  echo "FAILED: $1"
  exit 1
}

boot() {  # laptop or board; program; recordings; flash; output
  local run=("$here/../../examples/firmware/run.sh" run --flash "$4" "$1" "$2" "$3")
  [ "$1" != laptop ] || run=("$2" "$3" "$4")
  "${run[@]}" >"$5" || fail "$(tail -n 1 "$5")"
}

live() {
  local life="$1/$2" boot
  : >"$life.flash"
  for boot in $boots; do
    boot "$2" "$3" "$1/$boot" "$life.flash" "$life.$boot.output"
    cp "$life.flash" "$life.$boot.flash"
  done
  grep -h '^boot\|^learned\|^saves \|^refused' "$life".{first,later,faulty}.output
}

cut() {
  local life="$1/$2"
  folder="$(mktemp -d)"
  trap 'rm -rf "$folder"' EXIT
  cp "$life.later.flash" "$folder/flash"
  printf '\377%.0s' {700..4095} | dd of="$folder/flash" bs=1 seek=700 conv=notrunc status=none
  boot "$2" "$3" "$1/later" "$folder/flash" "$folder/output"
  grep '^flash *page at 0: nothing to load' "$folder/output" || fail "the half of an image was not noticed"
  diff <(said "$life.later.output" | grep -v ^flash) <(said "$folder/output" | grep -v ^flash) || fail "it lived otherwise"
  cmp "$life.later.flash" "$folder/flash" || fail "it learned otherwise"
  echo "it went on by the image before, and caught up"
}

same() {
  local life="$1/$2" boot
  for boot in $boots; do
    grep -q '^saves ' "$life.$boot.output" || fail "in the boot $boot nothing was saved"
    diff <(said "$1/laptop.$boot.output") <(said "$life.$boot.output") >&2 || fail "they say other things"
    cmp "$1/laptop.$boot.flash" "$life.$boot.flash" || fail "their flash differs"
  done
  echo "the same in three boots: what it said and $(wc -c <"$life.flash") bytes of flash"
}
said() { grep -Ev '^(stack|detector|instructions) ' "$1" | sed -E 's/^(room .*);.*/\1/'; }

in_c() {
  local life="$1/$2" boot
  folder="$(mktemp -d)"
  trap 'rm -rf "$folder"' EXIT
  : >"$folder/flash"
  for boot in $boots; do
    boot "$2" "$3" "$1/$boot" "$folder/flash" "$folder/output"
    diff <(of_recordings "$life.$boot.output") <(of_recordings "$folder/output") >&2 || fail "they say other things"
    cmp "$life.$boot.flash" "$folder/flash" || fail "their flash differs"
  done
  echo "the same in three boots, the last of $(of_recordings "$folder/output" | wc -l) recordings"
}
of_recordings() { grep '^recording [0-9]' "$1"; }

figure() {  # the number behind words that begin a line; file
  local found
  found="$(sed -nE "s/^$1 ([0-9]+)\$/\1/p" "$2")"
  [ -n "$found" ] || fail "'$1' is not in $2" >&2
  echo "$found"
}

at_most() {  # number, limit, what
  [ "$1" -le "$2" ] || fail "$3: $1 is more than $2"
  echo "$3: $1, at most $2"
}

goals() {
  local life="$1/$2" windows above
  grep -q '^boot *collecting' "$life.first.output" || fail "it knew something at first"
  grep -q '^boot *watching' "$life.faulty.output" || fail "it forgot what it knew"
  windows=$(($(figure "windows watched" "$life.first.output") + $(figure "windows watched" "$life.later.output")))
  above=$(($(figure "windows above the threshold" "$life.first.output") +
    $(figure "windows above the threshold" "$life.later.output")))
  [ "$windows" -ge 400 ] || fail "only $windows windows were watched"
  at_most "$above" $((windows * 3 / 100)) "false alarms of $windows windows"
  local faulty caught
  faulty="$(figure "recordings watched" "$life.faulty.output")"
  caught="$(figure "recordings in alarm" "$life.faulty.output")"
  at_most $((faulty - caught)) 0 "missed of $faulty faulty recordings"
  at_most "$(figure "instructions of learning steps" "$life.first.output")" 60000000 "instructions of learning"
  at_most "$(figure "instructions of a learning step at most" "$life.first.output")" 200000 "instructions of a step"
  at_most "$(figure "detector bytes" "$life.first.output")" 24576 "bytes of RAM"
}

spoil() {
  spoiled="$(mktemp -d)"
  trap 'rm -rf "$spoiled"' EXIT
  life="$1/$2"
  local boot
  for boot in $boots; do
    cp "$life.$boot".{output,flash} "$spoiled"
    cp "$1/laptop.$boot".{output,flash} "$spoiled"
  done
  cp "$life.flash" "$spoiled"
  same "$spoiled" "$2" >/dev/null
  goals "$spoiled" "$2" >/dev/null
  noticed same "$2" first.flash 's/thrl/thrm/' "a bit of flash"
  noticed same "$2" later.output 's/^(drift of class 0 .*).$/\1x/' "a digit of the drift"
  noticed same "$2" first.output '/^saves /d' "nothing saved"
  noticed goals "$2" first.output 's/^(windows above the threshold ).*/\199/' "false alarms"
  noticed goals "$2" faulty.output 's/^(recordings watched .*)/\11/' "a recording that was missed"
  noticed goals "$2" first.output 's/^(instructions of a learning step at most ).*/\1200001/' "a step too long"
  noticed goals "$2" first.output '/^detector bytes /d' "a figure that is not there"
  noticed goals "$2" faulty.output 's/^(boot *).*/\1collecting/' "a device that forgot"
}
noticed() {  # same or goals; name; file; sed command; what
  LC_ALL=C sed -E -e "$4" "$life.$3" >"$spoiled/$2.$3"
  if cmp -s "$life.$3" "$spoiled/$2.$3"; then fail "$5 was not changed"; fi
  if ("$1" "$spoiled" "$2") >/dev/null 2>&1; then fail "$5 was not noticed"; fi
  cp "$life.$3" "$spoiled/$2.$3"
  echo "$5 is noticed"
}

case "$#:${1:-}" in
  4:live | 4:cut | 4:in_c | 3:same | 3:goals | 3:spoil) "$@" ;;
  *)
    sed -n '2,20s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 64
    ;;
esac
