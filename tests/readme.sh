#!/usr/bin/env bash
# Every code and output block of a page must be what the tree holds or prints. Before a block stands
#   <!-- code FILE -->    the block is FILE, or the part of it between lines that hold [readme]
#   <!-- output FILE -->  every line of the block stands in FILE, which a program printed
#   <!-- shell -->        commands: each script they start must exist
# A block without such a mark fails.
#   readme.sh PAGE SOURCE_DIR OUTPUT_DIR
set -euo pipefail
page="$1" source="$2" output="$3"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# One file a block: its mark on the first line, then the block.
awk -v folder="$work" '
  /^<!-- (code|output|shell)/ { mark = $0; next }
  /^```/ && inside { inside = 0; close(file); next }
  /^```/ { inside = 1; file = sprintf("%s/%03d", folder, ++blocks); print (mark == "" ? "unmarked" : mark) > file; mark = ""; next }
  inside { print > file }' "$page"

checked=0
for block in "$work"/[0-9]*; do
  read -r _ kind file _ <"$block" || true
  tail -n +2 "$block" >"$work/found"
  case "$(head -n 1 "$block")" in
    "<!-- code "*)
      if grep -q '\[readme\]' "$source/$file"; then
        sed '1,/\[readme\]/d;/\[readme\]/,$d' "$source/$file" >"$work/expected"
      else
        cp "$source/$file" "$work/expected"
      fi
      diff -u "$work/expected" "$work/found" || { echo "$page: the block is not $file" >&2; exit 1; }
      ;;
    "<!-- output "*)
      while IFS= read -r line; do
        grep -qxF -- "$line" "$output/$file" || { echo "$page: not in $file: $line" >&2; exit 1; }
      done <"$work/found"
      ;;
    "<!-- shell -->"*)
      for script in $(grep -oE '(\./)?[a-z_/]+\.sh' "$work/found"); do
        [ -x "$source/$script" ] || { echo "$page: $script is not there" >&2; exit 1; }
      done
      ;;
    *)
      echo "$page: a block without a mark, beginning: $(head -n 1 "$work/found")" >&2
      exit 1
      ;;
  esac
  checked=$((checked + 1))
done
echo "$checked blocks checked"
[ "$checked" -gt 0 ]
