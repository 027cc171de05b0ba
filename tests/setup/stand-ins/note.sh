# Sourced by the stand-ins: writes down what was asked, also into what the set-up says.
# shellcheck shell=bash
note() { echo "$*" >>"$MACHINE/asked"; echo "ran: $*"; }
# have PROGRAM [CARGO-VERSION]: from now on the machine has this program.
have() { ln -sf "$STAND_INS/$1" "${3:-$MACHINE/bin}/$1"; [[ -z ${2:-} ]] || echo "$2" >"$MACHINE/cargo"; }
