# Sourced by the stand-ins: records a call, also in the output of the set-up.
# shellcheck shell=bash
note() { echo "$*" >>"$MACHINE/calls"; echo "ran: $*"; }
# have PROGRAM [CARGO-VERSION]: adds the program to the machine.
have() { ln -sf "$STAND_INS/$1" "${3:-$MACHINE/bin}/$1"; [[ -z ${2:-} ]] || echo "$2" >"$MACHINE/cargo"; }
