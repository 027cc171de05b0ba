# Sourced by the benchmarks: figures are stored in files, one on a line, and compared by their
# medians.
# shellcheck shell=bash
times=$STAGE_DIR/times
mkdir -p "$times"

median() { sort -n "$times/$1" | awk '{ v[NR] = $1 } END { printf "%.'"${2:-1}"'f", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
ratio() { awk -v a="$(median "$1" 3)" -v b="$(median "$2" 3)" 'BEGIN { printf "%.2f", a / b }'; }
# Extracts the milliseconds of each statement from psql's \timing.
milliseconds() { sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p'; }
# paired NAME OTHER: prints the median of the ratios within each round, since only times of the same
# round are comparable on a machine whose speed changes.
paired() {
  paste "$times/$1" "$times/$2" | awk '{ print $1 / $2 }' | sort -n |
    awk '{ v[NR] = $1 } END { printf "%.2f", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
# difference NAME OTHER: prints the median of the differences within each round.
difference() {
  paste "$times/$1" "$times/$2" | awk '{ print $1 - $2 }' | sort -n |
    awk '{ v[NR] = $1 } END { printf "%.2f", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
