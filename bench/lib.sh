# Sourced by the benchmarks: figures are kept in files, one a line, and compared by their medians.
# shellcheck shell=bash
times=$STAGE_DIR/times
mkdir -p "$times"

median() { sort -n "$times/$1" | awk '{ v[NR] = $1 } END { printf "%.'"${2:-1}"'f", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
ratio() { awk -v a="$(median "$1" 3)" -v b="$(median "$2" 3)" 'BEGIN { printf "%.2f", a / b }'; }
# The milliseconds of each statement, as psql's \timing gives them.
milliseconds() { sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p'; }
# The median over the rounds of how many times as long NAME took as its neighbour: on a machine whose speed changes by the
# minute, what was measured side by side can be compared, and little else.
paired() {
  paste "$times/$1" "$times/$2" | awk '{ print $1 / $2 }' | sort -n |
    awk '{ v[NR] = $1 } END { printf "%.2f", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
# The median over the rounds of how much longer NAME took than its neighbour.
difference() {
  paste "$times/$1" "$times/$2" | awk '{ print $1 - $2 }' | sort -n |
    awk '{ v[NR] = $1 } END { printf "%.2f", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
