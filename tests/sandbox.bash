# For the black-box tests: programs, a folder to work in, and a sandbox with a world. Sourced.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
running=()
clean_up() {
  local pid
  for pid in "${running[@]}"; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# build PROGRAM...: builds programs; they are then in $bin.
build() {
  cargo build "${@/#/--bin=}"
  bin=$(cargo metadata --format-version 1 --no-deps --offline |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/debug
}

# start NAME PATTERN COMMAND...: starts a program and waits, half a minute at most, until its log says
# where it listens; $port is then the port that the pattern has found.
start() {
  local name=$1 pattern=$2
  shift 2
  "$@" >"$work/$name.log" 2>&1 &
  local pid=$! deadline=$((SECONDS + 30))
  running+=("$pid")
  until port=$(sed -nE "s#.*$pattern.*#\1#p" "$work/$name.log") && [[ -n $port ]]; do
    if ! kill -0 "$pid" 2>/dev/null || ((SECONDS > deadline)); then
      echo "$name did not become ready:" >&2
      cat "$work/$name.log" >&2
      exit 1
    fi
    sleep 0.1
  done
}

# start_sandbox WORLD: a sandbox on a free port, and $work/voice.toml for it with a store in a file.
start_sandbox() {
  start sandbox 'ready at http://127\.0\.0\.1:([0-9]+)' \
    "$bin/sandbox" --listen 127.0.0.1:0 --world "$1"
  sandbox=http://127.0.0.1:$port
  sed "s#http://127\.0\.0\.1:9100#$sandbox#g; s#memory://#sqlite://voice.db#" \
    tests/worlds/basic.toml >"$work/voice.toml"
}

# run PROGRAM NAME: one pass of a program, its JSON in $work/NAME.json.
run() {
  local program=$1 name=$2
  "$bin/$program" --config "$work/voice.toml" --once --json \
    >"$work/$name.json" 2>"$work/$name.log" || {
    echo "$program ended with code $? in the $name run:" >&2
    cat "$work/$name.json" "$work/$name.log" >&2
    exit 1
  }
}

# post PATH JSON: to the sandbox.
post() {
  curl -fsS -o "$work/answer" -H 'Content-Type: application/json' "$sandbox$1" -d "$2"
}
