# Sourced by tools/setup: finds out whether Rust is missing, and installs it.
# shellcheck shell=bash disable=SC2016,SC2154  # commands for the user; variables of tools/setup

# The arguments for rustup. pgrx formats generated code with rustfmt.
toolchain=(toolchain install stable --profile minimal --component rustfmt)
installer='curl --proto "=https" --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal --component rustfmt --no-modify-path'
way=

has_package() { [[ $(dpkg-query -W -f '${Status}\n' "$@" 2>/dev/null) == *' installed'* ]]; }

# Adds the packages for Rust to `missing`, and announces what else install_rust will do. Prefers
# Debian's Rust if it is new enough. Debian's rustup would replace an older Debian cargo, which may
# be needed by other software; rustup's own installer keeps it.
check_rust() {
  local have debian packages=()
  if find_rust; then return; fi
  have=$(cargo_version)
  if command -v rustup >/dev/null; then
    way=rustup
  else
    if command -v apt-get >/dev/null; then refresh; fi
    debian=$(candidate cargo)
    if at_least "${debian%%[+~-]*}" "$(oldest_rust)"; then
      packages=(cargo rustfmt)
    elif [[ -n $(candidate rustup) ]] && ! has_package cargo rustc; then
      packages=(rustup) way=rustup
    else
      way=installer
      command -v curl >/dev/null || packages=(curl)
    fi
    missing+=("${packages[@]}")
  fi
  if [[ -n $have ]]; then say "setup: Rust is $have, PostgreSQL $major needs $(oldest_rust) or newer"; else say "setup: Rust is not installed"; fi
  [[ -z $way ]] || say "setup: rustup will install a stable toolchain into ${RUSTUP_HOME:-$HOME/.rustup}: about 100 MB to download, 600 MB on disk"
}

# Installs the toolchain for the user who runs this, not for root. Keeps their default toolchain.
install_rust() {
  case $way in
    '') return ;;
    rustup)
      rustup "${toolchain[@]}" || by_hand "rustup ${toolchain[*]}" "rustup default stable"
      rustup default >/dev/null 2>&1 || rustup default stable
      ;;
    installer) bash -o pipefail -c "$installer" || by_hand "$installer" '. "${CARGO_HOME:-$HOME/.cargo}/env"' ;;
  esac
  find_rust || die "could not find cargo $(oldest_rust) or newer after rustup's installation; run: rustup update stable"
}

by_hand() {
  printf '%s\n' "setup: could not install Rust. If a proxy is needed, set https_proxy. To install it by hand, run:" "  $1" "  $2" >&2
  exit 1
}

# Adds the components that a minimal toolchain lacks.
add_lint_components() {
  if cargo clippy --version >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1; then return; fi
  say "setup: adding clippy and rustfmt to the Rust toolchain"
  if command -v rustup >/dev/null; then rustup component add clippy rustfmt; else as_root apt-get install -y -qq rust-clippy rustfmt; fi
}
