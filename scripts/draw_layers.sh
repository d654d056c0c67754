#!/usr/bin/env bash
# Draws the layers as they are built, docs/images/layers.svg: an arrow to what a layer stands on, a dotted one to what only
# its sources use, and below a layer's name the packages it links. Needs Graphviz.
# Usage: scripts/draw_layers.sh [BUILD]; the build folder is build/dev unless given.
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
cd "$root"
build=${1:-build/dev}
command -v dot >/dev/null || die "dot is not there: install graphviz"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cmake --graphviz="$folder/targets.dot" "$build" >"$folder/log" 2>&1 || die "$(cat "$folder/log")"

# Of CMake's picture of all targets the layers are those whose objects the library takes.
awk '
  !/ \/\/ banoff.* -> banoff_/ { next }
  {
    from = $(NF - 2); to = $NF
    sub(/^banoff_/, "", from); sub(/^banoff_/, "", to)
    if (from == "banoff") { if (to !~ /^package_/) layers[to] }
    else if (to ~ /^package_/) { sub(/^package_/, "", to); packages[from] = packages[from] (packages[from] ? ", " : "") to }
    else edges[from, to] = /dotted/ ? " [style=dotted]" : ""
  }
  END {
    for (layer in layers) {
      below = packages[layer] ? "<br/><font point-size=\"9\" color=\"gray40\">" packages[layer] "</font>" : ""
      print "  \"" layer "\" [label=<" layer below ">];" | "sort"
    }
    for (edge in edges) {
      split(edge, end, SUBSEP)
      if (end[1] in layers && end[2] in layers) print "  \"" end[1] "\" -> \"" end[2] "\"" edges[edge] ";" | "sort"
    }
  }' "$folder/targets.dot" >"$folder/lines"
{
  echo 'digraph layers {'
  echo '  bgcolor=white; node [shape=box, style=rounded, fontname="sans-serif", fontsize=12]; edge [arrowsize=0.6];'
  cat "$folder/lines"
  echo '}'
} >"$folder/layers.dot"
dot -Tsvg -o docs/images/layers.svg "$folder/layers.dot"
