# What the scripts of this folder share. Sourced, from any folder.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/tests/clients
work=${CARGO_TARGET_DIR:-$root/target}/clients
crosswalk=${CROSSWALK:-${CARGO_TARGET_DIR:-$root/target}/debug/crosswalk}
export USERS=40

# Starts a demo of its own, and ends it with the script. Sets BASE, TOKEN, ACCOUNT, EGRESS
# and DATA.
start_demo() {
  local log
  mkdir -p "$work"
  log=$(mktemp "$work/demo.XXXXXX")
  "$crosswalk" demo --listen 127.0.0.1:0 --users "$USERS" >"$log" 2>&1 &
  demo=$!
  trap 'kill "$demo" 2>/dev/null; wait "$demo" 2>/dev/null; rm -f "'"$log"'"' EXIT
  for _ in $(seq 1 300); do
    grep -q 'ends the demo' "$log" && break
    kill -0 "$demo" 2>/dev/null || break
    sleep 0.1
  done
  BASE=$(awk '$1 == "API" { print $2 }' "$log")
  TOKEN=$(awk '$1 == "Token" { print $2 }' "$log")
  EGRESS=$(awk '$1 == "CRMs" { print $2 }' "$log")
  DATA=$(awk '$1 == "Data" { print $2 }' "$log")
  if [ -z "$BASE" ] || [ -z "$TOKEN" ]; then
    cat "$log" >&2
    return 1
  fi
  # HubSpot's list is two walks, so that paging has something to do.
  ACCOUNT=$(curl -sf -H "Authorization: Bearer $TOKEN" "$BASE/integrated-account?integration=hubspot" |
    sed 's/.*"id":"\([^"]*\)".*/\1/')
  curl -sf "$BASE/openapi.json" -o "$work/openapi.json"
  export BASE TOKEN ACCOUNT EGRESS DATA
}
