# Sourced by tools/setup: which Rust a machine needs, and how it comes there.
# shellcheck shell=bash disable=SC2016,SC2154  # commands that the user reads; variables of the script that sources this

# How rustup is told to install what building takes. pgrx formats what it generates with rustfmt.
toolchain=(toolchain install stable --profile minimal --component rustfmt)
installer='curl --proto "=https" --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal --component rustfmt --no-modify-path'
way=

has_package() { [[ $(dpkg-query -W -f '${Status}\n' "$@" 2>/dev/null) == *' installed'* ]]; }

# Adds the packages that Rust needs to `missing`, and says before anything happens what else install_rust is going to do.
# Debian's own Rust comes first where it is new enough. Debian's rustup would take the place of a Debian cargo that is too old
# and may be there for something else: rustup's own installer leaves that alone.
check_rust() {
  local have debian packages=()
  if find_rust; then return; fi
  have=$(cargo_version)
  if command -v rustup >/dev/null; then
    way=rustup
  else
    if command -v apt-get >/dev/null; then refresh; fi
    debian=$(candidate cargo)
    if at_least "${debian%%[+~-]*}" "$rust"; then
      packages=(cargo rustfmt)
    elif [[ -n $(candidate rustup) ]] && ! has_package cargo rustc; then
      packages=(rustup) way=rustup
    else
      way=installer
      command -v curl >/dev/null || packages=(curl)
    fi
    missing+=("${packages[@]}")
  fi
  if [[ -n $have ]]; then say "setup: Rust is $have, this project needs $rust or newer"; else say "setup: there is no Rust here"; fi
  [[ -z $way ]] || say "setup: rustup will install a stable toolchain into ${RUSTUP_HOME:-$HOME/.rustup}: about 100 MB to download, 600 MB on disk"
}

# The toolchain belongs to the user who runs this, not to root. A default toolchain of theirs stays the default.
install_rust() {
  case $way in
    '') return ;;
    rustup)
      rustup "${toolchain[@]}" || by_hand "rustup ${toolchain[*]}" "rustup default stable"
      rustup default >/dev/null 2>&1 || rustup default stable
      ;;
    installer) bash -o pipefail -c "$installer" || by_hand "$installer" '. "${CARGO_HOME:-$HOME/.cargo}/env"' ;;
  esac
  find_rust || die "rustup has installed a toolchain, but no cargo that is new enough ($rust) is found; run: rustup update stable"
}

by_hand() {
  printf '%s\n' "setup: could not install Rust. If a proxy is needed, set https_proxy. To install it by hand, run:" "  $1" "  $2" >&2
  exit 1
}

# Adds what a minimal toolchain lacks.
add_lint_components() {
  if cargo clippy --version >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1; then return; fi
  say "setup: adding clippy and rustfmt to the Rust toolchain"
  if command -v rustup >/dev/null; then rustup component add clippy rustfmt; else as_root apt-get install -y -qq rust-clippy rustfmt; fi
}
