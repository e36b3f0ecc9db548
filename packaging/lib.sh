# What the scripts of this folder share. Sourced, from any folder.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
here=$root/packaging
target=${CARGO_TARGET_DIR:-$root/target}
case $target in /*) ;; *) target=$root/$target ;; esac
work=$target/packaging
mkdir -p "$work"

# Exit status of a check that could not be made here, with the reason on its last line.
SKIPPED=77
skipped() { printf 'skipped: %s\n' "$*"; exit "$SKIPPED"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# Prints the path of a cargo subcommand, after building it below the target folder where it is not installed.
# Without optimization, as it runs once: that takes a quarter of the time.
tool() { # NAME VERSION
  local name=$1 version=$2 built=$target/tools/bin/$1
  if command -v "$name"; then return; fi
  if ! [ -x "$built" ]; then
    cargo install --quiet --locked --debug --version "$version" \
      --root "$target/tools" --target-dir "$target/tools/build" "$name" >&2 || return 1
    rm -rf "$target/tools/build"
  fi
  printf '%s\n' "$built"
}

# The crates that the program is made of, as name@version: along `normal` dependencies, `normal,build`, …
crates() { # EDGES TRIPLE
  (cd "$root" && cargo tree --locked --package crosswalk --edges "$1" --target "$2" --prefix none --format '{p}') |
    awk '{ sub(/^v/, "", $2); print $1 "@" $2 }' | sort -u
}

# Starts a server of the package or image, and waits until it says where it listens. Sets `server` and `address`.
# The command must pass signals on, and listen on port 0.
start() { # LOG COMMAND...
  local log=$1
  shift
  "$@" >"$log" 2>&1 &
  server=$!
  for _ in $(seq 1 200); do
    address=$(sed -n 's|.*listens on http://\([^, ]*\).*|\1|p' "$log")
    if [ -n "$address" ]; then return; fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  cat "$log" >&2
  fail "the server did not start"
}

# Asks the server to stop as service managers do, and holds it to its word.
stop() {
  kill -TERM "$server"
  wait "$server" || fail "asked to stop, the server ended with status $?"
}
