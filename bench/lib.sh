# shellcheck shell=bash
# What the measurements share: a work folder that goes away with its processes,
# free ports, waiting for a server, processor time, medians.

bench_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/crosswalk-bench.XXXXXX")
children=()

stop_children() {
  local pid
  for pid in "${children[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${children[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap stop_children EXIT
trap 'exit 130' INT TERM

say() { printf '%s\n' "$*" >&2; }
die() { say "$0: $*"; exit 2; }

# Installs a program's Debian package when the program is missing.
need() { # PROGRAM PACKAGE
  command -v "$1" >/dev/null && return
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    die "$1 is missing and can't be installed here: it is in Debian's package $2"
  fi
  say "installing $2"
  # nginx's package would start the machine-wide server, which nobody asked for.
  { apt-get install -y --no-install-recommends "$2" || { apt-get update && apt-get install -y --no-install-recommends "$2"; }; } \
    >"$work/apt.log" 2>&1 || { cat "$work/apt.log" >&2; die "$2 could not be installed"; }
}

# Sets `crosswalk` to the release binary, built now unless CROSSWALK_BIN names one.
build_crosswalk() {
  crosswalk=${CROSSWALK_BIN:-}
  [ -z "$crosswalk" ] || return 0
  (cd "$bench_root" && cargo build --release --package crosswalk >&2)
  crosswalk=${CARGO_TARGET_DIR:-$bench_root/target}/release/crosswalk
}

# A port of 127.0.0.1 on which nothing answers now.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

# Waits until a server answers, for ten seconds or until its process is gone.
wait_for() { # URL LOG PID
  local tries
  for tries in $(seq 200); do
    curl -sf -o /dev/null --max-time 2 "$1" && return
    kill -0 "$3" 2>/dev/null || break
    sleep 0.05
  done
  [ ! -f "$2" ] || tail -20 "$2" >&2
  die "no answer from $1 after $tries tries"
}

# The first text member NAME of the JSON on standard input.
json_text() { grep -oE "\"$1\": *\"[^\"]*\"" | head -n 1 | sed -E 's/^"[^"]*": *"(.*)"$/\1/'; }

# Processor time that processes have used so far, in microseconds.
cpu_us() { # PID...
  local pid total=0 stat ticks
  for pid in "$@"; do
    stat=$(<"/proc/$pid/stat")
    # The name in the second field may hold anything, so count from its end:
    # utime and stime are fields 14 and 15.
    read -r -a stat <<<"${stat##*) }"
    total=$((total + stat[11] + stat[12]))
  done
  ticks=$(getconf CLK_TCK)
  echo $((total * 1000000 / ticks))
}

# A memory figure of a process in KiB: VmRSS (now) or VmHWM (peak).
memory_kib() { # PID FIELD
  awk -v field="$2:" '$1 == field { print $2 }' "/proc/$1/status"
}

# The middle of the numbers on standard input.
median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# Starts the server on a free port with a data folder of its own, and makes a
# token. Sets server_url, server_pid and token. Its access log is off, like those
# of the servers it is compared with.
start_crosswalk() { # EGRESS-URL
  local data=$work/data port
  port=$(free_port)
  server_url=http://127.0.0.1:$port
  mkdir -p "$data"
  CROSSWALK_EGRESS_URL=$1 "$crosswalk" serve --log-level warn --listen "127.0.0.1:$port" --data "$data" \
    >"$work/crosswalk.log" 2>&1 &
  server_pid=$!
  children+=("$server_pid")
  wait_for "$server_url/health" "$work/crosswalk.log" "$server_pid"
  token=$("$crosswalk" token create --name bench --data "$data")
}

# Connects an account of HubSpot, given the rest of the request's members. Sets
# account.
connect_hubspot() { # '"authentication_method":…,"context":{…}'
  local answer
  answer=$(curl -sS "$server_url/integrated-account?validate=false" \
    -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
    -d "{\"tenant_id\":\"bench\",\"integration\":\"hubspot\",$1}")
  account=$(json_text id <<<"$answer")
  [ -n "$account" ] || die "no account was made: $answer"
}
